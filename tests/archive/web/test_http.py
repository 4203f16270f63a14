"""What the server answers: status codes, headers, hosts, languages, feeds, and whatever somebody may ask it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import quote

import feedparser
import pytest
from lxml import html
from prometheus_client.parser import text_string_to_metric_families

from archive.frontier.rechecks import report_missing
from archive.media.picture_copies import keep_picture
from archive.search.index import NAME
from archive.store import Archive
from archive.takedown.takedown import take_down
from tests.archive.samples import EVENING, NOON, PICTURE, an_article
from tests.archive.web.client import Got, get
from tests.archive.web.serving import Served, serving
from tests.site.pictures import png

COUNT = 75
EDITED, COPIED, COPY, GONE, ERASED, HOSTILE, UNDATED = (an_article(number).id for number in (1, 2, 90, 3, 4, 5, 91))
SECRET = "这句话只在被下架的文章里"
MARKUP = "<script>alert(1)</script> [链接](javascript:alert(1)) \u202e反写 <img src=x onerror=alert(2)>"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("web") / "data"
    with Archive.open(data) as archive:
        with archive.transaction():
            for number in range(1, COUNT + 1):
                facts = {"published_at": datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=number)}
                archive.keep(an_article(number, **facts), seen_at=NOON, source="hot", rank=1 + number % 10)
            archive.keep(an_article(1, title="渔夫改了名", body="鱼只有 30 筐。\n\n后来又说。"), seen_at=EVENING)
            archive.keep(an_article(90, title=an_article(2).title, body=an_article(2).body), seen_at=NOON)
            archive.keep(an_article(4, title=SECRET, body=f"{SECRET}，没有别处。"), seen_at=NOON)
            archive.keep(an_article(5, title=MARKUP, body=MARKUP, summary=MARKUP, author=MARKUP), seen_at=NOON)
            undated = {"published_at": None, "kind": "video", "channel": "<b>"}
            archive.keep(an_article(91, **undated), seen_at=NOON)
            keep_picture(archive, f"{PICTURE}/641", EDITED, png(b"x" * 32), NOON)
        for seen_at in (NOON, EVENING):
            report_missing(archive, GONE, seen_at)
        take_down(archive, ERASED, "asked for", EVENING)
    return data


@pytest.fixture(scope="module")
def served(data: Path) -> Iterator[Served]:
    with serving(data) as running:
        yield running


Ask = Callable[..., Got]


@pytest.fixture
def ask(served: Served) -> Ask:
    """Ask the server that all these tests share."""
    return partial(get, served.address)


PAGES = ["/", "/channels", "/hot", "/search", "/search?q=鱼", "/removals", "/edits", "/status", "/archive"]
PAGES += [f"/article/{EDITED}", f"/article/{EDITED}/changes", f"/article/{EDITED}/alike", "/archive/articles"]
PAGES += ["/archive?sql=select+1", f"/archive/articles/{EDITED}", "/article/nope", "/nope"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_sound_html_in_both_languages_and_acts_on_nothing(ask: Ask, path: str, language: str) -> None:
    got = ask(quote(path, safe="/?=&+"), accept_language=language)
    assert got.status == (404 if path.endswith("nope") else 200)
    assert got.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in got.text
    for name, value in {
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
    }.items():
        assert got.headers[name] == value
    policy = got.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    tree = html.fromstring(got.text)
    assert (
        tree.xpath("//script | //style | //*[@style] | //iframe | //object | //base | //@*[starts-with(name(), 'on')]")
        == []
    )
    assert len(tree.xpath("//main")) == len(tree.xpath("//h1")) == 1
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))


def test_the_newest_come_first_page_by_page_and_each_once(ask: Ask) -> None:
    seen: list[str] = []
    path: str | None = "/"
    while path:
        tree = html.fromstring(ask(path).text)
        seen += tree.xpath("//article[contains(@class, 'entry')]/*[contains(@class, 'headline')]/a/@href")
        path = next(iter(tree.xpath("//a[@rel='next']/@href")), None)
    assert len(seen) == len(set(seen)) == COUNT + 1
    assert seen[-1] == f"/article/{UNDATED}"
    newest = [an_article(number).id for number in range(COUNT, COUNT - 5, -1)]
    assert [f"/article/{key}" for key in newest] == seen[3:8]
    assert seen[:3] == [f"/article/{key}" for key in (COPY, HOSTILE, EDITED)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?kind=video", 1),
        ("?status=gone", 1),
        ("?status=gone&channel=life", 1),
        ("?channel=%3Cb%3E&kind=video&status=live", 1),
        ("?channel=nowhere", 0),
        ("?kind=%00", 0),
        ("?status=taken_down", 0),
    ],
)
def test_filters(ask: Ask, query: str, expected: int) -> None:
    got = ask(f"/{query}")
    assert got.status == 200
    assert got.text.count('<article class="entry') == expected


def test_an_article_says_what_happened_to_it(ask: Ask) -> None:
    edited = ask(f"/article/{EDITED}", accept_language="en").text
    assert "This article has 2 revisions." in edited
    assert f"/article/{EDITED}?revision=1" in edited
    assert "渔夫改了名" in edited
    old = ask(f"/article/{EDITED}?revision=1", accept_language="en").text
    assert "This is revision 1, not the last one." in old
    assert "The site has removed this article" in ask(f"/article/{GONE}", accept_language="en").text
    copy = ask(f"/article/{COPY}", accept_language="en").text
    assert "The same content as an earlier article" in copy
    assert f"/article/{COPIED}" in copy
    assert f"/article/{COPY}" in ask(f"/article/{COPIED}/alike").text


def test_pictures_come_from_the_archive_and_only_there_from_elsewhere(ask: Ask, data: Path) -> None:
    got = ask(f"/article/{EDITED}?revision=1")
    (address,) = set(re.findall(r'src="(/media/[^"]+)"', got.text))
    assert "img-src 'self' https:" in got.headers["content-security-policy"]
    assert "img-src 'self';" in ask("/").headers["content-security-policy"]
    picture = ask(address)
    assert (picture.status, picture.headers["content-type"]) == (200, "image/png")
    for wrong in ("/media/archive.db", "/media/..%2farchive.db", f"/media/{'0' * 64}.png", f"{address}/x", "/media/"):
        assert ask(wrong).status == 404


def test_what_was_taken_down_is_gone_for_good_and_nothing_of_it_is_told(ask: Ask) -> None:
    for path in (
        f"/article/{ERASED}",
        f"/article/{ERASED}/changes",
        f"/article/{ERASED}.md",
        f"/article/{ERASED}/alike",
    ):
        got = ask(path)
        assert got.status == 410
        assert SECRET not in got.text
    for path in ("/", "/search?q=" + quote(SECRET), "/edits", "/feeds/newest.atom", "/archive/articles.json?_size=max"):
        assert SECRET[:6] not in ask(path).text.replace(f'value="{SECRET}"', "").replace(SECRET, "", 2)
    assert ask(f"/search?q={ERASED}").headers["location"] == f"/article/{ERASED}"


def test_hostile_texts_are_only_text(ask: Ask) -> None:
    for path in ("/", f"/article/{HOSTILE}", "/search?q=" + quote("反写"), "/edits", f"/article/{HOSTILE}/changes"):
        text = ask(path).text
        assert "反写" in text
        assert "<script" not in text
        assert "<img src=x" not in text
        assert 'href="javascript' not in text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/article/20991231A0000000", 404),
        ("/article/..", 404),
        ("/article/%2e%2e%2farchive.db", 404),
        ("/article/%00", 404),
        ("/article/" + "A" * 5000, 404),
        (f"/article/{EDITED}?revision=9", 404),
        (f"/article/{EDITED}?revision=%F0%9F%98%80", 404),
        (f"/article/{EDITED}/changes?old=0", 404),
        (f"/article/{EDITED}/", 404),
        ("/article?address=nonsense", 400),
        (f"/article?address=https://new.qq.com/rain/a/{EDITED}", 302),
        ("/?before=x", 400),
        ("/?before=~", 200),
        ("/edits?before=a~b", 400),
        ("/edits?before=a~b~c", 400),
        ("/hot?day=yesterday", 400),
        ("/hot?day=0001-01-01", 400),
        ("/hot?day=9999-12-31", 400),
        ("/hot?day=1999-12-31", 200),
        ("/search?q=(", 400),
        ("/search?q=%22", 400),
        ("/search?q=%00", 400),
        ("/search?q=a%00b", 200),
        ("/search?q=%F0%9F%98%80", 200),
        ("/search?q=%FF%FE", 400),
        ("/search?q=" + quote("鱼" * 10_000), 400),
        ("/search?q=x&since=soon", 400),
        ("/search?q=x&from=-1", 400),
        ("/search?q=x&sort=price", 400),
        ("/../../etc/passwd", 404),
        ("/static/..%2f..%2fwords.py", 404),
        ("/static/words.py", 404),
        ("/-/databases.json", 404),
        ("/-/settings", 404),
        ("/_internal", 404),
        ("//evil.example/", 404),
        ("/archive.db", 403),
        ("/archive/locks", 404),
        ("/archive/erasures.json", 404),
        ("/archive/search", 404),
        ("/archive/articles/nope", 404),
        ("/archive?sql=select+*+from+locks", 400),
        ("/archive?sql=select+token+from+(select+*+from+main.locks)", 400),
        ("/archive?sql=attach+'x'+as+y", 400),
        ("/archive?sql=with+x+as+(select+1)+insert+into+articles+select+*+from+x", 400),
        ("/archive?sql=delete+from+articles", 400),
        ("/archive?sql=select+load_extension('x')", 400),
        ("/archive?sql=select+zeroblob(999999999)", 400),
        ("/archive?sql=select+*+from+pragma_database_list", 400),
        ("/archive?sql=nonsense", 400),
        ("/archive/articles?_sort=nope", 400),
    ],
)  # fmt: skip
def test_whatever_is_asked_gets_a_clear_answer(ask: Ask, path: str, status: int) -> None:
    got = ask(path, accept="text/html")
    assert got.status == status
    assert "Traceback" not in got.text
    if status in (400, 404) and "static" not in path and "json" not in path:
        assert 'role="search"' in got.text


def test_sql_only_reads_and_says_nothing_of_the_machine(ask: Ask, data: Path) -> None:
    with Archive.existing(data) as archive:
        archive.start_run("crawl", started_at=NOON)
    rows = json.loads(ask("/archive.json?sql=select+job,host,pid+from+runs&_shape=array").text)
    assert rows[-1] == {"job": "crawl", "host": None, "pid": None}
    told = ask("/archive").text
    assert "revisions" in told
    for hidden in ("locks", "erasures", "near_bands", "_sqlite_migrations", str(data)):
        assert hidden not in told


def test_a_query_that_never_ends_is_stopped_and_others_are_answered_meanwhile(ask: Ask) -> None:
    endless = "with recursive a(x) as (select 1 union all select x + 1 from a) select max(x) from a"
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(ask, "/archive?sql=" + quote(endless))
        assert ask("/").status == 200
        assert not slow.done()
        assert slow.result().status == 400


@pytest.mark.parametrize("feed", ["newest", "removals", "edits"])
def test_feeds_are_read_by_readers_of_feeds(ask: Ask, served: Served, feed: str) -> None:
    got = ask(f"/feeds/{feed}.atom")
    assert got.headers["content-type"] == "application/atom+xml; charset=utf-8"
    found = feedparser.parse(got.text)
    assert not found.bozo
    assert found.feed.link == f"{served.address}feeds/{feed}.atom"
    assert (
        len({entry.id for entry in found.entries})
        == len(found.entries)
        == {"newest": 50, "removals": 1, "edits": 2}[feed]
    )
    for entry in found.entries[:3]:
        assert get(served.address, entry.link.removeprefix(served.address.rstrip("/"))).status == 200
    assert ask(f"/feeds/{feed}.atom", if_none_match=got.headers["etag"]).status == 304


def test_the_metrics_are_read_by_prometheus(ask: Ask) -> None:
    families = {family.name: family for family in text_string_to_metric_families(ask("/metrics").text)}
    assert {sample.labels["status"]: sample.value for sample in families["qqnews_articles"].samples} == {
        "gone": 1,
        "live": COUNT,
    }


def test_a_name_that_is_not_ours_is_refused(ask: Ask) -> None:
    for host in ("evil.example", "evil.example:8399", "127.0.0.1.evil.example", ""):
        assert ask("/", host=host).status in (400, 421)
    for host in ("localhost", "127.0.0.1:1", "[::1]:8399", "LOCALHOST"):
        assert ask("/", host=host).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_sent(ask: Ask, method: str) -> None:
    for path in ("/", "/archive", "/archive/articles", "/login"):
        assert ask(path, method=method).status == 405


def test_the_language_is_remembered(ask: Ask) -> None:
    got = ask("/?lang=zh", accept_language="en")
    assert "<h1>最新" in got.text
    cookie = got.headers["set-cookie"].partition(";")[0]
    assert "<h1>最新" in ask("/", accept_language="en", cookie=cookie).text
    assert "<h1>Newest" in ask("/?lang=en", cookie=cookie).text


@pytest.mark.parametrize("spoilt", [None, b"no index" * 2000])
def test_an_index_that_is_missing_or_broken_is_made_anew(ask: Ask, data: Path, spoilt: bytes | None) -> None:
    path = "/search?q=" + quote("渔夫改了名")
    assert "<mark>" in ask(path).text
    for each in data.glob(f"{NAME}*"):
        each.unlink()
    if spoilt is not None:
        (data / NAME).write_bytes(spoilt)
    for _ in range(50):
        got = ask(path, accept_language="en")
        assert got.status in (200, 503)
        if "<mark>" in got.text:
            return
        assert re.search("is being brought up to date|cannot be used now|Nothing was found", got.text)
    pytest.fail("the index did not come back")


def test_what_is_archived_meanwhile_is_there_at_once(ask: Ask, data: Path) -> None:
    def read(_: int) -> int:
        return ask("/").status

    with ThreadPoolExecutor(4) as pool, Archive.existing(data) as archive:
        answers = pool.map(read, range(40))
        for number in range(200, 240):
            late = {"published_at": datetime(2025, 6, 1, tzinfo=UTC) + timedelta(minutes=number), "channel": "late"}
            archive.keep(an_article(number, **late), seen_at=EVENING)
        with archive.transaction():
            archive.keep(an_article(300, channel="late"), seen_at=EVENING)
            assert ask("/").status == 200
        assert set(answers) == {200}
    assert ask("/?channel=late").text.count('<article class="entry') == 30
    assert "41" in ask("/channels").text
