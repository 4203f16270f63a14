"""The tables' part that links which were given up, and removals which are doubted, added."""

from __future__ import annotations

from typing import Final

LINK_TABLES: Final = (
    # How often in a row: the next pause depends on it.
    "ALTER TABLE links ADD COLUMN given_up INTEGER NOT NULL DEFAULT 0",
    "UPDATE links SET given_up = 1 WHERE state IN ('failed', 'gone', 'dropped')",
    # A page that wants a human was taken for another page of the site.
    """
    UPDATE links SET state = 'waiting', attempts = 0, given_up = 0
    WHERE state = 'dropped' AND last_error LIKE 'redirect-elsewhere: %captcha%'
    """,
    "CREATE INDEX links_given_up ON links (not_before) WHERE state IN ('failed', 'gone', 'dropped')",
    "ALTER TABLE articles ADD COLUMN doubt TEXT",
    "CREATE INDEX articles_missing ON articles (missing_since) WHERE missing_since IS NOT NULL",
)
