"""The log of a run: what of it Scrapy words, and its form as JSON lines, where the environment asks for that."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scrapy import Spider, logformatter
from scrapy.settings import Settings

from archive.logs import as_json, json_formatter


class LogFormatter(logformatter.LogFormatter):
    """Scrapy's own lines, but for an item that ends in the pipeline: why it does, without the whole of the item."""

    def dropped(
        self, item: Any, exception: BaseException, response: Any, spider: Spider
    ) -> logformatter.LogFormatterResult:
        """One line."""
        return super().dropped(item, exception, response, spider) | {"msg": "Dropped: %(exception)s"}


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
