"""An archive in which articles are related in every way that there is, with all that is kept of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from archive.article.model import Article
from archive.captures.payload_index import Payload, first_capture, note_payloads
from archive.captures.raw_files import RawWriter
from archive.captures.revisits import target_for
from archive.captures.warc import Capture, digest_of
from archive.database.backup import back_up
from archive.export.pipeline import export
from archive.export.request import ExportRequest
from archive.frontier.links import Frontier
from archive.media.picture_copies import keep_picture, note_missing
from archive.search.sync import index_new
from archive.store import Archive
from tests.archive.samples import EVENING, NOON, an_article

LINKED, LINKER, NAMING = "20250212A01LNK00", "20250212A02LNR00", "20250212A03NAM00"
SHOWS, COVER, SHOWED = "20250212A04PIC00", "20250212A05COV00", "20250212A06OLD00"
TOPIC, CARD, QUESTION = "NEW2025021200000700", "20250212A08CRD00", "20250212Q09ASK00"
FIRST, COPY, NEAR = "20250212A10FST00", "20250212A11CPY00", "20250212A12NER00"
TECH, FINANCE, TO_TECH = "tech-20161014-006270", "finance-20161014-006270", "20250212A13TEC00"
WECHAT, TO_WECHAT = "wx-a1B2c3D4e5F6g7H8i9J0kL", "20250212A14WXL00"
SHORT, TO_SHORT = "SPO2019012400766600", "20250212A15SPO00"
SHELL, OTHER_SHELL = "20250212A16SHL00", "20250212A17SHL00"
NUMBER, DATED = "2019030401021300", "20250212A18DAY00"
IDS = (
    *(LINKED, LINKER, NAMING, SHOWS, COVER, SHOWED, TOPIC, CARD, QUESTION, FIRST, COPY, NEAR, TECH, FINANCE, TO_TECH),
    *(WECHAT, TO_WECHAT, SHORT, TO_SHORT, SHELL, OTHER_SHELL, NUMBER, DATED),
)
LISTED_ONLY = "20250212A99XXX00"
"""Never fetched: a list and the topic name it."""

KEY = "https://inews.gtimg.com/om_bt/OsharedByTwoArticles0123456789AA"
OWN_PICTURE = "https://inews.gtimg.com/om_bt/OshownByOneAlone0123456789abcdAA"
SAME_BYTES = "https://inews.gtimg.com/om_bt/OtheSameUnderAnotherName0123456AA"
"""Another article's picture, of the same bytes as the one before."""
FURNITURE = "本站所有文字均为测试而写与任何人物事件无关"
"""Stands on every page, and in the text of one article."""
NOTICE = "<html><body>" + "这一页由脚本写成，请稍候再看。" * 40 + "</body></html>"
_WORDS = "河风船灯桥雨雪山石木鸟鱼米茶酒纸笔钟窗门路井田麦豆瓜果花草竹松柳桃李梅兰菊荷云星月日光影声色"


def url_of(article_id: str) -> str:
    """The canonical address."""
    if article_id.startswith("wx-"):
        return f"https://mp.weixin.qq.com/s/{article_id[3:]}"
    if article_id.count("-") == 2:
        site, day, number = article_id.split("-")
        return f"https://{site}.qq.com/a/{day}/{number}.htm"
    return f"https://new.qq.com/rain/a/{article_id}"


def title_of(article_id: str) -> str:
    return f"{_words(FIRST if article_id == COPY else article_id, 9)}的故事"


def own_sentence(article_id: str) -> str:
    """A sentence that stands in this article alone."""
    return f"{_words(article_id, 14)}到{_words(article_id[::-1], 6)}为止"


def _words(seed: str, count: int) -> str:
    number = int.from_bytes(seed.encode()[-7:], "big")
    drawn = list[str]()
    while len(drawn) < count:
        number, place = divmod(number * 31 + 7, len(_WORDS))
        drawn.append(_WORDS[place])
        number = number or 12_345_678_901
    return "".join(drawn)


def the_articles() -> dict[str, Article]:
    """All of them as they are first read."""
    made = {each: _plain(each) for each in IDS}

    def add(article_id: str, text: str) -> None:
        made[article_id] = replace(made[article_id], body=f"{made[article_id].body}\n\n{text}")

    add(LINKED, f"{FURNITURE}。")
    add(LINKER, f"参见[前文]({url_of(LINKED)})，也见[别处](https://xw.qq.com/cmsid/{LINKED[:14]}/{LINKED})。")
    add(NAMING, f"编号{LINKED}的报道说过，地址是https://new.qq.com/omn/20250212/{LINKED[:14]}.html 一处。")
    add(SHOWS, f"![图片]({KEY}/641)\n\n![图片]({OWN_PICTURE}/641)")
    made[COVER] = replace(made[COVER], thumbnail=f"{KEY}_640330/0")
    add(SHOWED, f"![图片]({KEY}/641)")
    made[TOPIC] = replace(made[TOPIC], kind="topic", layout="collection", body=_sections(), summary=title_of(LINKED))
    made[CARD] = replace(made[CARD], kind="card", layout="collection", body=_items(LINKED, COVER, SHORT))
    made[QUESTION] = replace(made[QUESTION], kind="question", layout="question", body=_answers(LINKED, SHOWS))
    long = "\n\n".join(f"{own_sentence(FIRST + str(number))}。" for number in range(12))
    made[FIRST] = replace(made[FIRST], body=long)
    made[COPY] = replace(made[FIRST], id=COPY, url=url_of(COPY))
    made[NEAR] = replace(made[NEAR], body=f"{long}\n\n又下了一场小雨。\n\n![图片]({SAME_BYTES}/641)")
    add(TO_TECH, f"[旧闻](https://xw.qq.com/c/tech/20161014006270)与[另一则]({url_of(FINANCE)})。")
    add(TO_WECHAT, f"公众号[那篇]({url_of(WECHAT)}?scene=1)说得更细。")
    add(TO_SHORT, f"[球赛](http://view.inews.qq.com/a/{SHORT[:17]}0I)很好看。")
    made[DATED] = replace(made[DATED], published_raw=NUMBER[:14], provenance={"published_at": ("x", NUMBER[:14])})
    return made


def _plain(article_id: str) -> Article:
    text = f"{own_sentence(article_id)}。\n\n河边的人说，**今年**的鱼比去年多。"
    return an_article(
        id=article_id,
        url=url_of(article_id),
        title=title_of(article_id),
        summary=f"{_words(article_id, 5)}、{_words(article_id, 4)}。",
        body=text,
        thumbnail="",
        provenance={"title": ("DATA.title", f"{title_of(article_id)}_腾讯新闻")},
    )


def _items(*ids: str) -> str:
    return "\n".join(f"- [{title_of(each)}]({url_of(each)})" for each in ids)


def _sections() -> str:
    whole = _items(LINKED, SHOWS, TECH, LISTED_ONLY)
    return f"从源头到入海口。\n\n## 沿途\n\n{whole}\n\n## 只此一篇\n\n{_items(LINKED)}\n\n## 另见\n\n{_items(FIRST)}"


def _answers(*ids: str) -> str:
    return "\n\n".join(
        ["为什么？", *(f"[{title_of(each)}]({url_of(each)})\n\n{summary_in_list(each)}" for each in ids)]
    )


def summary_in_list(article_id: str) -> str:
    return f"{_words(article_id, 4)}，{_words(article_id[::-1], 5)}！"


def page_of(article: Article) -> bytes:
    """The page as the site might send it, with a box of recommendations in its data."""
    if article.id in (SHELL, OTHER_SHELL):
        return NOTICE.encode()
    if article.kind in ("topic", "card", "question"):
        return _list_page(article)
    near = IDS[(IDS.index(article.id) + 1) % len(IDS)]
    data = {
        "url": article.url,
        "article_id": article.id,
        "title": article.title,
        "pubtime": article.published_raw,
        "originContent": {"text": article.body},
        "relate": [
            {"id": near, "title": title_of(near), "pic": OWN_PICTURE if near == SHOWS else ""},
            {"id": LISTED_ONLY, "title": "没有去取的一篇"},
        ],
    }
    return (
        f'<html><head><link rel="canonical" href="{article.url}"><title>{article.title}</title>'
        f"<script>window.DATA = {json.dumps(data, ensure_ascii=False)};</script></head>"
        f"<body><h1>{article.title}</h1><p>{article.body}</p><footer>{FURNITURE}</footer></body></html>"
    ).encode()


LISTED: dict[str, tuple[str, ...]] = {
    TOPIC: (LINKED, SHOWS, TECH, LISTED_ONLY, FIRST),
    CARD: (LINKED, COVER, SHORT),
    QUESTION: (LINKED, SHOWS),
}


def _list_page(article: Article) -> bytes:
    """The page of a topic, a card or a question: the same in its data and for readers."""
    listed = LISTED[article.id]
    items = [{"id": each, "title": title_of(each), "abstract": summary_in_list(each)} for each in listed]
    data = {"url": article.url, "article_id": article.id, "title": article.title, "articletype": "100", "list": items}
    rows = "".join(
        f'<li><a href="{url_of(each)}">{title_of(each)}</a><p>{summary_in_list(each)}</p></li>' for each in listed
    )
    return (
        f'<html><head><link rel="canonical" href="{article.url}">'
        f"<script>window.DATA = {json.dumps(data, ensure_ascii=False)};</script></head>"
        f"<body><ul>{rows}</ul></body></html>"
    ).encode()


def item_of(article_id: str) -> dict[str, object]:
    """What a list says of an article."""
    return {
        "id": article_id,
        "title": title_of(article_id),
        "desc": summary_in_list(article_id),
        "link_info": {"url": url_of(article_id), "share_url": url_of(article_id)},
        "hotEvent": {"id": article_id, "title": title_of(article_id), "ranking": 3},
    }


def lists() -> Iterator[tuple[str, str, bytes]]:
    """Source, address and answer of each kind of list; each names all articles, and one that was never fetched."""
    listed = (*IDS, LISTED_ONLY)
    card = {**item_of(CARD), "articletype": "525", "sub_item": [item_of(each) for each in (LINKED, CARD, COVER)]}
    feed = {"code": 0, "data": [card, *(item_of(each) for each in listed if each != CARD)]}
    yield "channel:life", "https://i.news.qq.com/web_feed/getPCList", json.dumps(feed, ensure_ascii=False).encode()
    old = json.dumps([{"app_id": each, "title": title_of(each), "vurl": url_of(each)} for each in listed])
    yield "old", "https://pacaio.match.qq.com/irs/rcd", f"callback({old});".encode()
    rows = "".join(
        f'<li><a href="{url_of(each)}">{title_of(each)}</a><p>{summary_in_list(each)}</p></li>' for each in listed
    )
    yield "page:https://news.qq.com/ch/life", "https://news.qq.com/ch/life", f"<html><ul>{rows}</ul></html>".encode()
    roll = {"data": {"article_info": rows, "count": 1}}
    yield (
        "roll",
        "https://roll.news.qq.com/interface/cpcroll.php",
        json.dumps(roll, ensure_ascii=False).encode("gb18030"),
    )
    places = "".join(f"<url><loc>{url_of(each)}</loc></url>\n" for each in listed)
    yield (
        "sitemap",
        "https://news.qq.com/sitemap/sitemap_1.xml",
        f"<?xml version='1.0'?><urlset>\n{places}</urlset>".encode(),
    )


def make_relations(data: Path) -> None:
    """Fill ``data``: rows, captures, pictures, Markdown, search index, reports, exports, a backup."""
    made = the_articles()
    with Archive.open(data) as archive:
        references = _write_captures(archive, made)
        frontier = Frontier(archive)
        with archive.transaction():
            for article_id, article in made.items():
                archive.keep(article, seen_at=NOON, source="channel:life", rank=3, raw_ref=references[article_id])
                archive.sighting(article_id, "hot", IDS.index(article_id) + 1, NOON)
        with archive.transaction():
            frontier.gather(TOPIC, [_Listed(each) for each in (LISTED_ONLY, LINKED)], NOON)
        archive.keep(replace(made[SHOWED], body=f"{own_sentence(SHOWED)}。\n\n图撤下了。"), seen_at=EVENING)
        archive.keep(replace(made[LINKER], body=f"{made[LINKER].body}\n\n又添了一句。"), seen_at=EVENING)
        for number, url in enumerate((f"{KEY}/641", f"{KEY}_640330/0", f"{OWN_PICTURE}/641")):
            keep_picture(archive, url, SHOWS if "641" in url else COVER, _picture(number), NOON)
        keep_picture(archive, f"{SAME_BYTES}/641", NEAR, _picture(2), NOON)
        note_missing(archive, "https://inews.gtimg.com/om_bt/Omissing0123456789/641", TO_TECH, "status 404", NOON)
        index_new(archive)
        _export(archive)
        (data / "runs").mkdir()
        log = "".join(f"INFO kept {made[each].url} and {title_of(each)}\n" for each in IDS)
        (data / "runs" / "20250213T040000Z-crawl.log").write_text(log)
        problems = [{"what": each, "reason": "status 500", "where": url_of(each)} for each in IDS]
        (data / "runs" / "20250213T040000Z-crawl.json").write_text(json.dumps({"problems": problems}))
        (data / "backups").mkdir()
        back_up(archive.database, data / "backups" / "yesterday.db")


class _Listed:
    """A link as an article gathers it."""

    rank = None
    media = media_id = ""

    def __init__(self, article_id: str) -> None:
        self.id, self.url = article_id, url_of(article_id)


def _write_captures(archive: Archive, made: dict[str, Article]) -> dict[str, str]:
    writer, references, moment = RawWriter(archive.data, "crawl"), dict[str, str](), NOON
    for article_id, article in made.items():
        body, moment = page_of(article), moment + timedelta(seconds=1)
        facts = {"kind": "page", "id": article_id, "source": TOPIC if article_id == SHOWS else "channel:life"}
        capture = Capture(
            url=article.url,
            status=200,
            headers=(("Content-Type", "text/html"),),
            body=body,
            fetched_at=moment,
            facts=facts,
        )
        references[article_id] = _record(archive, writer, capture)
    for source, url, body in lists():
        for _ in range(2):  # The same answer twice: the second refers to the first.
            moment += timedelta(seconds=1)
            facts = {"kind": "list", "source": source}
            capture = Capture(url=url, status=200, headers=(), body=body, fetched_at=moment, facts=facts, method="GET")
            _record(archive, writer, capture)
    writer.close()
    return references


def _record(archive: Archive, writer: RawWriter, capture: Capture) -> str:
    digest = digest_of(capture.body)
    first = first_capture(archive.database, digest)
    ref = writer.write(capture, target_for(capture, archive.data, first) if first else None)
    if first is None:
        with archive.transaction():
            note_payloads(archive.database, [Payload(digest, ref, capture.url, capture.fetched_at)])
    return ref


def _picture(number: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + bytes([number + 1]) * 40


def _export(archive: Archive) -> None:
    exports, wish = archive.data / "exports", ExportRequest(revisions=True, pictures=True)
    for name in ("jsonl", "csv", "parquet", "sqlite"):
        export(archive, name, exports / name, wish)
    for name in ("markdown", "warc"):
        export(archive, name, exports / name, ExportRequest())
    (exports / "notes").mkdir()
    lines = "".join(f"{json.dumps({'id': each, 'see': url_of(LINKED)})}\n" for each in IDS)
    (exports / "notes" / "seen.jsonl").write_text(lines)
    table = "id,see,words\n" + "".join(f'{each},{url_of(LINKED)},"{title_of(each)}\nzwei"\n' for each in IDS)
    (exports / "notes" / "seen.csv").write_text(table)
