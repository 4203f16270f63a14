"""The indexes of the pages that list articles: with any filter, a page's rows are found without reading others."""

from __future__ import annotations

from typing import Final

BROWSING: Final = (
    # What is filtered by stands in the index itself: the long rows of articles are read only for what is shown.
    "CREATE INDEX articles_by_channel ON articles (channel, published_at, id, kind, status)",
    "CREATE INDEX articles_by_kind ON articles (kind, published_at, id, status)",
    "CREATE INDEX articles_by_status ON articles (status, published_at, id)",
    "CREATE INDEX articles_gone ON articles (gone_at, id) WHERE gone_at IS NOT NULL",
    "CREATE INDEX revisions_edited ON revisions (seen_at, article_id, revision) WHERE kind = 'edited'",
)
