"""Pictures as their user meets them: fetched on request, once each, politely; and shown from their copies."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

import crawler.settings
from archive.article.markdown import to_markdown
from archive.errors import ExitCode
from archive.media.picture_copies import pictures_of
from archive.store import Archive
from crawler.net.url_policy import OffLimits, check_picture_url, check_url
from tests.conftest import Called
from tests.crawler.archived import hours_pass, rows
from tests.site.pictures import picture
from tests.site.routes import PICTURE_HOSTS
from tests.site.site import Site

Run = Callable[..., Called]


@pytest.fixture
def pictures(qqnews: Run, site: Site, data: Path) -> set[str]:
    """The addresses of the pictures of a few archived articles."""
    keys = [key for key in site.world.of_layout("v2", "static", "classic") if site.world.truth(key).pictures][:6]
    assert qqnews("crawl", *keys, "--delay", "0").code == 0
    with Archive.existing(data) as archive:
        return {url for each in archive.articles() for url in pictures_of(each.article)}


def fetch(qqnews: Run, *arguments: str) -> Called:
    return qqnews("media", "fetch", "--json", "--delay", "0", *arguments)


def asked(site: Site) -> list[str]:
    seen = [each for each in site.requests() if each.host in PICTURE_HOSTS and each.path != "/robots.txt"]
    return sorted(f"https://{each.host}{each.path}" for each in seen if each.method == "GET")


def test_pictures_are_off_by_default(qqnews: Run, pictures: set[str], site: Site, data: Path) -> None:
    assert pictures
    assert asked(site) == []
    assert not (data / "media").exists()


def test_each_picture_is_fetched_once_and_kept_by_its_bytes(
    qqnews: Run, pictures: set[str], site: Site, data: Path
) -> None:
    ended = fetch(qqnews)
    assert (ended.code, ended.counts["pictures"]) == (0, len(pictures))
    assert asked(site) == sorted(pictures)
    for url in pictures:
        body = picture(url.removeprefix("https://"))[1]
        digest = sha256(body).hexdigest()
        (file,) = (data / "media" / digest[:2]).glob(f"{digest}.*")
        assert file.read_bytes() == body
    site.forget_requests()
    again = fetch(qqnews)
    assert (again.code, again.report["because"], asked(site)) == (0, "nothing was due", [])


def test_a_picture_is_asked_for_as_by_a_reader_of_its_page(qqnews: Run, pictures: set[str], site: Site) -> None:
    fetch(qqnews)
    referers = {each.referer for each in site.requests() if each.host in PICTURE_HOSTS and each.path != "/robots.txt"}
    assert referers
    assert not [each for each in referers if not each.startswith("https://") or "new.qq.com" in each]
    assert any(each.startswith("https://news.qq.com/rain/a/") for each in referers)


def test_a_crawl_with_media_fetches_the_pictures_of_what_came_in(
    qqnews: Run, pictures: set[str], site: Site, data: Path
) -> None:
    key = next(each for each in site.world.of_layout("v2") if not _kept(data, each))
    hours_pass(data, 1)
    ended = qqnews("crawl", key, "--media", "--json", "--delay", "0")
    with Archive.existing(data) as archive:
        wanted = set(pictures_of(archive.article(key).article))
    assert (ended.code, set(asked(site))) == (0, wanted)


def _kept(data: Path, key: str) -> bool:
    with Archive.existing(data) as archive:
        return bool(archive.known([key]))


def test_pictures_can_be_fetched_a_few_at_a_time(qqnews: Run, pictures: set[str]) -> None:
    assert fetch(qqnews, "--limit", "2").counts["pictures"] == 2
    assert fetch(qqnews).counts["pictures"] == len(pictures) - 2


@pytest.mark.parametrize(
    ("fault", "options", "reason"),
    [
        ("status", {"code": 404}, "status 404"),
        ("changed", {}, "a page"),
        ("binary", {}, "no known type"),
        ("truncated", {}, "ResponseDataLossError"),
        ("private", {}, "status 302"),
    ],
)
def test_what_is_no_picture_is_listed_as_missing(
    qqnews: Run, pictures: set[str], fresh_site: Site, data: Path, fault: str, options: dict[str, int], reason: str
) -> None:
    bad = sorted(pictures)[0]
    fresh_site.fault(bad.removeprefix("https:"), fault, **options)
    ended = fetch(qqnews)
    assert (ended.code, ended.counts["pictures_missing"]) == (0, 1)
    (line,) = qqnews("media", "missing", "--json").out.splitlines()
    missing = json.loads(line)
    assert (missing["url"], missing["tries"]) == (bad, 1)
    assert reason in missing["reason"]
    fresh_site.clear_faults()
    assert fetch(qqnews).report["because"] == "nothing was due"
    assert fetch(qqnews, "--again").counts["pictures"] == 1
    assert qqnews("media", "missing").out == ""


def test_when_most_pictures_fail_the_run_is_no_success(qqnews: Run, pictures: set[str], fresh_site: Site) -> None:
    for bad in sorted(pictures)[1:]:
        fresh_site.fault(bad.removeprefix("https:"), "status", code=404)
    assert fetch(qqnews).code == ExitCode.PARTIAL
    assert fetch(qqnews, "--again").code == ExitCode.EMPTY


def test_a_picture_beyond_the_limit_is_not_kept(
    qqnews: Run, pictures: set[str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawler.settings, "QQNEWS_PICTURE_BYTES", 20)
    fetch(qqnews)
    assert rows(data, "SELECT count(*) FROM media") == [(0,)]
    assert "20 allowed" in qqnews("media", "missing").out


@pytest.mark.parametrize(
    ("url", "as_picture", "as_page"),
    [
        ("https://inews.gtimg.com/om_bt/x/641", True, False),
        ("https://puui.qpic.cn/vpic/0/x.png", True, False),
        ("https://news.qq.com/x.png", True, True),
        ("https://gtimg.com.example.org/x", False, False),
        ("https://example.com/x.png", False, False),
        ("file:///etc/passwd", False, False),
        ("https://127.0.0.1/x.png", False, False),
    ],
)
def test_picture_hosts_are_open_for_pictures_only(url: str, *, as_picture: bool, as_page: bool) -> None:
    for check, allowed in ((check_picture_url, as_picture), (check_url, as_page)):
        if allowed:
            assert check(url)
        else:
            with pytest.raises(OffLimits):
                check(url)


def test_rendered_with_local_pictures_a_tree_of_its_own_points_to_the_copies(
    qqnews: Run, pictures: set[str], data: Path, tmp_path: Path
) -> None:
    fetch(qqnews)
    faithful = {path: path.read_bytes() for path in (data / "articles").rglob("*.md")}
    ended = qqnews("render", "--media", "local", "--to", str(tmp_path / "site"))
    assert ended.out == f"ok: {len(faithful)} files, {len(faithful)} written\n"
    assert {path: path.read_bytes() for path in (data / "articles").rglob("*.md")} == faithful
    shown = set()
    for file in (tmp_path / "site").rglob("*.md"):
        text = file.read_text()
        assert "![图片](https://" not in text
        links = [part.split(")")[0] for part in text.split("](")[1:] if part.startswith("../")]
        shown |= {(file.parent / link).resolve() for link in links}
    assert shown
    assert all(path.is_file() and path.is_relative_to(data / "media") for path in shown)
    again = qqnews("render", "--media", "local", "--to", str(tmp_path / "site"))
    assert again.out.endswith(" 0 written\n")


def test_render_writes_lost_and_spoilt_files_again(qqnews: Run, pictures: set[str], data: Path) -> None:
    files = sorted((data / "articles").rglob("*.md"))
    before = {path: path.read_bytes() for path in files}
    files[0].unlink()
    files[1].write_text("spoilt")
    assert qqnews("render").out == f"ok: {len(files)} files, 2 written\n"
    assert {path: path.read_bytes() for path in files} == before
    files[0].unlink()
    assert qqnews("render", files[1].stem).out == "ok: 1 files, 0 written\n"
    assert qqnews("--json", "render", files[0].stem).report == {"files": 1, "written": 1}
    with Archive.existing(data) as archive:
        assert files[0].read_text() == to_markdown(archive.article(files[0].stem).article)


def test_the_faithful_tree_never_gets_local_pictures(qqnews: Run, pictures: set[str]) -> None:
    ended = qqnews("render", "--media", "local")
    assert (ended.code, "--to" in ended.err) == (ExitCode.USAGE, True)
