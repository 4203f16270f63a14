"""Hooks of MkDocs: documents beside ``docs/`` become pages, too, and so do those in Chinese where there are any."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

BESIDE: Final = ("DATA_FORMAT.md", "CONTRIBUTING.md", "CHANGELOG.md")
"""Documents that stand where GitHub, packages and readers of the code look for them."""
_NAMED: Final = "|".join(BESIDE).replace(".", r"\.")
_UP: Final = re.compile(rf"(?<=\]\()((?:\.\./)*)\.\./({_NAMED}|README\.md|README\.zh\.md)(?=[)#])")
_DOWN: Final = re.compile(r"(?<=\]\()docs/")
_HOMES: Final = {"README.md": "index.md", "README.zh.md": "zh/index.md"}
"""What takes the place of a README in the site."""
CHINESE: Final = "中文"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the pages in Chinese to the navigation: the index first, then folder by folder."""
    docs = Path(config.docs_dir)
    found = sorted(docs.glob("zh/**/*.md"), key=lambda path: (len(path.parts), path))
    if found and config.nav is not None:
        config.nav.append({CHINESE: [path.relative_to(docs).as_posix() for path in found]})
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the documents beside ``docs/``."""
    for name in BESIDE:
        files.append(File.generated(config, name, abs_src_path=str(Path(config.docs_dir).parent / name)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links between ``docs/`` and the documents beside it lead to their pages."""
    if page.file.src_uri in BESIDE:
        return _DOWN.sub("", markdown)
    return _UP.sub(lambda found: found[1] + _HOMES.get(found[2], found[2]), markdown)
