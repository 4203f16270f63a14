"""The content hash notices what a reader would notice, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.article.model import BEIJING, Article, completed, content_hash, storable
from tests.archive.samples import PICTURE, an_article

ARTICLE = an_article()
HASH = content_hash(ARTICLE)


def test_the_hash_names_its_version() -> None:
    assert HASH.startswith("v1:")
    assert len(HASH) == 3 + 64


def test_the_hash_of_version_1_never_changes() -> None:
    fixed = replace(ARTICLE, title="甲", author="乙", body="丙 ![图片](//inews.gtimg.com/om_bt/OabcAA/641)")
    assert content_hash(fixed) == "v1:a2e02d1442fc47d7896c414d4450a7a5e67c887c8712b2b4dacebd509b83aa54"


@pytest.mark.parametrize("size", ["", "/0", "/641", "/1000", "_640330/0", "_640360/0", "_181x181s/0", "_200200"])
@pytest.mark.parametrize("scheme", ["https:", "http:", ""])
def test_the_size_and_scheme_of_pictures_do_not_count(size: str, scheme: str) -> None:
    other = f"{scheme}{PICTURE.removeprefix('https:')}{size}"
    assert content_hash(replace(ARTICLE, body=ARTICLE.body.replace(f"{PICTURE}/641", other))) == HASH


def test_the_number_of_an_old_picture_is_not_a_size() -> None:
    one, other = (f"![图片](https://inews.gtimg.com/newsapp_bt/0/{n}/1000)" for n in ("12844449145", "12844449146"))
    assert content_hash(replace(ARTICLE, body=one)) != content_hash(replace(ARTICLE, body=other))
    smaller = one.replace("/1000", "/641")
    assert content_hash(replace(ARTICLE, body=one)) == content_hash(replace(ARTICLE, body=smaller))


def test_pictures_of_other_hosts_count_to_the_last_character() -> None:
    one, other = (f"![图片](https://pictures.example/a/{n})" for n in (1, 2))
    assert content_hash(replace(ARTICLE, body=one)) != content_hash(replace(ARTICLE, body=other))


def test_the_order_of_pictures_counts() -> None:
    one, two = f"![图片]({PICTURE}/641)", f"![图片]({PICTURE}B/641)"
    assert content_hash(replace(ARTICLE, body=f"{one}\n\n{two}")) != content_hash(
        replace(ARTICLE, body=f"{two}\n\n{one}")
    )


def test_facts_beside_the_text_do_not_count() -> None:
    other = replace(
        ARTICLE,
        id="20200101A00A0000",
        url="https://new.qq.com/x",
        summary="别的",
        thumbnail="",
        channel="tech",
        comment_id="7",
        keywords=(),
        published_at=datetime(2020, 1, 1, tzinfo=UTC),
        layout="other",
        provenance={},
    )
    assert content_hash(other) == HASH


SPACES = st.text(" \n\t\u3000\xa0", min_size=1, max_size=4)


@given(SPACES, SPACES, st.data())
def test_more_or_other_white_space_does_not_count(before: str, after: str, data: st.DataObject) -> None:
    words = [data.draw(SPACES) + word for word in ARTICLE.body.split()]
    assert content_hash(replace(ARTICLE, body="".join(words) + after, title=before + ARTICLE.title)) == HASH


@given(st.integers(0, len(an_article().title + an_article().author) - 1), st.characters())
def test_every_character_of_title_and_author_counts(place: int, character: str) -> None:
    both = ARTICLE.title + ARTICLE.author
    changed = both[:place] + character + both[place + 1 :]
    cut = len(ARTICLE.title)
    other = replace(ARTICLE, title=changed[:cut], author=changed[cut:])
    assert (content_hash(other) == HASH) == (changed == both)


PLAIN = replace(ARTICLE, body="　　第一段，有字。\n\n第二段：**也有**字。")


@given(st.integers(0, len(PLAIN.body) - 1).filter(lambda place: not PLAIN.body[place].isspace()), st.characters())
def test_every_character_of_the_text_counts(place: int, character: str) -> None:
    body = PLAIN.body[:place] + character + PLAIN.body[place + 1 :]
    assert (content_hash(replace(PLAIN, body=body)) == content_hash(PLAIN)) == (body == PLAIN.body)


def test_text_does_not_move_unnoticed_from_one_field_to_the_next() -> None:
    assert content_hash(replace(ARTICLE, title="甲", author="乙")) != content_hash(
        replace(ARTICLE, title="甲 乙", author="")
    )


def test_half_a_character_becomes_the_replacement_character() -> None:
    broken = replace(ARTICLE, title="坏\ud83d字", keywords=("\udc00",), provenance={"a": ("b", "\ud800")})
    mended = storable(broken)
    assert (mended.title, mended.keywords, mended.provenance) == ("坏\ufffd字", ("\ufffd",), {"a": ("b", "\ufffd")})
    assert content_hash(mended) == content_hash(broken)


def test_a_whole_article_is_storable_as_it_is() -> None:
    assert storable(ARTICLE) is ARTICLE


def test_facts_not_stated_are_taken_from_what_was_known() -> None:
    bare = replace(an_article(title="新题", body="新文"), author="", keywords=(), published_at=None)
    whole = completed(bare, ARTICLE)
    assert (whole.author, whole.keywords, whole.published_at) == (
        ARTICLE.author,
        ARTICLE.keywords,
        ARTICLE.published_at,
    )
    assert (whole.title, whole.body) == ("新题", "新文")


def test_a_text_that_was_taken_away_does_not_come_back() -> None:
    assert completed(replace(ARTICLE, body=""), ARTICLE).body == ""


def told(time: datetime, precision: str, *, by_a_page: bool = True) -> Article:
    provenance = {"published_at": ("#publish_time", "raw")} if by_a_page else {}
    return an_article(
        published_at=time, published_raw=f"{time:%H:%M}", published_precision=precision, provenance=provenance
    )


MORNING = datetime(2026, 3, 10, 8, 15, tzinfo=BEIJING)
MIDNIGHT = datetime(2026, 3, 10, tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("article", "known", "is_known"),
    [
        (told(MIDNIGHT, "day"), told(MORNING, "minute"), True),
        (told(MORNING, "minute"), told(MIDNIGHT, "day"), False),
        (told(MIDNIGHT - timedelta(days=1), "day"), told(MORNING, "minute"), False),
        (told(MIDNIGHT, "day"), told(MORNING, "second", by_a_page=False), False),
        (told(MORNING, "second", by_a_page=False), told(MORNING, "minute"), True),
        (told(MORNING, "minute"), told(MORNING, "second", by_a_page=False), False),
        (an_article(published_at=None, published_raw="", provenance={}), told(MORNING, "minute"), True),
        (told(MORNING, "minute"), an_article(published_at=None, published_raw="", provenance={}), False),
    ],
)
def test_the_better_word_on_the_time_is_kept(article: Article, known: Article, *, is_known: bool) -> None:
    found, better = completed(article, known), known if is_known else article
    for name in ("published_at", "published_raw", "published_precision"):
        assert getattr(found, name) == getattr(better, name)
    assert found.provenance.get("published_at") == better.provenance.get("published_at")


def test_an_article_without_a_time_has_no_precision_and_one_with_a_time_has() -> None:
    assert an_article(published_at=None, published_precision="second").published_precision == "none"
    assert an_article(published_at=MORNING, published_precision="none").published_precision == "second"
