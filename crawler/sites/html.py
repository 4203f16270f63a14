"""HTML to a tree, whatever the HTML."""

from __future__ import annotations

from lxml import etree
from lxml.etree import _Element as Element


def parse_html(text: str) -> Element:
    """The document's root. Broken, empty and hostile HTML gives a tree, too; lone surrogates become U+FFFD."""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    root = etree.fromstring(text.encode("utf-8", "replace") or b"<html></html>", parser)
    return root if root is not None else etree.Element("html")


def parse_fragment(text: str) -> Element:
    """The ``body`` element around a fragment of HTML, comments before its first element included."""
    root = parse_html(f"<html><body>{text}")
    body = root.find("body")
    return body if body is not None else root
