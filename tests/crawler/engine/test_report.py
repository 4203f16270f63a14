"""Did a run do its work? The verdict is a function of its counts."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import ExitCode
from archive.monitoring.expected_yield import Kind, Surprise
from crawler.recording.report import Counts, read_counts, summary, verdict


@pytest.mark.parametrize(
    ("counts", "word", "code"),
    [
        ({"listed": 9, "known": 9}, "ok", ExitCode.OK),
        ({"listed": 9, "leased": 9, "kept": 9}, "ok", ExitCode.OK),
        ({"listed": 9, "kept": 3, "copy": 3, "same": 2, "changed": 1}, "ok", ExitCode.OK),
        ({"listed": 9, "kept": 8, "gone": 1}, "ok", ExitCode.OK),
        ({"listed": 9, "kept": 9, "refused": 1}, "ok", ExitCode.OK),
        ({"planned": 4}, "ok", ExitCode.OK),
        ({}, "empty", ExitCode.EMPTY),
        ({"listed": 1, "gone": 1}, "empty", ExitCode.EMPTY),
        ({"listed": 9, "kept": 9, "silent": 1}, "thin", ExitCode.THIN),
        ({"listed": 9, "kept": 8, "dropped": 1}, "partial", ExitCode.PARTIAL),
        ({"listed": 9, "kept": 8, "left": 1}, "partial", ExitCode.PARTIAL),
        ({"listed": 9, "kept": 8, "crashed": 1}, "partial", ExitCode.PARTIAL),
        ({"listed": 9, "kept": 9, "broken": 1}, "partial", ExitCode.PARTIAL),
        ({"listed": 9, "kept": 9, "bad_input": 1}, "partial", ExitCode.PARTIAL),
        ({"listed": 9, "known": 9, "left": 1}, "partial", ExitCode.PARTIAL),
        ({"listed": 9, "kept": 5, "stopped": 1}, "partial", ExitCode.PARTIAL),
        ({"stopped": 1}, "partial", ExitCode.PARTIAL),
        ({"bad_input": 1}, "bad input", ExitCode.BAD_INPUT),
        ({"listed": 9, "dropped": 9}, "failed", ExitCode.FAILED),
        ({"listed": 9, "left": 9}, "failed", ExitCode.FAILED),
        ({"broken": 1}, "failed", ExitCode.FAILED),
        ({"listed": 9, "kept": 8, "unreadable": 1}, "changed", ExitCode.CHANGED),
        ({"listed": 9, "kept": 5, "refused": 1, "left": 4, "resting": 4}, "blocked", ExitCode.BLOCKED),
        ({"resting": 1, "left": 1}, "blocked", ExitCode.BLOCKED),
        ({"refused": 1, "broken": 1}, "blocked", ExitCode.BLOCKED),
        ({"listed": 9, "kept": 8, "same": 1, "guessed": 4}, "ok", ExitCode.OK),
        ({"listed": 9, "kept": 8, "same": 1, "guessed": 5}, "changed", ExitCode.CHANGED),
        ({"kept": 1, "guessed": 1}, "changed", ExitCode.CHANGED),
        ({"kept": 9, "guessed": 1, "dropped": 1}, "partial", ExitCode.PARTIAL),
        ({"kept": 3, "guessed": 3, "refused": 1, "left": 1}, "blocked", ExitCode.BLOCKED),
    ],
)
def test_verdicts(counts: dict[str, int], word: str, code: ExitCode) -> None:
    judged = verdict(Counts(Counter(counts)))
    assert (judged.word, judged.exit_code) == (word, code)


THIN = Surprise(Kind.THIN, "hot", "hot listed 3 articles, 40 to 60 were to be expected")
CHANGED = Surprise(Kind.CHANGED, "rain", "1 of 20 pages have a text")


@pytest.mark.parametrize(
    ("counts", "surprises", "word", "because"),
    [
        ({"kept": 9}, [THIN], "thin", THIN.sentence),
        ({"kept": 9, "silent": 1}, [THIN, THIN], "thin", f"{THIN.sentence}; and 1 more of the kind"),
        ({"kept": 9, "left": 1}, [THIN], "thin", THIN.sentence),
        ({"kept": 9}, [THIN, CHANGED], "changed", f"{CHANGED.sentence}; {THIN.sentence}"),
        ({}, [THIN], "empty", f"nothing was found where something was due (0 removed); {THIN.sentence}"),
        ({"broken": 1}, [THIN], "failed", f"nothing could be fetched (1 failures); {THIN.sentence}"),
        ({"kept": 9, "unreadable": 1}, [CHANGED], "changed", "1 answers had no known layout: the parser needs mending"),
    ],
)
def test_what_was_not_to_be_expected_is_told_whatever_decides(
    counts: dict[str, int], surprises: list[Surprise], word: str, because: str
) -> None:
    judged = verdict(Counts(Counter(counts), surprises=surprises))
    assert (judged.word, judged.because) == (word, because)


NAMES = ("listed", "known", "kept", "gone", "dropped", "left", "unreadable", "refused", "resting", "broken", "crashed")


@given(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 5)))
def test_a_run_with_a_failure_is_never_ok(counts: dict[str, int]) -> None:
    run = Counts(Counter(counts))
    failures = sum(run.counts[name] for name in ("dropped", "left", "unreadable", "broken", "crashed"))
    judged = verdict(run)
    assert (judged.exit_code == ExitCode.OK) <= (failures == 0)
    assert (judged.exit_code == ExitCode.OK) <= (run.counts["known"] + run.obtained > 0)
    assert "\n" not in summary(run, judged)


def test_whatever_the_verdict_it_says_that_pages_were_guessed() -> None:
    for counts in ({"kept": 9, "guessed": 2}, {"kept": 9, "guessed": 2, "left": 1}, {"kept": 2, "guessed": 2}):
        run = Counts(Counter(counts))
        assert "the text of 2 pages was guessed" in verdict(run).because
        assert "2 guessed" in summary(run, verdict(run))


def test_stats_of_several_spiders_add_up() -> None:
    lists = {
        "qqnews/counts/pages": 3,
        "qqnews/sources/pages/channel:tech": 2,
        "qqnews/sources/pages/hot": 1,
        "qqnews/sources/empty_pages/hot": 1,
        "downloader/request_count": 5,
    }
    layouts = {"qqnews/layouts/pages/generic": 2, "qqnews/layouts/generic/generic": 2, "qqnews/layouts/pages/rain": 1}
    articles = {"qqnews/counts/kept": 2, "qqnews/reasons/dropped/robots": 1, "qqnews/hosts/requests/new.qq.com": 4}
    run = read_counts([lists, articles, articles, layouts])
    assert run.counts == Counter(pages=3, kept=4, silent=1, guessed=2)
    assert run.layouts == {"generic": Counter(pages=2, generic=2), "rain": Counter(pages=1)}
    assert run.reasons == {"dropped": Counter(robots=2)}
    assert run.hosts == {"new.qq.com": Counter(requests=8)}
