"""What came of each try, one line each: the matrix takes hours, so it is run in parts, and the parts are added up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path

import orjson

from tests.tools.faults.matrix import Row, Try


def written_down(path: Path, each: Try, row: Row) -> None:
    """Append a try's row; whole lines only, from however many processes."""
    line = orjson.dumps({**asdict(row), "seed": each.seed, "number": each.number}) + b"\n"
    with path.open("ab", buffering=0) as file:
        file.write(line)


def rows_of(path: Path, wanted: Iterable[Try]) -> dict[Try, Row]:
    """What the ledger says of those of the tries that were made."""
    said = {_key(entry): entry for entry in map(orjson.loads, path.read_bytes().splitlines() if path.exists() else [])}
    names = [each.name for each in fields(Row)]
    found = {each: said.get((each.fault, each.command.name, each.seed, each.number)) for each in wanted}
    return {each: Row(**{name: entry[name] for name in names}) for each, entry in found.items() if entry}


def added_up(rows: Iterable[Row]) -> list[Row]:
    """One row for each fault and command."""
    whole: dict[tuple[str, str], Row] = {}
    for row in rows:
        total = whole.setdefault((row.fault, row.command), Row(row.fault, row.command))
        for each in fields(Row)[2:]:
            setattr(total, each.name, getattr(total, each.name) + getattr(row, each.name))
    return list(whole.values())


def _key(entry: dict[str, object]) -> tuple[object, ...]:
    return entry["fault"], entry["command"], entry["seed"], entry["number"]
