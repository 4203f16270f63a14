"""The command as its user meets it: what it needs, where it listens, whom it lets in, how it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from archive.store import Archive
from archive.web.queries import PAGE
from tests.archive.samples import NOON, an_article
from tests.archive.web.client import get
from tests.archive.web.serving import serving
from tests.conftest import QQNEWS, clean_environment
from tests.site.site import Site

PASSWORD = "渔夫 & 老周 7"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("served") / "data"
    with Archive.open(data) as archive:
        archive.keep(an_article(1), seen_at=NOON)
    return data


def refused(data: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    command = [str(QQNEWS), "--data", str(data), "serve", *arguments]
    ended = subprocess.run(
        command, env=clean_environment(**variables), capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1
    return ended.returncode, ended.stderr


def test_others_are_not_let_in_without_a_password(data: Path, tmp_path: Path) -> None:
    code, told = refused(data, "--host", "0.0.0.0", "--port", "0")
    assert (code, "--password-file" in told) == (2, True)
    code, told = refused(data, "--port", "0", QQNEWS_PASSWORD="short")
    assert (code, "at least 8 characters" in told) == (2, True)
    for content in (None, b"\n", b"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8"):
        file = tmp_path / "password"
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)
        code, told = refused(data, "--password-file", str(file))
        assert (code, f"no password in {file}" in told) == (2, True)


def test_a_port_that_is_taken_is_named(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, told = refused(data, "--port", str(port))
    assert (code, f"port {port}" in told, "--port" in told) == (15, True, True)
    assert refused(data, "--host", "no.such.host.invalid", QQNEWS_PASSWORD=PASSWORD)[0] == 15


def test_a_missing_archive_is_named_and_none_is_made(tmp_path: Path) -> None:
    code, told = refused(tmp_path / "nothing")
    assert (code, "no archive at" in told) == (21, True)
    assert not (tmp_path / "nothing").exists()


def test_without_the_libraries_one_line_says_what_to_install(data: Path) -> None:
    hide = "import sys; sys.modules['datasette'] = None; import qqnews; qqnews.main()"
    command = [sys.executable, "-c", hide, "--data", str(data), "serve"]
    ended = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "qqnews: the web page needs datasette: install it with pip install 'qqnews[web]'\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 130)])
def test_it_says_where_it_is_and_ends_when_it_is_told_to(data: Path, number: signal.Signals, code: int) -> None:
    with serving(data) as served:
        assert get(served.address, "/").status == 200
        served.process.send_signal(number)
        assert "".join(served.process.communicate(timeout=20)).strip() == ""
        assert served.process.returncode == code


def test_an_archive_that_vanishes_is_said_to_be_missing_and_found_when_it_is_back(data: Path, tmp_path: Path) -> None:
    with serving(data) as served:
        (data / "archive.db").rename(tmp_path / "aside.db")
        try:
            assert get(served.address, "/").status == 503
            assert get(served.address, "/archive/articles").status in (500, 503)
            assert get(served.address, "/static/site.css").status == 200
        finally:
            (tmp_path / "aside.db").rename(data / "archive.db")
        assert get(served.address, "/").status == 200
        assert get(served.address, "/archive/articles").status == 200


def basic(password: str) -> str:
    return "Basic " + b64encode(f"anybody:{password}".encode()).decode()


def test_every_page_answers_while_a_crawl_writes(fresh_site: Site, tmp_path: Path) -> None:
    data = tmp_path / "data"
    Archive.open(data).close()
    command = [str(QQNEWS), "--data", str(data), "crawl", "--source", "hot", "--source", "channel:tech", "--delay", "0"]
    environment = clean_environment(**fresh_site.environment())
    pages = [
        "/",
        "/channels",
        "/hot",
        "/edits",
        "/status",
        f"/search?q={quote('的')}",
        "/feeds/newest.atom",
        "/metrics",
    ]
    with serving(data) as served:
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as crawl:
            while crawl.poll() is None:
                assert {path: get(served.address, path).status for path in pages} == dict.fromkeys(pages, 200)
        assert crawl.returncode == 0
        shown = get(served.address, "/").text
        served.process.send_signal(signal.SIGTERM)
        assert served.process.communicate(timeout=20)[1] == ""
    with Archive.open(data) as archive:
        kept = archive.database.connection.execute("SELECT id FROM articles").fetchall()
    assert len(kept) > 10
    assert sum(f"/article/{article_id}" in shown for (article_id,) in kept) == min(len(kept), PAGE)


def test_a_password_opens_by_header_token_and_form(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\nsecond line\n", "utf-8")
    with serving(data, "--host", "0.0.0.0", "--password-file", str(file)) as served:
        address = served.address.replace("0.0.0.0", "127.0.0.1")
        for path in ("/", "/feeds/newest.atom", "/metrics", "/archive", "/media/x", "/nope", "/login"):
            closed = get(address, path)
            assert (closed.status, closed.text) == (401, "A password is needed.")
            assert closed.headers["www-authenticate"].startswith("Basic ")
            assert get(address, path, authorization=basic("wrong password")).status == 401
        form = get(address, "/hot?day=2025-01-01", accept="text/html", accept_language="zh")
        assert form.status == 401
        assert "Basic" not in form.headers["www-authenticate"]
        assert 'name="to" value="/hot?day=2025-01-01"' in form.text
        assert an_article(1).title not in form.text
        assert get(address, "/static/site.css").status == 200
        assert get(address, "/", authorization=basic(PASSWORD)).status == 200
        for broken in ("Basic !!!", "Basic", "Bearer", "Digest x", basic("")):
            assert get(address, "/", authorization=broken).status == 401
        assert get(address, "/", cookie="qqnews_session=guess").status == 401
        wrong = get(address, "/login", "POST", "password=wrong+password", accept="text/html")
        assert (wrong.status, "set-cookie" in wrong.headers) == (401, False)
        assert get(address, "/login", "POST", "password=" + "x" * 20_000, accept="text/html").status == 401
        came = get(address, "/login", "POST", f"password={quote_plus(PASSWORD)}&to=//evil.example")
        assert (came.status, came.headers["location"]) == (303, "/")
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(came.headers["set-cookie"].split("; "))
        cookie = came.headers["set-cookie"].partition(";")[0]
        assert get(address, "/", cookie=cookie).status == 200
        back = get(address, "/login", "POST", f"password={quote_plus(PASSWORD)}&to=/hot?day=2025-01-01")
        assert back.headers["location"] == "/hot?day=2025-01-01"


def test_a_name_behind_a_proxy_is_allowed_by_name(data: Path) -> None:
    with serving(data, "--allow-host", "News.Example", QQNEWS_PASSWORD="plain token 1") as served:
        assert get(served.address, "/", host="news.example", authorization="Bearer plain token 1").status == 200
        assert get(served.address, "/", host="other.example", authorization="Bearer plain token 1").status == 421
        https = get(
            served.address,
            "/feeds/newest.atom",
            host="news.example",
            authorization="Bearer plain token 1",
            x_forwarded_proto="https",
        )
        assert 'href="https://news.example/feeds/newest.atom"' in https.text
