"""One running site for all tests that leave the world as it is; faults and log are cleared after each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.site.site import Site


@pytest.fixture(scope="session")
def shared() -> Iterator[Site]:
    with Site(seed=7, articles=400) as running:
        yield running


@pytest.fixture
def site(shared: Site) -> Iterator[Site]:
    yield shared
    shared.clear_faults()
    shared.forget_requests()
