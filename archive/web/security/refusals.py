"""What Datasette refuses or fails at, as a status and words for the reader."""

from __future__ import annotations

import sqlite3

from datasette.database import QueryInterrupted
from datasette.utils.asgi import Base400
from datasette.views.base import DatasetteError

from archive.web.i18n.language import Language
from archive.web.security.sql_processes import TooLarge, Unreadable


def refusal(language: Language, error: Exception) -> tuple[int, str]:
    """Return the status, and what there is to say. Datasette's own errors are always the asker's."""
    if isinstance(error, QueryInterrupted) or (isinstance(error, DatasetteError) and error.title == "SQL Interrupted"):
        return 400, language.say("sql too slow")
    if isinstance(error, TooLarge):
        return 400, language.say("sql too large")
    if isinstance(error, FileNotFoundError):
        return 503, language.say("no archive")
    if isinstance(error, Unreadable | sqlite3.DatabaseError):
        return 503, language.say("database failed")
    if isinstance(error, DatasetteError):
        return 400, str(error.message or "")
    if getattr(error, "status", 500) == 404:
        return 404, language.say("not found")
    if isinstance(error, Base400):
        return 400, str(error.args[0] if error.args else "")
    return 500, language.say("unforeseen")
