"""Who is let in and who is not: guests who guess, pages of others, odd cookies, silent connections."""

from __future__ import annotations

import asyncio
import re
import resource
import select
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from archive.media.picture_copies import keep_picture
from archive.store import Archive
from archive.web.security.access import FORM_SECONDS
from archive.web.security.connection_limits import HEAD_SECONDS
from archive.web.security.cookies import cookies_named
from archive.web.security.login_attempts import FREE, LONGEST_LINE, MOST_ADDRESSES, Tries
from tests.archive.samples import NOON, PICTURE, an_article
from tests.archive.web.client import Got, get
from tests.archive.web.serving import CHROMIUM, Served, browsing, serving
from tests.schedules.conftest import until
from tests.site.pictures import png

PASSWORD = "right-password-1"
RIGHT = f"Bearer {PASSWORD}"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("guarded") / "data"
    with Archive.open(data) as archive:
        archive.keep(an_article(1), seen_at=NOON)
        keep_picture(archive, f"{PICTURE}/641", an_article(1).id, png(b"x" * 32), NOON)
    return data


@pytest.fixture(scope="module")
def open_one(data: Path) -> Iterator[Served]:
    """Served without a password."""
    with serving(data) as served:
        yield served


@pytest.fixture(scope="module")
def closed_one(data: Path) -> Iterator[Served]:
    """Served behind a password."""
    with serving(data, QQNEWS_PASSWORD=PASSWORD) as served:
        yield served


def from_address(served: Served, source: str, request: bytes) -> str:
    """What is answered to these bytes from another address of this machine; they ask to close the connection."""
    parts = urlsplit(served.address)
    with socket.create_connection((parts.hostname, parts.port), timeout=30, source_address=(source, 0)) as line:
        line.sendall(request)
        found = b""
        with suppress(ConnectionResetError):  # What comes after a refusal is not read.
            while part := line.recv(65536):
                found += part
    return found.decode("utf-8", "replace")


def request(path: str, *headers: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers, "", "")).encode()


def test_after_some_wrong_passwords_an_address_waits_and_others_do_not(closed_one: Served) -> None:
    guess = request("/", "Authorization: Bearer guess-number-1")
    with ThreadPoolExecutor(80) as pool:
        statuses = [said[9:12] for said in pool.map(lambda _: from_address(closed_one, "127.0.0.7", guess), range(80))]
    assert set(statuses) == {"401", "429"}
    # Some at once, a line of some that wait a little, and none of the rest is kept waiting or looked at.
    assert FREE <= statuses.count("401") <= FREE + LONGEST_LINE + 5
    refused = from_address(closed_one, "127.0.0.7", guess)
    assert refused[9:12] in ("401", "429")
    mistyped = from_address(closed_one, "127.0.0.8", guess)
    assert mistyped[9:12] == "401"
    assert from_address(closed_one, "127.0.0.8", request("/", f"Authorization: {RIGHT}"))[9:12] == "200"


def test_who_left_waits_for_nothing_and_the_right_password_comes_through_behind_guesses(closed_one: Served) -> None:
    parts = urlsplit(closed_one.address)
    with ExitStack() as lines:
        for _ in range(200):
            line = lines.enter_context(
                socket.create_connection((parts.hostname, parts.port), source_address=("127.0.0.9", 0))
            )
            line.sendall(request("/", "Authorization: Bearer guess-number-2"))
    assert from_address(closed_one, "127.0.0.9", request("/channels", f"Authorization: {RIGHT}"))[9:12] == "200"


def test_too_many_are_told_so_in_the_form_and_when_to_come_again(data: Path) -> None:
    with serving(data, QQNEWS_PASSWORD=PASSWORD) as served:

        def guess(_: int) -> Got:
            return get(served.address, "/login", "POST", "password=guess", accept="text/html", accept_language="zh")

        with ThreadPoolExecutor(60) as pool:
            answers = list(pool.map(guess, range(60)))
    told = [got for got in answers if got.status == 429]
    assert len(told) >= 60 - FREE - LONGEST_LINE - 5
    assert {got.headers["retry-after"] for got in told} == {"1"}
    assert all("密码输错次数太多" in got.text for got in told)
    assert all("set-cookie" not in got.headers for got in answers)


def test_tries_come_back_one_after_another_and_right_ones_cost_nothing() -> None:
    async def lived() -> list[tuple[int, bool]]:
        tries, told = Tries(every=0.05), list[tuple[int, bool]]()

        async def take(number: int) -> None:
            told.append((number, await tries.take("192.0.2.1")))

        for _ in range(3 * FREE):
            assert await tries.take("192.0.2.1")
            tries.give_back("192.0.2.1")
        for _ in range(FREE):
            assert await tries.take("192.0.2.1")
        waiting = [asyncio.ensure_future(take(number)) for number in range(LONGEST_LINE + 3)]
        await asyncio.sleep(0)
        assert await tries.take("192.0.2.2")
        await asyncio.gather(*waiting)
        return told

    turned_away = [(number, False) for number in range(3)]
    let_through = [(number, True) for number in range(LONGEST_LINE + 2, 2, -1)]
    assert asyncio.run(lived()) == turned_away + let_through


def test_an_ipv6_network_is_one_guest_and_the_book_of_guests_stays_short() -> None:
    async def lived() -> None:
        tries = Tries(every=3600)
        for number in range(FREE):
            assert await tries.take(f"2001:db8:1:2::{number:x}")
        other = asyncio.ensure_future(tries.take("2001:db8:1:2:ffff::1"))
        for free in ("2001:db8:1:3::1", "::ffff:192.0.2.1", "no address", ""):
            assert await tries.take(free)
        assert not other.done()
        other.cancel()
        for number in range(MOST_ADDRESSES + 50):
            assert await tries.take(f"10.{number >> 16}.{(number >> 8) & 255}.{number & 255}")
        assert tries.addresses <= MOST_ADDRESSES

    asyncio.run(lived())


CROSS = {"sec_fetch_site": "cross-site"}
LINK = {"sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({**CROSS, "sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"}, 403),
        ({**CROSS, "sec_fetch_mode": "no-cors", "sec_fetch_dest": "script"}, 403),
        ({**CROSS, "sec_fetch_mode": "cors", "sec_fetch_dest": "empty", "origin": "https://evil.example"}, 403),
        ({**CROSS, "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"}, 403),
        ({**CROSS, "sec_fetch_mode": "navigate", "sec_fetch_dest": "object"}, 403),
        ({"sec_fetch_site": "same-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"}, 403),
        (CROSS, 403),
        ({**CROSS, **LINK}, 200),
        ({"sec_fetch_site": "same-site", **LINK}, 200),
        ({"sec_fetch_site": "none", **LINK}, 200),
        ({"sec_fetch_site": "same-origin", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://127.0.0.1"}, 403),
        ({"origin": "null"}, 200),
        ({}, 200),
    ],
)
def test_pages_of_others_may_link_here_and_use_nothing(open_one: Served, headers: dict[str, str], status: int) -> None:
    for path in ("/", "/archive.json?sql=select+1", "/feeds/newest.atom", "/static/site.css"):
        assert (path, get(open_one.address, path, **headers).status) == (path, status)  # type: ignore[arg-type]


def test_a_form_of_another_page_neither_logs_in_nor_out(closed_one: Served) -> None:
    session = logged_in(closed_one)
    for path in ("/login", "/logout"):
        got = get(closed_one.address, path, "POST", f"password={PASSWORD}", cookie=session, **CROSS, **LINK)  # type: ignore[arg-type]
        assert (got.status, "set-cookie" in got.headers) == (403, False)
    assert get(closed_one.address, "/", cookie=session).status == 200


def logged_in(served: Served) -> str:
    came = get(served.address, "/login", "POST", f"password={PASSWORD}")
    assert came.status == 303
    return came.headers["set-cookie"].partition(";")[0]


@pytest.mark.parametrize(
    "odd", ['a=b"c', "bad[]=1", '"', "=", ";;", "a=\\", "x=y=z", "@=1", "$Version=1", "é=é", "a,b=c"]
)
def test_cookies_of_other_programs_lock_nobody_out(closed_one: Served, odd: str) -> None:
    session = logged_in(closed_one)
    for cookie in (
        f"{odd}; {session}",
        f"{session}; {odd}",
        f"{odd};{session};{odd}",
        f"qqnews_session=old; {session}",
    ):
        got = get(closed_one.address, "/", cookie=f"{cookie}; qqnews_language=zh", accept_language="en")
        assert (cookie, got.status, "<h1>最新" in got.text) == (cookie, 200, True)


@pytest.mark.parametrize(
    ("header", "values"),
    [("a=1; b=2; a=3", ["1", "3"]), ("", []), ("a", []), ("ab=1; ba=2", []), (' a = "x" ;', ['"x"']), ("a=;b", [""])],
)
def test_a_cookie_is_found_by_its_name_alone(header: str, values: list[str]) -> None:
    assert cookies_named("a", header) == values


def test_whoever_logs_out_is_out_and_others_are_not(closed_one: Served) -> None:
    mine, other = logged_in(closed_one), logged_in(closed_one)
    assert mine != other
    assert 'action="/logout"' in get(closed_one.address, "/", cookie=mine).text
    assert 'action="/logout"' not in get(closed_one.address, "/", authorization=RIGHT).text
    out = get(closed_one.address, "/logout", "POST", cookie=mine)
    assert (out.status, out.headers["location"]) == (303, "/")
    assert {"qqnews_session=", "Max-Age=0"} <= set(out.headers["set-cookie"].split("; "))
    assert [get(closed_one.address, "/", cookie=each).status for each in (mine, other)] == [401, 200]
    assert get(closed_one.address, "/logout").status == 401


def test_a_link_in_a_mail_finds_whoever_is_logged_in(closed_one: Served) -> None:
    came = get(closed_one.address, "/login", "POST", f"password={PASSWORD}")
    assert {"SameSite=Lax", "HttpOnly", "Path=/"} <= set(came.headers["set-cookie"].split("; "))
    session = came.headers["set-cookie"].partition(";")[0]
    assert get(closed_one.address, "/", cookie=session, **CROSS, **LINK).status == 200  # type: ignore[arg-type]


def test_what_never_changes_is_kept_by_browsers_whatever_they_send_along(open_one: Served, closed_one: Served) -> None:
    with Archive.existing(Path(data_of(open_one))) as archive:
        (path,) = archive.database.connection.execute("SELECT path FROM media").fetchone()
    picture = f"/media/{Path(path).name}"
    session = logged_in(closed_one)
    for served, cookie in ((open_one, "qqnews_language=zh"), (open_one, "other=1"), (closed_one, session)):
        for address in ("/static/site.css", picture):
            got = get(served.address, address, cookie=cookie)
            assert "max-age=31536000" in got.headers["cache-control"]
            assert "immutable" in got.headers["cache-control"]
            assert "vary" not in got.headers
        page = get(served.address, "/", cookie=cookie)
        assert page.headers["cache-control"] == "private, no-cache"
        assert "Accept-Language" in page.headers["vary"]
    for path in ("/feeds/newest.atom", "/archive", "/archive.json?sql=select+1"):
        assert "Accept-Language" in get(open_one.address, path).headers["vary"]


def data_of(served: Served) -> str:
    arguments = served.process.args
    assert isinstance(arguments, list)
    return str(arguments[arguments.index("--data") + 1])


HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "
FORM = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\npass"


def test_silent_connections_shut_nobody_out_and_are_ended(closed_one: Served) -> None:
    parts = urlsplit(closed_one.address)
    with ExitStack() as lines:
        opened = []
        for beginning in (b"", HEAD, FORM):
            for _ in range(600):
                line = lines.enter_context(closing(socket.create_connection((parts.hostname, parts.port), timeout=30)))
                with suppress(OSError):
                    line.sendall(beginning)
                opened.append(line)
            # More than there is place for, all of one kind.
            assert get(closed_one.address, "/channels", authorization=RIGHT).status == 200
        begun = time.monotonic()
        for line in opened:
            line.settimeout(3 * max(HEAD_SECONDS, FORM_SECONDS))
            ended = b""
            with suppress(ConnectionResetError):
                while part := line.recv(4096):
                    ended += part
            assert ended[9:12] in (b"", b"408")
        assert time.monotonic() - begun < 3 * max(HEAD_SECONDS, FORM_SECONDS)
    assert get(closed_one.address, "/", authorization=RIGHT).status == 200


@pytest.fixture(autouse=True, scope="module")
def many_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4096), hard), hard))


def test_one_address_takes_no_more_than_its_share(data: Path) -> None:
    with serving(data, "--host", "0.0.0.0", QQNEWS_PASSWORD=PASSWORD) as served, ExitStack() as lines:
        port = urlsplit(served.address).port
        opened = [
            lines.enter_context(
                socket.create_connection(("127.0.0.1", port), timeout=30, source_address=("127.0.0.5", 0))
            )
            for _ in range(160)
        ]
        assert get(f"http://127.0.0.1:{port}/", "/", authorization=RIGHT).status == 200
        assert opened[0].recv(1) == b""
        opened[-1].sendall(request("/robots.txt", f"Authorization: {RIGHT}"))
        assert opened[-1].recv(12) == b"HTTP/1.1 200"


def test_a_head_beyond_all_measure_is_refused(open_one: Served) -> None:
    said = from_address(open_one, "127.0.0.1", request("/", "X-Long: " + "a" * 300_000))
    assert said[9:12] in ("400", "")
    assert get(open_one.address, "/").status == 200


def test_a_form_of_a_thousand_fields_is_no_error(closed_one: Served) -> None:
    got = get(closed_one.address, "/login", "POST", "&".join(f"a{n}=1" for n in range(1000)))
    assert got.status == 401


@dataclass
class Relay:
    """Passes on what a browser and the server say to each other, and writes it down."""

    target: tuple[str, int]
    talks: list[list[bytes]] = field(default_factory=list)
    """What was asked on each connection, and what was answered."""

    def serve(self, line: socket.socket) -> None:
        self.talks.append(talk := [b"", b""])
        with socket.create_connection(self.target) as server, suppress(OSError):
            ends = (line, server)
            while True:
                for ready in select.select(ends, (), ())[0]:
                    if not (part := ready.recv(65536)):
                        return
                    place = ends.index(ready)
                    talk[place] += part
                    ends[1 - place].sendall(part)

    def statuses(self) -> dict[str, str]:
        """By what of the page each address was asked for, and the status of the answer."""
        found: dict[str, str] = {}
        for asked, answered in self.talks:
            names = re.findall(r"by=(\w+) ", asked.decode())
            found |= dict(zip(names, re.findall(r"HTTP/1\.1 (\d+) ", answered.decode()), strict=False))
        return found


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_a_browser_fetches_nothing_of_ours_for_another_page_and_follows_its_links(open_one: Served) -> None:
    parts = urlsplit(open_one.address)
    relay = Relay((parts.hostname or "", parts.port or 0))

    class Between(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            relay.serve(self.request)

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    with (
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), Between) as between,
        ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as other,
        browsing() as browser,
    ):
        asked = f"http://127.0.0.1:{between.server_address[1]}/archive.json?sql=select+1"
        page = f"""<!DOCTYPE html><title>elsewhere</title>
        <img src="{asked}&by=picture"><iframe src="{asked}&by=frame"></iframe>
        <script>fetch("{asked}&by=script", {{mode: "no-cors"}})</script>
        <a href="{open_one.address}">to the archive</a>"""
        for each in (between, other):
            threading.Thread(target=each.serve_forever, daemon=True).start()
        tab = browser.new_page(locale="en-GB")
        tab.goto(f"http://localhost:{other.server_port}/")
        until(lambda: len(relay.statuses()) == 3)
        assert relay.statuses() == dict.fromkeys(("picture", "frame", "script"), "403")
        tab.get_by_role("link", name="to the archive").click()
        assert tab.locator("h1").inner_text().startswith("Newest")
        tab.close()
        between.shutdown()
        other.shutdown()
