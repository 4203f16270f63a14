"""Article HTML to Markdown, pure: `read.py` turns HTML into `blocks.py`, `markdown.py` writes them."""
