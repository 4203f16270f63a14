"""``croissant.json``: the dataset in the words of MLCommons Croissant 1.0."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

import orjson

from archive.export.read.schema import BESIDE, DELETED, Column, Table, Type
from archive.export.write.manifest import Manifest, Part
from archive.export.write.tabular import UNDATED

_TYPES: Final = {
    Type.STRING: "sc:Text",
    Type.INTEGER: "sc:Integer",
    Type.BEIJING: "sc:DateTime",
    Type.UTC: "sc:DateTime",
    Type.LIST: "sc:Text",
}


def croissant(manifest: Manifest) -> bytes:
    """The whole file."""
    facts = manifest.facts
    tables = {table.name: table for table in (*manifest.tables, *BESIDE)}
    readable = (part for part in manifest.row_files if part.media_type not in _UNREADABLE)
    by_table = [(name, list(parts)) for name, parts in groupby(readable, key=lambda part: part.table)]
    found = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": "tencent-news-articles",
        "description": f"{facts['articles']} articles of Tencent News. {facts['terms']}",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "citeAs": f"Tencent News articles, archived by qqnews as of {facts['as_of']}, state {facts['archive_state']}",
        "inLanguage": "zh",
        "license": "https://choosealicense.com/no-permission/",
        "url": "https://news.qq.com/",
        "version": f"{facts['schema_version']}.0.0",
        "datePublished": facts["as_of"] or "",
        "isLiveDataset": False,
        "distribution": [_file(part) for part in manifest.row_files],
        "recordSet": [_record_set(tables[name], part, len(parts) > 1) for name, parts in by_table for part in parts],
    }
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _file(part: Part) -> dict[str, str]:
    return {
        "@type": "cr:FileObject",
        "@id": part.path,
        "name": part.path.replace("/", "_"),
        "contentUrl": part.path,
        "encodingFormat": _FORMATS.get(part.media_type, part.media_type),
        "sha256": part.sha256,
    }


def _record_set(table: Table, part: Part, several: bool) -> dict[str, Any]:
    name = part_name(part) if several else table.name
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "key": [{"@id": f"{name}/{column}"} for column in table.identity if table is not DELETED],
        "field": [_field(name, column, part) for column in table.columns],
    }


def part_name(part: Part) -> str:
    """A file's name without its folder: table, split, month."""
    month = None if part.month is None else part.month or UNDATED
    return "-".join(filter(None, (part.table, part.split, month)))


def _field(owner: str, column: Column, part: Part) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{owner}/{column.name}",
        "name": column.name,
        "description": f"{column.meaning} ({column.unit})" if column.unit else column.meaning,
        "dataType": _TYPES[column.type],
        **({"repeated": True} if column.type is Type.LIST else {}),
        "source": {"fileObject": {"@id": part.path}, "extract": {"column": column.name}},
    }


_UNREADABLE: Final = ("application/zstd",)
"""Of files that mlcroissant cannot unpack: they have no record set."""
_FORMATS: Final = {
    "application/jsonl": "application/jsonlines",
    # A file has one format, and mlcroissant sees by itself that this one is packed.
    "application/gzip": "application/jsonlines",
    "application/vnd.apache.parquet": "application/x-parquet",
}
_CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
