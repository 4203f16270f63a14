"""``qqnews doctor`` against the loopback site: what lies between us and it, and a network that is not there."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from crawler.cli.doctor import doctor
from crawler.doctor import site as doctor_site
from crawler.doctor.site import clock_finding
from qqnews import FrontDoor
from tests.conftest import Called
from tests.site.site import Site

Examine = Callable[..., tuple[int, dict[str, list[str]]]]
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.fixture
def examine(fresh_site: Site, data: Path, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """Call ``qqnews doctor --json`` in this process; the exit code, and area → levels and what was found."""
    for name in list(os.environ):
        if "proxy" in name.lower() or name.startswith("QQNEWS_"):
            monkeypatch.delenv(name)
    for name, value in fresh_site.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(FrontDoor, "deployment", lambda *_: iter(()))

    def run(*options: str) -> tuple[int, dict[str, list[str]]]:
        ended = CliRunner().invoke(doctor, ["--json", *options], obj=FrontDoor(data, json=True))
        assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
        found: dict[str, list[str]] = {}
        for line in ended.stdout.splitlines():
            finding = json.loads(line)
            assert finding["cure"] or finding["level"] == "fine"
            found.setdefault(finding["area"], []).append(f"{finding['level']}: {finding['what']}")
        return ended.exit_code, found

    return run


def test_everything_is_fine(crawl: Callable[..., Called], examine: Examine) -> None:
    assert crawl("--source", "hot", "--limit", "1").code == 0
    code, found = examine()
    assert (code, found["network"]) == (0, ["fine: new.qq.com answers"])
    assert re.match(r"fine: \d+ s from", found["clock"][0])
    assert "was fetched and read (layout" in found["live page"][0]
    assert all(line.startswith("fine: ") for line in found["proxy"])


def test_a_page_that_is_gone_is_an_answer_too(examine: Examine) -> None:
    assert examine()[1]["live page"][0].startswith("fine: ")


def test_an_authority_that_is_not_named(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    code, found = examine()
    assert code == 15
    assert found["network"][0].startswith("error: the certificate of new.qq.com cannot be trusted")
    assert "live page" not in found


def test_certificates_that_are_not_there(examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    assert "does not exist" in examine()[1]["certificates"][0]
    (tmp_path / "none.pem").write_text("nothing")
    assert "cannot be read" in examine()[1]["certificates"][0]


@pytest.fixture
def silent() -> Iterator[str]:
    """A proxy that takes calls and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_network_that_is_silent_is_no_hang(examine: Examine, silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_site, "SECONDS", 1.0)
    code, found = examine("--proxy", silent)
    assert (code, found["network"][0].startswith("absent: new.qq.com cannot be reached")) == (14, True)
    assert "clock" not in found


def test_a_proxy_that_is_not_there_or_none(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    code, found = examine("--proxy", "http://127.0.0.1:1")
    assert code == 15
    assert "http_proxy: 127.0.0.1:1 cannot be reached" in found["proxy"][0]
    assert found["network"][0].startswith("absent: ")
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "proxy:port")
    assert "is no address of a proxy" in examine("--offline")[1].get("proxy", ["is no address of a proxy"])[0]


def test_offline_the_network_is_left_alone(examine: Examine, fresh_site: Site) -> None:
    code, found = examine("--offline")
    assert (code, "network" in found, "versions" in found) == (0, False, True)
    assert fresh_site.requests() == []


def test_a_site_that_refuses_us(examine: Examine, fresh_site: Site) -> None:
    fresh_site.fault("/rain/a/", "status", status=503)
    code, found = examine()
    assert (code, found["live page"][0].startswith("warning: ")) == (14, True)


@pytest.mark.parametrize(
    ("off", "level", "said"),
    [
        (0, "fine", "0 s from"),
        (59, "fine", "59 s from"),
        (400, "error", "400 s ahead"),
        (-400, "error", "400 s behind"),
    ],
)
def test_our_clock_beside_the_site_s(off: int, level: str, said: str) -> None:
    date = f"{NOW:%a, %d %b %Y %H:%M:%S} GMT"
    found = clock_finding(date, NOW + timedelta(seconds=off))
    assert (found.level, said in found.what) == (level, True)
    assert clock_finding("yesterday", NOW).level == "note"
    assert clock_finding(None, NOW).level == "note"
