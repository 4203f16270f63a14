"""Comparing: exact, and short where little changed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.article.diff import Mark, Unchanged, differences, rendered

OLD = "今天早上，河水涨了两米。渔民都上了岸。镇长说：“大家不要慌。”下午三点，雨停了。"


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (OLD, ["… 4 unchanged sentences …"]),
        (
            OLD.replace("两米", "三米"),
            ["今天早上，河水涨了[-两-]{+三+}米。", "… 3 unchanged sentences …"],
        ),
        (
            OLD.replace("渔民都上了岸。", ""),
            ["… 1 unchanged sentence …", "[-渔民都上了岸。-]", "… 2 unchanged sentences …"],
        ),
        (OLD + "夜里又下了。", ["… 4 unchanged sentences …", "{+夜里又下了。+}"]),
        (
            OLD.replace("渔民都上了岸", "孩子们在学校"),
            ["… 1 unchanged sentence …", "[-渔民都上了岸。-]{+孩子们在学校。+}", "… 2 unchanged sentences …"],
        ),
        (OLD.replace("”下午", "”\n\n　　下午"), ["… 4 unchanged sentences …"]),
    ],
    ids=["nothing", "a character", "a sentence less", "a sentence more", "another sentence", "another paragraph"],
)
def test_changes_read_well(new: str, expected: list[str]) -> None:
    assert rendered(differences(OLD, new)).splitlines() == expected


def test_numbers_words_and_addresses_are_not_cut() -> None:
    old = "指数涨2.64%，收于5200点，DeepSeek见https://a.example/pic/641 ，其余不变而且很长很长。"
    new = "指数涨2.75%，收于5300点，DeepMind见https://a.example/pic/1000 ，其余不变而且很长很长。"
    assert rendered(differences(old, new)) == (
        "指数涨[-2.64%-]{+2.75%+}，收于[-5200-]{+5300+}点，[-DeepSeek见https://a.example/pic/641-]"
        "{+DeepMind见https://a.example/pic/1000+} ，其余不变而且很长很长。"
    )


def test_colours_are_added_to_the_marks_only() -> None:
    found = differences(OLD, OLD.replace("两米", "三米"))
    coloured = rendered(found, coloured=True)
    assert "\x1b[31m[-两-]\x1b[0m\x1b[32m{+三+}\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == rendered(found)


SENTENCES = st.lists(st.text("甲乙丙丁1a，。！\n ", max_size=12), max_size=8).map("".join)


def told(text: str) -> str:
    return "".join(text.split())


@given(SENTENCES, SENTENCES)
def test_both_texts_can_be_read_off_the_changes(old: str, new: str) -> None:
    found = differences(old, new)
    changes = [part for part in found if not isinstance(part, Unchanged)]
    removed = "".join(piece.text for part in changes for piece in part if piece.mark is not Mark.ADDED)
    added = "".join(piece.text for part in changes for piece in part if piece.mark is not Mark.REMOVED)
    assert len(told(old)) - len(told(removed)) == len(told(new)) - len(told(added))
    assert (told(old) == told(new)) or changes


@given(SENTENCES)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert all(isinstance(part, Unchanged) for part in differences(text, text))


def test_two_long_texts_without_a_full_stop_are_compared_in_time() -> None:
    found = differences("甲" * 30_000, "乙" * 30_000)
    assert [[piece.mark for piece in part] for part in found if not isinstance(part, Unchanged)] == [
        [Mark.REMOVED, Mark.ADDED]
    ]
