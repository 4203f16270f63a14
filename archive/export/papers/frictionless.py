"""``datapackage.json``: the dataset as a Frictionless data package."""

from __future__ import annotations

from typing import Any, Final

import orjson

from archive.export.columns import BESIDE, DELETED, Column, Table, Type
from archive.export.dataset import Part
from archive.export.manifest import Manifest
from archive.export.papers.croissant import part_name

_TYPES: Final = {
    Type.STRING: {"type": "string"},
    Type.INTEGER: {"type": "integer"},
    Type.BEIJING: {"type": "datetime", "format": "any"},
    Type.UTC: {"type": "datetime", "format": "any"},
    Type.LIST: {"type": "array"},
}


def data_package(manifest: Manifest) -> bytes:
    """The whole file."""
    facts = manifest.facts
    tables = {table.name: table for table in (*manifest.tables, *BESIDE)}
    found = {
        "profile": "data-package",
        "name": "tencent-news-articles",
        "title": "Tencent News articles",
        "description": str(facts["terms"]),
        "version": f"{facts['schema_version']}.0.0",
        "resources": [_resource(tables[part.table], part) for part in manifest.row_files],
    }
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _resource(table: Table, part: Part) -> dict[str, Any]:
    suffix = part.path.rpartition("/")[2].split(".")[1:]
    packed = {"compression": suffix[1]} if len(suffix) > 1 else {}
    key = {} if table is DELETED else {"primaryKey": list(table.identity)}
    return {
        "name": part_name(part),
        "path": part.path,
        "profile": "tabular-data-resource",
        "format": suffix[0],
        "mediatype": part.media_type,
        "encoding": "utf-8",
        "hash": f"sha256:{part.sha256}",
        **packed,
        "schema": {"fields": [_field(column) for column in table.columns], **key},
    }


def _field(column: Column) -> dict[str, Any]:
    about = f"{column.meaning} ({column.unit})" if column.unit else column.meaning
    return {"name": column.name, "description": about, **_TYPES[column.type]}
