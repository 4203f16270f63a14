"""Folding by table gives what folding by character gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.article.plain_text import fold
from archive.duplicates.fast_fold import fold_positions

_AWKWARD = "…\u200bＡßﬁ國国\0\ud800\ufe0f é\u0301\u1112\u1161가😀İ\u2029"


@given(st.text(st.one_of(st.characters(codec=None), st.sampled_from(_AWKWARD)), max_size=60))
def test_a_table_folds_as_characters_are_folded(text: str) -> None:
    assert fold_positions(text) == fold(text)


@pytest.mark.parametrize("text", ["", _AWKWARD, _AWKWARD * 2, "…" * 3])
def test_what_has_no_single_form_keeps_its_place(text: str) -> None:
    assert fold_positions(text) == fold(text)
