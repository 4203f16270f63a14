"""``make demo``: the ordinary command crawls the loopback Tencent News; then what was kept, and where."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.site import Site

DATA = Path("demo")
QQNEWS = Path(sys.executable).parent / "qqnews"


def main() -> None:
    """Run the demo; stops with the exit code of the first command that fails."""
    shutil.rmtree(DATA, ignore_errors=True)
    with Site(seed=20250212, articles=240) as site:
        environment = os.environ | site.environment() | {"QQNEWS_DATA": str(DATA)}
        account = site.world.accounts[0]
        crawl = ["crawl", "--delay", "0", "--pages", "3"]
        sources = ["channel:tech", "channel:finance", "channel:sports", "hot", f"account:{account.suid}"]
        run([*crawl, *(word for name in sources for word in ("--source", name))], environment)
        run([*crawl, "--source", "channel:tech"], environment)
    run(["stats"], environment)
    run(["list", "--limit", "5"], environment)
    fullest = max(DATA.glob("articles/*/*/*.md"), key=lambda path: (path.read_text("utf-8").count("\n\n"), path.name))
    print(f"\n$ cat {fullest}")
    print(fullest.read_text(encoding="utf-8"))


def run(arguments: list[str], environment: dict[str, str]) -> None:
    """One command of the user's, shown and run."""
    print(f"\n$ qqnews {' '.join(arguments)}", flush=True)
    done = subprocess.run([QQNEWS, *arguments], env=environment, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
