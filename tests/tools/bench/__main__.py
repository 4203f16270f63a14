"""``python -m tests.tools.bench [SECTION …] [--full] [--write FILE]``; without sections, all of them."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tests.tools.bench.book import signed, write_section
from tests.tools.bench.sections import SECTIONS
from tests.tools.bench.tables import versions


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.tools.bench")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--full", action="store_true", default=os.environ.get("BENCH") == "full")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the sections into this file, too")
    asked = parser.parse_args()
    if unknown := set(asked.sections) - set(SECTIONS):
        parser.error(f"no section {', '.join(sorted(unknown))}: there are {', '.join(SECTIONS)}")
    for name in asked.sections or SECTIONS:
        began = time.perf_counter()
        section = SECTIONS[name]
        text = signed(section.write(asked.full), name, versions(*section.packages), full=asked.full)
        print(text, flush=True)
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
        if asked.write:
            write_section(asked.write, name, text, list(SECTIONS))


if __name__ == "__main__":
    main()
