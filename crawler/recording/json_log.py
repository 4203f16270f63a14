"""The log of a run: what of it Scrapy words, without secrets, and as JSON lines where the environment asks for it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scrapy import Spider, logformatter
from scrapy.settings import Settings

from archive.redaction.secrets import redacted, secrets_in
from archive.runs.log_retention import as_json, json_formatter


class LogFormatter(logformatter.LogFormatter):
    """Scrapy's own lines, but for an item that ends in the pipeline: why it does, without the whole of the item."""

    def dropped(
        self, item: Any, exception: BaseException, response: Any, spider: Spider
    ) -> logformatter.LogFormatterResult:
        """One line."""
        return super().dropped(item, exception, response, spider) | {"msg": "Dropped: %(exception)s"}


@contextmanager
def run_log(settings: Settings) -> Iterator[None]:
    """Inside, nothing that is logged holds what is secret in the environment; what Scrapy would write to ``LOG_FILE``
    is written there as JSON, if that is wished. Raises ``BadSetting``."""
    with _without_secrets(), _as_wished(settings):
        yield


@contextmanager
def _without_secrets() -> Iterator[None]:
    if not secrets_in(os.environ):
        yield
        return
    make = logging.getLogRecordFactory()

    def made(*arguments: Any, **options: Any) -> logging.LogRecord:
        record = make(*arguments, **options)
        record.msg, record.args = redacted(record.getMessage()), ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text, record.exc_info = redacted(_FORMAT.formatException(record.exc_info)), None
        return record

    logging.setLogRecordFactory(made)
    try:
        yield
    finally:
        logging.setLogRecordFactory(make)


_FORMAT = logging.Formatter()


@contextmanager
def _as_wished(settings: Settings) -> Iterator[None]:
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
