"""The log of a run as JSON lines, where the environment asks for it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from scrapy.settings import Settings

from archive.logs import as_json, json_formatter


@contextmanager
def run_log(settings: Settings) -> Iterator[None]:
    """Inside, what Scrapy would write to ``LOG_FILE`` is written there as JSON, if that is wished. Raises
    ``BadSetting``."""
    if not (settings["LOG_FILE"] and as_json(os.environ)):
        yield
        return
    handler = logging.FileHandler(settings["LOG_FILE"], encoding="utf-8")
    handler.setFormatter(json_formatter())
    handler.setLevel(settings["LOG_LEVEL"])
    # Scrapy makes its own handler anew for each spider: it must find nowhere to write to.
    settings.set("LOG_FILE", None, priority="cmdline")
    settings.set("LOG_ENABLED", False, priority="cmdline")
    logging.root.addHandler(handler)
    try:
        yield
    finally:
        logging.root.removeHandler(handler)
        handler.close()
