"""An answer that is no list says why, and odd items harm nobody but themselves."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.sites.qq.lists import (
    ListBlocked,
    ListBroken,
    ListEmpty,
    Listing,
    read_account,
    read_feed,
    read_kv,
    read_lines,
    read_links,
    read_ninja,
    read_pacaio,
    read_ranking,
    read_roll,
    read_search,
    read_sitemap,
    read_tag,
)

Reader = Callable[[bytes, str], Listing]

JSON_READERS: list[Reader] = [
    read_feed,
    read_ranking,
    read_account,
    read_tag,
    read_search,
    read_pacaio,
    read_kv,
    read_ninja,
    read_roll,
]


@pytest.mark.parametrize("reader", [*JSON_READERS, read_links, read_lines, read_sitemap])
@pytest.mark.parametrize("body", [b"", b" \n", b"\xef\xbb\xbf"])
def test_an_empty_answer_is_named_so(reader: Reader, body: bytes) -> None:
    with pytest.raises(ListEmpty) as caught:
        reader(body, "https://i.news.qq.com/x")
    assert caught.value.url == "https://i.news.qq.com/x"


@pytest.mark.parametrize("reader", JSON_READERS)
@pytest.mark.parametrize(
    ("body", "evidence"),
    [
        ('{"ret":404,"msg":"参数错误"}', "404: 参数错误"),
        ('{"code":99998,"message":"system error"}', "99998: system error"),
        ('{"data":[{"id":"2026', "broken JSON"),
        ("null", "found NoneType"),
        ('"text"', "found str"),
        ("{}", "no "),
        ('{"data":7,"idlist":7,"newslist":7,"secList":7}', ""),
        ("<!DOCTYPE html><html>502 Bad Gateway</html>", "a page instead of data"),
        ("\0\1\2\3", "no text"),
        ("[" * 100_000, "broken JSON"),
        ("9" * 5000, "broken JSON"),
    ],
    ids=["ret", "code", "cut", "null", "string", "keys", "types", "page", "binary", "deep", "number"],
)
def test_what_is_no_list_is_broken_and_says_why(reader: Reader, body: str, evidence: str) -> None:
    with pytest.raises(ListBroken) as caught:
        reader(body.encode(), "https://i.news.qq.com/x")
    assert evidence in caught.value.evidence
    assert str(caught.value).startswith("https://i.news.qq.com/x: ")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("reader", JSON_READERS)
@pytest.mark.parametrize("word", ["安全验证", "人机验证", "请输入验证码", "Captcha"])
def test_a_captcha_page_is_a_block(reader: Reader, word: str) -> None:
    with pytest.raises(ListBlocked):
        reader(f"<html><body>{word}</body></html>".encode(), "")


@pytest.mark.parametrize(
    ("reader", "body"),
    [
        (read_feed, b'{"code":0,"data":[]}'),
        (read_feed, b'{"code":0,"data":null}'),
        (read_ranking, b'{"ret":0,"idlist":[{"newslist":[]}]}'),
        (read_account, b'{"ret":0,"newslist":[],"hasNext":0}'),
        (read_tag, b'{"ret":0,"data":{"tabs":[]}}'),
        (read_search, b'{"ret":0,"secList":[]}'),
        (read_pacaio, b"[]"),
        (read_kv, b'{"code":0,"data":{"list":[]}}'),
        (read_sitemap, b"<urlset/>"),
    ],
)
def test_a_sound_list_of_nothing_is_left_to_the_caller(reader: Reader, body: bytes) -> None:
    listing = reader(body, "")
    assert (listing.items, listing.entries, listing.next, listing.is_signpost) == ((), 0, None, False)


def test_odd_items_do_not_harm_their_neighbours() -> None:
    body = (
        '{"code":0,"data":[7,"x",[],{"id":["a"]},{"id":null,"link_info":7},{"id":true},'
        '{"id":"20260301A01AAA00","title":null,"media_info":[],"sub_item":{}},'
        '{"id":"20260301A02BBB00","title":"半个表情\\ud83d","articletype":0},'
        '{"id":"20260301A03CCC00","title":"两\n行"}]}'
    )
    listing = read_feed(body.encode(), "")
    assert [item.id for item in listing.items] == ["20260301A01AAA00", "20260301A02BBB00", "20260301A03CCC00"]
    assert [item.title for item in listing.items] == ["", "半个表情\ufffd", "两 行"]
    assert listing.skipped == {"not an object": 3, "no id": 3}


def test_cards_within_cards_without_end_are_no_trap() -> None:
    card = '{"id":"20260301A01AAA00","articletype":"525","sub_item":['
    deep = '{"code":0,"data":[' + card * 200 + "]}" * 200 + "]}"
    listing = read_feed(deep.encode(), "")
    assert listing.skipped == {"card (525), unwrapped": 8, "card within too many cards": 1}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("20260301A01AAA00"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "title", "articletype", "sub_item", "link_info", "url", "media_info", "hotEvent", "ranking"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(items=st.lists(anything, max_size=6), reader=st.sampled_from(JSON_READERS))
def test_whatever_stands_in_a_list_nothing_is_lost(items: list[Any], reader: Reader) -> None:
    answer = {
        "ret": 0,
        "data": {"list": items, "tabs": [{"articleList": items}], "article_info": items},
        "idlist": [{"newslist": items}],
        "newslist": items,
        "secList": [{"newsList": items}],
    }
    if reader in (read_feed, read_ninja, read_pacaio):
        answer["data"] = items
    listing = reader(json.dumps(answer).encode(), "")
    assert listing.entries >= len(items)
    assert listing.entries == len(listing.items) + listing.merged + sum(listing.skipped.values())
    assert len({item.id for item in listing.items}) == len(listing.items)


@given(body=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_garbage_is_a_listing_or_broken_and_nothing_worse(body: bytes) -> None:
    for reader in [*JSON_READERS, read_links, read_lines, read_sitemap]:
        try:
            listing = reader(body, "https://news.qq.com/")
        except ListBroken:
            continue
        assert listing.entries == len(listing.items) + listing.merged + sum(listing.skipped.values())
