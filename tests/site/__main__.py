"""``python -m tests.site``: serve until interrupted, and say how to get there.

While it runs, the host ``control.test`` behind the proxy takes the orders of `tests.site.Site`::

    curl -x PROXY http://control.test/publish -d '{"args": [3]}'
    curl -x PROXY http://control.test/fault -d '{"args": ["/rain/a/", "status", 2, 0, {"code": 567}]}'
    curl -x PROXY http://control.test/requests
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import uvloop

from tests.site.server import Server, serve
from tests.site.world import Plan


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.site", description="A loopback Tencent News.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (0: any free one)")
    parser.add_argument("--seed", type=int, default=1, help="equal seeds make equal sites")
    parser.add_argument("--articles", type=int, default=500)
    parser.add_argument("--style-bytes", type=int, default=400, help="style sheet in each page; live: about 75000")
    asked = parser.parse_args()
    plan = Plan(seed=asked.seed, articles=asked.articles, style_bytes=asked.style_bytes)
    with tempfile.TemporaryDirectory(prefix="site-") as folder:
        server = Server(plan, Path(folder))

        def announce(port: int) -> None:
            proxy = f"http://127.0.0.1:{port}"
            print(f"proxy  {proxy}\nCA     {server.authority.file}")
            for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
                print(f"export {name}={proxy}")
            print(f"export SSL_CERT_FILE={server.authority.file}", flush=True)

        uvloop.run(serve(server, asked.port, announce, tethered=False))


if __name__ == "__main__":
    main()
