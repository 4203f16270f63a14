"""Pages that are no articles: removed, blocked, empty."""
