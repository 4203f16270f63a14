"""``datapackage.json``: the dataset as a Frictionless data package, in words that the library of that name accepts."""

from __future__ import annotations

from typing import Any, Final

import orjson

from archive.export.metadata.croissant import part_name
from archive.export.read.schema import BESIDE, DELETED, Column, Table, Type
from archive.export.write.manifest import Manifest, Part

_TYPES: Final[dict[Type, dict[str, str]]] = {
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
    key = {} if table is DELETED else {"primaryKey": list(table.identity)}
    return {
        "name": part_name(part),
        "path": part.path,
        **_kind(part),
        "mediatype": part.media_type,
        "encoding": "utf-8",
        "hash": f"sha256:{part.sha256}",
        "schema": {"fields": [_field(column, part) for column in table.columns], **key},
    }


def _kind(part: Part) -> dict[str, str]:
    """What the file is to the library. It unpacks no Zstandard and reads no JSON Lines without any row: mere files."""
    kind, *packing = part.path.rpartition("/")[2].split(".")[1:]
    if packing == ["zst"] or (kind == "jsonl" and not part.rows):
        return {"profile": "data-resource", "type": "file", "format": part.path.rpartition(".")[2]}
    packed = {"compression": packing[0]} if packing else {}
    return {"profile": "tabular-data-resource", "format": kind, **packed}


def _field(column: Column, part: Part) -> dict[str, Any]:
    about = f"{column.meaning} ({column.unit})" if column.unit else column.meaning
    return {"name": column.name, "description": about, **_type(column, part.path.endswith(".parquet"))}


def _type(column: Column, parquet: bool) -> dict[str, str]:
    """Of values as the library reads them; Parquet it reads with pandas: a list is no list there, and null is NaN."""
    if parquet and column.type is Type.LIST:
        return {"type": "any"}
    if parquet and column.type is Type.INTEGER and column.nullable:
        return {"type": "number"}
    return _TYPES[column.type]
