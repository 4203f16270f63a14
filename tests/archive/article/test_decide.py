"""The judgement, case by case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.article.decide import Decision, Judgement, KnownArticle, decide
from tests.archive.samples import an_article

ARTICLE = an_article()
KNOWN = KnownArticle("v1:a", 3)
COPY = KnownArticle("v1:a", 3, copy_of="first")


@pytest.mark.parametrize(
    ("digest", "known", "first", "expected"),
    [
        ("v1:a", None, None, Decision(Judgement.NEW, 1)),
        ("v1:a", None, "first", Decision(Judgement.COPY, 1, "first")),
        ("v1:a", KNOWN, ARTICLE.id, Decision(Judgement.SAME, 3)),
        ("v1:a", COPY, "first", Decision(Judgement.SAME, 3, "first")),
        ("v1:b", KNOWN, None, Decision(Judgement.CHANGED, 4)),
        ("v1:b", KNOWN, ARTICLE.id, Decision(Judgement.CHANGED, 4)),
        ("v1:b", KNOWN, "first", Decision(Judgement.CHANGED, 4)),
        ("v1:b", COPY, None, Decision(Judgement.CHANGED, 4)),
        ("v1:b", COPY, "first", Decision(Judgement.CHANGED, 4, "first")),
    ],
    ids=[
        "never seen",
        "text known under another id",
        "nothing changed",
        "nothing changed in a copy",
        "changed",
        "changed back to an earlier text of its own",
        "changed into the text of another",
        "a copy went its own way",
        "a copy followed its original",
    ],
)
def test_verdicts(digest: str, known: KnownArticle | None, first: str | None, expected: Decision) -> None:
    assert decide(ARTICLE, digest, known, first) == expected


def test_without_a_text_nothing_is_a_copy() -> None:
    assert decide(an_article(body=" \n"), "v1:a", None, "first") == Decision(Judgement.NEW, 1)


@given(st.sampled_from("ab"), st.integers(1, 9), st.none() | st.just("x"), st.none() | st.sampled_from(["x", "y"]))
def test_a_revision_is_added_exactly_when_the_text_changed(
    digest: str, revision: int, copy_of: str | None, first: str | None
) -> None:
    decision = decide(ARTICLE, digest, KnownArticle("a", revision, copy_of), first)
    assert decision.revision == revision + (digest != "a")
    assert decision.copy_of in (None, copy_of)
