"""The article: record, content hash, Markdown file, edits. Pure."""
