"""``qqnews parse``: one saved page in, Markdown out; bad input gives one clear line and its exit code."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crawler.sites.good_pages import dom_page, rain_page, wechat_page

ROOT = Path(__file__).parents[3]
CAPTURES = ROOT.parent / "shared" / "captures"
RAIN = "https://new.qq.com/rain/a/20260810A01ABC00"


def qqnews(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = [sys.executable, "-c", "import qqnews; qqnews.main()", *arguments]
    return subprocess.run(program, input=given, capture_output=True, check=False, cwd=ROOT, timeout=60)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_bytes(rain_page("旧书市场重新开张", "天还没亮，就有人排队。").body)
    return path


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("rain_20260810A04WOP00", "https://new.qq.com/rain/a/20260810A04WOP00"),
        ("static_20201130A0G1JJ00", "https://new.qq.com/omn/20201130/20201130A0G1JJ00.html"),
        ("static_TWF2020041300303000", "https://new.qq.com/omn/TWF20200/TWF2020041300303000.html"),
        ("tech_20161014_006270", "https://tech.qq.com/a/20161014/006270.htm"),
    ],
)
def test_a_capture_comes_out_as_expected(name: str, url: str) -> None:
    page = CAPTURES / "pages" / f"{name}.html"
    if not page.exists():
        pytest.skip("../shared/captures is not present")
    done = qqnews("parse", str(page), "--url", url)
    assert done.stdout == (CAPTURES / "expected" / f"{name}.md").read_bytes()
    assert done.returncode == 0


def test_markdown_and_nothing_else_on_stdout(saved: Path) -> None:
    done = qqnews("parse", str(saved), "--url", RAIN)
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "---"
    assert lines[-1] == f"[qq]({RAIN})"
    assert "天还没亮，就有人排队。" in lines
    assert [path.name for path in saved.parent.iterdir()] == ["page.html"]


def test_standard_input_and_a_bare_id_do_as_well(saved: Path) -> None:
    by_file = qqnews("parse", str(saved), "--url", RAIN)
    by_pipe = qqnews("parse", "-", "--url", "20260810A01ABC00", given=saved.read_bytes())
    assert by_pipe.stdout == by_file.stdout


def test_json_gives_every_field_and_where_it_was_found(saved: Path) -> None:
    facts = json.loads(qqnews("parse", "--json", str(saved), "--url", RAIN).stdout)
    assert facts["id"] == "20260810A01ABC00"
    assert facts["published_at"] == "2026-08-10T17:10:33+08:00"
    assert facts["provenance"]["title"] == ["DATA.title", "旧书市场重新开张"]
    assert facts["layout"] == "rain"
    assert facts["notes"] == []
    assert facts["content_hash"].startswith("v1:")


def test_a_wechat_page_is_read_too(tmp_path: Path) -> None:
    page = wechat_page("", "旧书市场", "天还没亮。")
    done = qqnews("parse", "-", "--url", page.url, given=page.body)
    assert done.stdout.decode().endswith(f"天还没亮。\n\n[qq]({page.url})\n")


def one_line_and(code: int, done: subprocess.CompletedProcess[bytes], *words: str) -> None:
    message = done.stderr.decode()
    assert done.returncode == code, message
    assert done.stdout == b""
    assert message.count("\n") == 1
    assert all(word in message for word in words), message


def test_bad_files_are_named_with_the_reason(tmp_path: Path) -> None:
    empty, binary, packed = tmp_path / "empty.html", tmp_path / "picture.html", tmp_path / "page.html.gz"
    empty.write_bytes(b" \n")
    binary.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    packed.write_bytes(gzip.compress(b"<html></html>"))
    one_line_and(20, qqnews("parse", str(empty), "--url", RAIN), "empty.html", "empty file")
    one_line_and(20, qqnews("parse", str(binary), "--url", RAIN), "binary")
    one_line_and(20, qqnews("parse", str(packed), "--url", RAIN), "binary", "unpack")
    one_line_and(20, qqnews("parse", str(tmp_path / "none.html"), "--url", RAIN), "cannot be read")
    one_line_and(20, qqnews("parse", str(tmp_path), "--url", RAIN), "cannot be read")
    one_line_and(20, qqnews("parse", "-", "--url", RAIN, given=bytes(5000) + b"<html>"), "binary")


def test_a_file_of_200_megabytes_is_refused_at_once(tmp_path: Path) -> None:
    large = tmp_path / "large.html"
    with large.open("wb") as file:
        file.write(b"<html><body><p>")
        file.truncate(200 * 2**20)
    one_line_and(20, qqnews("parse", str(large), "--url", RAIN), "larger than")


@pytest.mark.parametrize(
    "url", ["https://example.org/a/1", "https://news.qq.com/", "hello", "https://new.qq.com/ch/tech"]
)
def test_an_address_of_no_article_is_refused(saved: Path, url: str) -> None:
    one_line_and(20, qqnews("parse", str(saved), "--url", url), "is not an article")


def test_what_is_no_article_has_an_exit_code_of_its_own() -> None:
    removed = "<html><head><title>404 - 腾讯网</title></head><body>您访问的页面不存在</body></html>".encode()
    captcha = "<html><head><title>安全验证</title></head><body>请完成人机验证</body></html>".encode()
    foreign = ("<html><head><title>News</title></head><body>" + "<div>Some words of another site.</div>" * 99).encode()
    one_line_and(10, qqnews("parse", "-", "--url", RAIN, given=removed), "removed")
    one_line_and(12, qqnews("parse", "-", "--url", RAIN, given=captcha), "wall")
    one_line_and(13, qqnews("parse", "-", "--url", RAIN, given=foreign), "no known layout")


def test_without_an_address_the_usage_is_shown(saved: Path) -> None:
    assert qqnews("parse", str(saved)).returncode == 2


def test_a_terminal_is_not_told_what_to_do(tmp_path: Path) -> None:
    page = dom_page("", "标题\u202e题", "正文\x1b[31m红")
    done = qqnews("parse", "-", "--url", RAIN, given=page.body)
    assert "\u202e" not in done.stdout.decode()
    assert b"\x1b" not in done.stdout
