"""Which articles come into a dataset: selection, filters, deduplication, splits."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.export.errors import BadOption
from archive.export.pipeline import export
from archive.export.request import ExportRequest
from archive.export.select.filters import han_share, read_filters
from archive.export.select.groups import GroupMember, group_articles
from archive.export.select.splits import NAMES, side_of, splits
from archive.store import Archive
from tests.archive.export.samples import CHANNELS, SEEN, a_text, articles
from tests.archive.samples import an_article


def chosen(archive: Archive, folder: Path, wish: ExportRequest) -> dict[str, dict[str, str]]:
    """Id → row of what an export holds, in order."""
    export(archive, "jsonl", folder / "x", wish)
    lines = [
        json.loads(line) for path in (folder / "x/data").glob("articles*") for line in path.read_text().split("\n")[:-1]
    ]
    return {row["id"]: row for row in lines}


MADE = articles()


@pytest.mark.parametrize(
    ("wish", "numbers"),
    [
        (ExportRequest(since="2025-02-20"), range(23, 40)),
        (ExportRequest(until="2025-01-30"), range(3)),
        (ExportRequest(since="2025-02-20", until="2025-02-20"), [23]),
        (ExportRequest(channel=("tech",)), [n for n in range(40) if MADE[n].channel == "tech"]),
        (ExportRequest(channel=("tech", "life")), [n for n in range(40) if MADE[n].channel != "finance"]),
        (ExportRequest(media=("第1日报", "2")), [n for n in range(40) if MADE[n].media_id in "12"]),
        (ExportRequest(account=("3",)), [n for n in range(40) if MADE[n].media_id == "3"]),
        (ExportRequest(source=("hot",)), range(1, 40, 2)),
        (ExportRequest(kind=("text",)), range(40)),
        (ExportRequest(search="两个早晨 第"), []),
        (ExportRequest(search="第12个 早晨"), [12]),
        (ExportRequest(search="%"), []),
        (ExportRequest(search="又下起了雨"), [10, 11]),
        (ExportRequest(first_seen_since="2025-03-01"), range(40)),
        (ExportRequest(first_seen_since="2025-03-02"), []),
        (ExportRequest(first_seen_until="2025-02-28"), []),
        (ExportRequest(first_seen_since="2025-03-01", first_seen_until="2025-03-01"), range(40)),
        (ExportRequest(changed_since="2025-03-02"), []),
        (ExportRequest(changed_until="2025-03-01"), range(40)),
        (ExportRequest(until="9999-12-31", first_seen_until="9999-12-31", changed_until="9999-12-31"), range(40)),
        (ExportRequest(kind=("video",)), []),
        (ExportRequest(status=("live",)), range(40)),
        (ExportRequest(channel=("tech",), source=("hot",), since="2025-02-20"), [27, 33, 39]),
        (ExportRequest(limit=3), [37, 38, 39]),
        (ExportRequest(deduplicate="exact"), [n for n in range(40) if n != 8]),
        (ExportRequest(deduplicate="near"), [n for n in range(40) if n not in (8, 14)]),
    ],
)
def test_what_is_wished_for_is_there_and_nothing_else(
    read_only: Archive, tmp_path: Path, wish: ExportRequest, numbers: list[int]
) -> None:
    expected = {MADE[number].id for number in numbers}
    if expected:
        assert set(chosen(read_only, tmp_path, wish)) == expected
    else:
        with pytest.raises(Exception, match="no article"):
            export(read_only, "jsonl", tmp_path / "x", wish)


def test_edits_and_removals_are_changes(changing: Archive, tmp_path: Path) -> None:
    changing.keep(replace(MADE[1], body=a_text(99)), seen_at=SEEN.replace(day=9))
    with changing.transaction() as connection:
        query = "UPDATE articles SET status = 'gone', gone_at = '2025-03-10T00:00:00+00:00' WHERE id = ?"
        connection.execute(query, (MADE[2].id,))
    assert set(chosen(changing, tmp_path, ExportRequest(changed_since="2025-03-09"))) == {MADE[1].id, MADE[2].id}
    assert set(chosen(changing, tmp_path, ExportRequest(status=("gone",)))) == {MADE[2].id}
    month = ExportRequest(changed_since="2025-03-02", changed_until="2025-03-09")
    assert set(chosen(changing, tmp_path, month)) == {MADE[1].id}


def test_near_duplicates_carry_their_cluster(read_only: Archive, tmp_path: Path) -> None:
    rows = chosen(read_only, tmp_path, ExportRequest())
    assert rows[MADE[13].id]["cluster"] == rows[MADE[14].id]["cluster"] is not None
    assert rows[MADE[20].id]["cluster"] is None


@pytest.mark.parametrize("rule", ["hash", "hash:50,25,25", "time:2025-02-11,2025-02-20"])
def test_what_belongs_together_stays_on_one_side(read_only: Archive, tmp_path: Path, rule: str) -> None:
    rows = chosen(read_only, tmp_path, ExportRequest(split=rule))
    assert len(rows) == 40
    assert rows[MADE[7].id]["split"] == rows[MADE[8].id]["split"]
    assert rows[MADE[13].id]["split"] == rows[MADE[14].id]["split"]
    files = {path.name: path.read_text() for path in (tmp_path / "x/data").iterdir()}
    assert set(files) == {f"articles-{name}.jsonl" for name in NAMES}
    for row in rows.values():
        assert row["id"] in files[f"articles-{row['split']}.jsonl"]


def test_a_split_by_time_is_one(read_only: Archive, tmp_path: Path) -> None:
    # The days are those of the articles 14 and 23; 14 goes where 13 goes.
    rows = chosen(read_only, tmp_path, ExportRequest(split="time:2025-02-11,2025-02-20"))
    sides = {number: rows[MADE[number].id]["split"] for number in range(40)}
    assert {n for n in sides if sides[n] == "train"} == set(range(15))
    assert {n for n in sides if sides[n] == "validation"} == set(range(15, 23))
    assert sides[3] == "train", "undated articles are for training"


members = st.builds(
    GroupMember,
    number=st.integers(),
    id=st.text("abc", min_size=1, max_size=3),
    published_at=st.none() | st.sampled_from(["2025-01-01", "2025-02-01", "2025-03-01"]),
    content_hash=st.sampled_from("123456"),
    cluster=st.none() | st.sampled_from("xyz"),
)


@given(st.lists(members, unique_by=lambda member: member.id), st.sampled_from(["hash", "time:2025-01-15,2025-02-15"]))
def test_no_tie_ever_leads_across(found: list[GroupMember], rule: str) -> None:
    found = [replace(member, number=number) for number, member in enumerate(found)]
    sides = {number: side for side, number in splits(group_articles(found, near=True), side_of(rule))}
    assert len(sides) == len(found)
    for one in found:
        for other in found:
            if one.content_hash == other.content_hash or (one.cluster and one.cluster == other.cluster):
                assert sides[one.number] == sides[other.number]


def test_of_a_cluster_its_representative_stays(changing: Archive, tmp_path: Path) -> None:
    told = replace(MADE[20], body=f"山脚晚报讯，{a_text(70)}")
    source = replace(told, id="20250220A0ZZZZ00", url="https://new.qq.com/rain/a/20250220A0ZZZZ00", media="山脚晚报")
    source = replace(source, body=source.body.replace("。", "。河水很凉。", 1))
    for article in (told, source):
        changing.keep(article, seen_at=SEEN.replace(day=9))
    rows = chosen(changing, tmp_path, ExportRequest(deduplicate="near"))
    assert source.id in rows
    assert told.id not in rows
    assert all(row["cluster"] in (None, row["id"]) for row in rows.values())


@given(st.lists(members, unique_by=lambda member: member.id))
def test_of_every_group_exactly_one_stays(found: list[GroupMember]) -> None:
    found = [replace(member, number=number) for number, member in enumerate(found)]
    groups = list(group_articles(found, near=False))
    kept = [each.member for each in groups if each.member is each.first]
    assert Counter(member.content_hash for member in kept) == Counter({member.content_hash for member in found})


@pytest.mark.parametrize("rule", ["hash:1,2", "hash:a,b,c", "hash:0,0,0", "time:", "time:2025-01-02,2025-01-01", "x"])
def test_a_split_that_is_none_is_refused(rule: str) -> None:
    with pytest.raises(BadOption, match="--split"):
        side_of(rule)


def test_filters_take_out_and_count(changing: Archive, tmp_path: Path) -> None:
    footer = "本文由河边日报授权转载"
    for number in range(50, 56):
        body = f"{a_text(number)}\n\n{footer}\n\n第{number}号电话13812345678"
        changing.keep(an_article(number, body=body, channel=CHANNELS[0]), seen_at=SEEN)
    changing.keep(an_article(60, body="短。"), seen_at=SEEN)
    changing.keep(an_article(61, body="Only a few words in another language, " * 9), seen_at=SEEN)
    wish = ExportRequest(filters=("boilerplate=5", "han=0.5", "mask", "min-length=100"), revisions=True)
    summary = export(changing, "jsonl", tmp_path / "x", wish)
    assert summary.manifest.facts["left_out"] == {
        "filters": {"too little Han": 1, "too short": 1},
        "duplicates": 0,
        "of": 48,
    }
    assert summary.manifest.facts["texts"]["taken_out"] == {"boilerplate lines": 6, "phone": 6}
    text = (tmp_path / "x/data/articles.jsonl").read_text() + (tmp_path / "x/data/revisions.jsonl").read_text()
    assert footer not in text
    assert "13812345678" not in text
    assert text.count("[phone]") == 12


@pytest.mark.parametrize(
    "stated", ["min-length", "min-length=-1", "han=2", "han=x", "mask=yes", "boilerplate=1", "colour=red"]
)
def test_a_filter_that_is_none_is_refused(stated: str) -> None:
    with pytest.raises(BadOption, match="--filter"):
        read_filters([stated])


def test_han_share() -> None:
    assert han_share("河水 abc，123") == pytest.approx(2 / 5)
    assert han_share("123") == 0.0
