"""``python -m tests.site.load``: how many pages a second one server process gives, over the plain proxy.

The client is as plain as can be, in a process of its own: keep-alive connections, one request after another on
each, answers counted by their stated length. "first" is every page once (each is written then), "again" the same
pages until the time is over.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator
from itertools import cycle
from urllib.parse import urlsplit

import psutil
import uvloop

from tests.site.site import Site


async def fetch_all(port: int, urls: Iterator[str], connections: int, until: float) -> tuple[int, int]:
    """Fetch until the addresses or the time run out; pages and bytes."""
    pages = size = 0

    async def worker() -> None:
        nonlocal pages, size
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000_000)
        for url in urls:
            writer.write(f"GET {url} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n", 1)[0])
            await reader.readexactly(length)
            pages, size = pages + 1, size + length
            if time.perf_counter() > until:
                break
        writer.close()

    await asyncio.gather(*(worker() for _ in range(connections)))
    return pages, size


def measure(site: Site, urls: Iterator[str], connections: int, seconds: float) -> str:
    server = psutil.Process(site.pid)
    worked = sum(server.cpu_times()[:2])
    started = time.perf_counter()
    port = urlsplit(site.proxy).port or 0
    pages, size = uvloop.run(fetch_all(port, urls, connections, started + seconds))
    took = time.perf_counter() - started
    worked = sum(server.cpu_times()[:2]) - worked
    memory = server.memory_info().rss / 1_000_000
    return (
        f"{pages} pages of {size / pages / 1000:.1f} kB in {took:.2f} s: {pages / took:,.0f} pages/s; "
        f"{pages / worked:,.0f} per second of the server's processor time; {memory:.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.site.load", description="Measure the loopback site.")
    parser.add_argument("--articles", type=int, default=5000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5.0)
    asked = parser.parse_args()
    with Site(articles=asked.articles) as site:
        addresses = (site.world.story(key).url for key in site.world.ids)
        # news.qq.com answers every article itself; new.qq.com sends a third of them there.
        urls = [address.replace("https://new.", "http://news.") for address in addresses]
        print("first ", measure(site, iter(urls), asked.connections, 60.0))
        print("again ", measure(site, cycle(urls[:1000]), asked.connections, asked.seconds))


if __name__ == "__main__":
    main()
