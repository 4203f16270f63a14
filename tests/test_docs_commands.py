"""Every block marked ``sh`` in README and docs is run as it stands, page by page, against the loopback site."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import PYTHON, QQNEWS, clean_environment
from tests.site.site import Site
from tests.test_docs import PROSE, ROOT

EXAMPLE: Final = "20250212A090WZ00"
"""The article of all pages. In its place comes one that the loopback site has."""
BEGIN_WITH_NOTHING: Final = ("first-archive", "a-year-on-cron")
"""Pages that make their archive themselves; on all others the reader has one in ``data``."""
BLOCK: Final = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)

# What a test must do otherwise than a reader: keep no pace at a site of its own, end what would go on until it is
# told to, and take what `status` and `doctor` have to say of a machine without a clock for an answer, not a failure.
COMMAND: Final = """#!/bin/sh
case "$1 $2" in
    crawl*|recheck*) first=$1; shift; exec {qqnews} "$first" --delay 0 "$@" ;;
    "media fetch") shift 2; exec {qqnews} media fetch --delay 0 "$@" ;;
    serve*|"schedule run")
        {qqnews} "$@" >said 2>&1 & started=$!
        until [ -s said ] || ! kill -0 $started; do sleep 0.1; done
        kill -TERM $started; wait $started; code=$?
        cat said; rm said
        [ $code = 143 ] && exit 0; exit $code ;;
    status*|doctor*|"--json status") {qqnews} "$@"; code=$?; case $code in 14|15) exit 0 ;; esac; exit $code ;;
    *) exec {qqnews} "$@" ;;
esac
"""
CRONTAB: Final = """#!/bin/sh
case "$1" in
    -l) test -e "$HOME/crontab" && exec cat "$HOME/crontab"; echo "no crontab for me" >&2; exit 1 ;;
    -r) rm "$HOME/crontab" ;;
    -) cat >"$HOME/crontab" ;;
esac
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site with enough for every page."""
    with Site(seed=20250212, articles=40) as running:
        yield running


@pytest.fixture(scope="module")
def example(site: Site) -> str:
    """The id of an article in the channel that the pages name."""
    return site.world.in_channel("news_news_tech")[0]


@pytest.fixture(scope="module")
def crawled(site: Site, example: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive as a reader has it: a few lists, and an article that was edited since."""
    data = tmp_path_factory.mktemp("docs") / "data"

    def crawl(*words: str) -> None:
        command = [str(QQNEWS), "--data", str(data), "crawl", "--delay", "0", *words]
        subprocess.run(command, env=clean_environment(**site.environment()), capture_output=True, check=True)

    crawl("--source", "channel:tech", "--source", "hot")
    site.edit(example)
    crawl("--refetch", example)
    return data


def script_of(page: str, site: Site, example: str, *, apart: bool = False) -> str:
    """All blocks of a page, the example in them replaced. ``apart``: what one exports does not hold for the next."""
    published = site.world.story(example).published
    script = "\n".join(f"({block})" if apart else block for block in BLOCK.findall(page))
    return re.sub(rf"\d{{4}}/\d\d/{EXAMPLE}", f"{published:%Y/%m}/{example}", script).replace(EXAMPLE, example)


def put(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


WITH_BLOCKS: Final = [path for path in PROSE if BLOCK.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_commands_of_a_page_do_what_it_says(
    page: Path, site: Site, example: str, crawled: Path, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    put(tmp_path / "bin/qqnews", COMMAND.format(qqnews=QQNEWS))
    put(tmp_path / "bin/crontab", CRONTAB)
    if page.stem not in BEGIN_WITH_NOTHING:
        shutil.copytree(crawled, here / "data")
    environment = clean_environment(**site.environment())
    environment |= {"HOME": str(here), "PATH": f"{tmp_path / 'bin'}:{PYTHON.parent}:{environment['PATH']}"}
    script = script_of(page.read_text(encoding="utf-8"), site, example, apart=page.parent == ROOT)
    ended = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", script],
        cwd=here,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout


def test_a_page_that_fails_is_found(site: Site, example: str) -> None:
    script = script_of(f"Text.\n\n```sh\nqqnews show {EXAMPLE}\n```\n\n```text\nnot this\n```\n", site, example)
    assert script == f"qqnews show {example}\n"


def test_enough_is_run() -> None:
    names = {path.stem for path in WITH_BLOCKS}
    assert {"README", "first-archive", "a-year-on-cron", "first-dataset", "cron-and-systemd", "datasets"} <= names
