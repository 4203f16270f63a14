"""Read again what was saved: captures, pages, Markdown files."""
