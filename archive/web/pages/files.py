"""What is no page: copies of pictures, the style sheet, the metrics, what robots are told."""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from archive.files.regular_files import read_regular
from archive.media.image_type import EXTENSIONS
from archive.media.picture_copies import LARGEST_PICTURE
from archive.monitoring.health import judged
from archive.monitoring.metrics import CONTENT_TYPE, metrics
from archive.monitoring.status import read_status
from archive.store import Archive
from archive.web.http import Answer, BadRequest, File, PageRequest

STATIC: Final = Path(__file__).parent.parent / "static"
_KINDS: Final = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_EVER: Final = {"cache-control": "private, max-age=31536000, immutable"}


class NoSuchFile(BadRequest):
    """A file that is not there."""


def picture(asked: PageRequest, archive: Archive) -> Answer:
    """The copy of a picture, by its digest: what is in the database only, and never another file."""
    found = re.fullmatch(r"([0-9a-f]{64})\.[a-z]{2,5}", asked.places["name"])
    row = archive.database.connection.execute(_MEDIA, (found[1],)).fetchone() if found else None
    if row is None or row["mime"] not in EXTENSIONS:
        raise NoSuchFile("no picture")
    path = asked.data / "media" / row["sha256"][:2] / f"{row['sha256']}.{EXTENSIONS[row['mime']]}"
    try:
        content = read_regular(path, LARGEST_PICTURE)
    except OSError as error:
        raise NoSuchFile("no picture") from error
    return File(content=content, content_type=row["mime"], headers=_FOR_EVER)


def static(asked: PageRequest) -> Answer:
    """The style sheet."""
    content = assets().get(asked.places["name"])
    if content is None:
        return File(content=b"not here", content_type="text/plain", status=404)
    kind = _KINDS[Path(asked.places["name"]).suffix]
    return File(content=content, content_type=kind, headers={"cache-control": "public, max-age=31536000, immutable"})


def prometheus(asked: PageRequest, _: Archive) -> Answer:
    """The archive's state for Prometheus."""
    state = read_status(asked.data)
    return File(content=metrics(state, judged(state, asked.next_due)).encode(), content_type=CONTENT_TYPE)


def robots(_: PageRequest) -> Answer:
    """A copy of other people's texts is nothing to be listed."""
    return File(content=b"User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


@cache
def assets() -> dict[str, bytes]:
    """The files of the interface by name."""
    return {path.name: path.read_bytes() for path in STATIC.iterdir() if path.suffix in _KINDS}


@cache
def style_version() -> str:
    """Part of the style sheet's address, so that browsers may keep it for ever."""
    return sha256(assets()["site.css"]).hexdigest()[:12]


_MEDIA: Final = "SELECT sha256, mime FROM media WHERE sha256 = ?"
