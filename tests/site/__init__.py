"""A loopback Tencent News: real host names behind a forward proxy, all layouts and lists, faults on demand."""

from tests.site.log import Seen
from tests.site.site import Site
from tests.site.truth import Truth
from tests.site.world import Plan, World

__all__ = ["Plan", "Seen", "Site", "Truth", "World"]
