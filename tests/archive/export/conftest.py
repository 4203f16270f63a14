"""The small archive, made once for all tests that only read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.store import Archive
from tests.archive.export.samples import filled


@pytest.fixture(scope="session")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with filled(tmp_path_factory.mktemp("exported") / "data") as archive:
        yield archive


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Archive]:
    """One that a test may write to."""
    with filled(tmp_path / "data") as archive:
        yield archive
