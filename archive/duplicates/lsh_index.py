"""Finds the texts that may resemble one: by equal bands, best first, within bounds whatever the archive's size."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Final

import numpy as np

from archive.duplicates.comparable_text import ComparableText
from archive.duplicates.decision import ALIKE
from archive.duplicates.minhash import BANDS, BINS, VERSION, Signature, band_keys, resemblance

BUCKET: Final = 200
"""Texts of one bucket that are looked at, the newest: a form filled in every day fills its buckets."""
JUDGED: Final = 64
"""Texts that are read and compared for one look-up, the most similar by their signatures."""
_MARGIN: Final = 0.15
"""How far an estimate may lie below the similarity: more than three times its standard deviation."""


def candidates(connection: Connection, signed: Signature) -> list[int]:
    """The numbers of texts that share a band and are similar by estimate, best first; at most so many."""
    keys = band_keys(signed)
    rows = connection.execute(_CANDIDATES, keys).fetchall()
    if not rows:
        return []
    docs = np.array([row[0] for row in rows], dtype=np.int64)
    signatures = np.frombuffer(b"".join(row[1] for row in rows), dtype="<u2").reshape(-1, BINS)
    estimates = resemblance(signed, signatures)
    best = np.lexsort((docs, -estimates))
    near = best[estimates[best] >= ALIKE - _MARGIN]
    found: list[int] = docs[near].tolist()
    return found


def add_text(connection: Connection, text: ComparableText) -> int:
    """Make a text known; its number."""
    blob = text.signature.astype("<u2").tobytes()
    doc = int(connection.execute(_ADD_TEXT, (text.digest, VERSION, blob)).fetchone()[0])
    connection.executemany(
        "INSERT INTO near_bands (key, doc) VALUES (?, ?)", [(key, doc) for key in band_keys(text.signature)]
    )
    return doc


def drop_text(connection: Connection, doc: int) -> None:
    """Forget a text that no article has any more."""
    signed = signature_of(connection, doc)
    connection.executemany(
        "DELETE FROM near_bands WHERE key = ? AND doc = ?", [(key, doc) for key in band_keys(signed)]
    )
    connection.execute("DELETE FROM near_texts WHERE doc = ?", (doc,))


def signature_of(connection: Connection, doc: int) -> Signature:
    """The signature that is kept under a number."""
    row = connection.execute("SELECT signature FROM near_texts WHERE doc = ?", (doc,)).fetchone()
    return np.frombuffer(row[0], dtype="<u2")


def text_of(connection: Connection, doc: int) -> ComparableText:
    """The text itself, read from any article that has it."""
    return ComparableText.of(connection.execute(_BODY, (doc,)).fetchone()[0])


_IN_BUCKET: Final = f"SELECT doc FROM (SELECT doc FROM near_bands WHERE key = ? ORDER BY doc DESC LIMIT {BUCKET})"  # noqa: S608
_CANDIDATES: Final = f"SELECT doc, signature FROM near_texts WHERE doc IN ({' UNION ALL '.join([_IN_BUCKET] * BANDS)})"  # noqa: S608
_ADD_TEXT: Final = "INSERT INTO near_texts (digest, version, signature) VALUES (?, ?, ?) RETURNING doc"
_BODY: Final = "SELECT body FROM articles WHERE id = (SELECT min(article_id) FROM near_articles WHERE doc = ?)"
