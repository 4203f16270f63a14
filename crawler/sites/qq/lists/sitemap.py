"""Site maps: an index of maps, or a map of addresses; plain or gzip."""

from __future__ import annotations

import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml import etree

from crawler.sites.qq.addresses.forms import is_page_host
from crawler.sites.qq.lists.listing import Entry, ListBroken, ListEmpty, Listing, Skip, to_listing

BIGGEST = 64 * 1024 * 1024
"""Bytes, unpacked. The protocol allows a map 50 MB."""


def read_sitemap(body: bytes, url: str = "") -> Listing:
    """A map's articles, or an index's maps in ``more``. Raises `ListBroken`, `ListEmpty`."""
    root = _root(_unpacked(body, url), url)
    name = etree.QName(root).localname
    if name == "urlset":
        return to_listing(_entries(root))
    if name == "sitemapindex":
        return _index(root)
    raise ListBroken(url, f"no site map but <{name}>")


def _index(root: etree._Element) -> Listing:
    locations = list(dict.fromkeys(_text(child, "loc") for child in root.iter("{*}sitemap")))
    good = tuple(location for location in locations if _is_ours(location))
    strange = len(locations) - len(good)
    return Listing(
        entries=strange,
        skipped={"map on a foreign host": strange} if strange else {},
        more=good,
        is_signpost=True,
    )


def _is_ours(location: str) -> bool:
    try:
        parts = urlsplit(location)
        return parts.scheme in ("http", "https") and is_page_host(parts.hostname or "")
    except ValueError:
        return False


def _entries(root: etree._Element) -> Iterator[Entry | Skip]:
    for child in root.iter("{*}url"):
        yield Entry(
            names=(_text(child, "loc"),),
            title=_text(child, "title"),
            published_raw=_text(child, "publication_date"),
            updated_raw=_text(child, "lastmod"),
        )


def _text(parent: etree._Element, name: str) -> str:
    """The text of the first child or grandchild of that name, in any name space."""
    found = parent.find(f".//{{*}}{name}")
    return " ".join("".join(found.itertext()).split()) if found is not None else ""


def _root(data: bytes, url: str) -> etree._Element:
    # Entities could name files and hosts, or unfold without end; a site map has no need of them.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ListBroken(url, f"broken XML ({error}): {data[:60]!r}") from error
    if root.getroottree().docinfo.doctype:
        raise ListBroken(url, "a site map with a document type")
    return root


def _unpacked(body: bytes, url: str) -> bytes:
    if not body.removeprefix(BOM_UTF8).strip():
        raise ListEmpty(url, f"an empty answer ({len(body)} bytes)")
    if body[:2] != b"\x1f\x8b":
        return body
    unzip = zlib.decompressobj(wbits=31)
    try:
        data = unzip.decompress(body, BIGGEST)
    except zlib.error as error:
        raise ListBroken(url, f"broken gzip ({error})") from error
    if unzip.unconsumed_tail:
        raise ListBroken(url, f"more than {BIGGEST} bytes when unpacked")
    if not unzip.eof:
        raise ListBroken(url, "gzip that breaks off")
    return data
