"""Page → article and Markdown: ours beside other extractors, and beside the least that must be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from tests.tools.bench.extractors import PACKAGES, Extractor, ours, peers
from tests.tools.bench.fidelity import mean_fidelity
from tests.tools.bench.page_growth import growth
from tests.tools.bench.page_inputs import PAGES, Page, at_the_limit, captures, saved_pages, sized_pages
from tests.tools.bench.rounds import Spent, figure, in_turns, ratio, timed
from tests.tools.bench.tables import table, verdict

__all__ = ["PACKAGES", "write"]

LIMIT, OURS = "the limit", "ours"
GOALS = {"rain, 270 kB": 20.0, "rain, 100 kB": 10.0, "static, 10 kB": 10.0}
"""Times trafilatura's speed."""
MOST_OF_LIMIT = 2.0

_TITLE = "## Page → article and Markdown"
_SPEED = """The bytes of a page to the article and its Markdown file, in one process. Processor time of ours; then
how many times as long the others take. The limit decodes `window.DATA` with orjson and parses the HTML that holds the
text with lxml (of pages without such data: the page), and does nothing else: no decoding of the bytes, no title, no
Markdown."""
_FIDELITY = """Shares of what was expected, over {} pages: those above, the saved cases of `tests/pages/qq`{}.
"Blocks" are those of the Markdown file that come out equal, "words" the same without markup and white space.
The author of a page is the media account where it names no person."""


def write(full: bool) -> str:
    """The section."""
    inputs = sized_pages()
    real = captures()
    all_peers = peers()
    spent = {name: _measured(pages, all_peers, 9 if full else 3) for name, pages in inputs.items()}
    names = [LIMIT, OURS, *all_peers]
    speed = table(("", *inputs), [(name, *(_cell(spent[each], name) for each in inputs)) for name in names])
    goals = table(("goal", "measured", "verdict"), _goals(spent))
    pages = [page for group in inputs.values() for page in group] + saved_pages() + real
    faith = table(
        ("", "blocks", "words", "title", "time", "author", "pictures", "errors"),
        [_faith(name, pages, extract) for name, extract in {OURS: ours, **all_peers}.items()],
    )
    more = f", and {len(real)} captures of real pages" if real else ""
    told = _FIDELITY.format(len(pages), more)
    return "\n\n".join((_TITLE, _SPEED, speed, goals, "### Fidelity", told, faith, "### Growth", growth(full)))


def _measured(pages: Sequence[Page], all_peers: dict[str, Extractor], rounds: int) -> dict[str, list[Spent]]:
    limits = [at_the_limit(page) for page in pages]
    sides = {
        LIMIT: partial(timed, lambda: [limit() for limit in limits], 10),
        OURS: partial(timed, _over(pages, ours), 3),
        **{name: partial(timed, _over(pages, extract)) for name, extract in all_peers.items()},
    }
    for extract in (ours, *all_peers.values()):
        extract(pages[0].body, pages[0].url)  # What is loaded and cached at the first call is nobody's speed.
    return in_turns(sides, rounds)


def _over(pages: Sequence[Page], extract: Extractor) -> Callable[[], object]:
    return lambda: [extract(page.body, page.url) for page in pages]


def _cell(spent: dict[str, list[Spent]], name: str) -> str:
    if name == OURS:
        return f"{figure(spent[OURS]).middle / PAGES * 1000:.2f} ms"
    found = ratio(spent[OURS], spent[name])
    return f"× {found:.2f}" if name == LIMIT else f"× {found:.1f}"


def _goals(spent: dict[str, dict[str, list[Spent]]]) -> list[tuple[str, str, str]]:
    rows = []
    for name, least in GOALS.items():
        found = ratio(spent[name][OURS], spent[name]["trafilatura"])
        rows.append((f"{name}: times trafilatura's speed", f"{found:.1f}", verdict(found, at_least=least)))
    for name in GOALS:
        found = ratio(spent[name][LIMIT], spent[name][OURS])
        rows.append((f"{name}: times the limit's time", f"{found:.1f}", verdict(found, at_most=MOST_OF_LIMIT)))
    return rows


def _faith(name: str, pages: Sequence[Page], extract: Extractor) -> tuple[str, ...]:
    found, errors = mean_fidelity(pages, extract)
    shares = (found.blocks, found.words, found.title, found.time, found.author, found.pictures)
    return (name, *("-" if share is None else f"{share:.1%}" for share in shares), str(errors))
