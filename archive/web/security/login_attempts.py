"""Wrong passwords: a few from each address, then one a second. Others are not held up by them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Final

FREE: Final = 10
"""Wrong passwords that are answered at once."""
EVERY: Final = 1.0
"""Seconds after which one more is let through."""
LONGEST_LINE: Final = 4
"""Requests of an address that wait to be let through; the one that waited longest is turned away for another."""
MOST_ADDRESSES: Final = 10_000


@dataclass(slots=True)
class _Address:
    left: float
    """Tries that are left, as of ``at``."""
    at: float
    line: list[asyncio.Future[bool]] = field(default_factory=list)


class Tries:
    """Lets requests try a password. A try is taken before, and given back where the password was right."""

    def __init__(self, every: float = EVERY) -> None:
        self._every = every
        self._addresses: dict[str, _Address] = {}

    @property
    def addresses(self) -> int:
        """How many addresses are remembered."""
        return len(self._addresses)

    async def take(self, client: str) -> bool:
        """Whether a password from there may be tried now, or after a short wait; False: too many were wrong.

        Whoever came last is let through first: who is just passing does not wait behind those who guess.
        """
        address = self._refilled(_key(client))
        if address.left >= 1:
            address.left -= 1
            return True
        if not address.line:
            asyncio.get_running_loop().call_later(self._every * (1 - address.left), self._let_through, _key(client))
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        address.line.append(waiting)
        if len(address.line) > LONGEST_LINE:
            _tell(address.line.pop(0), may=False)
        return await waiting

    def give_back(self, client: str) -> None:
        """The password was right."""
        address = self._refilled(_key(client))
        address.left = min(address.left + 1, FREE)

    def _let_through(self, key: str) -> None:
        address = self._refilled(key)
        address.line = [waiting for waiting in address.line if not waiting.done()]
        if address.line and address.left >= 1:
            address.left -= 1
            _tell(address.line.pop(), may=True)
        if address.line:
            asyncio.get_running_loop().call_later(max(self._every * (1 - address.left), 0.01), self._let_through, key)

    def _refilled(self, key: str) -> _Address:
        now = time.monotonic()
        if key not in self._addresses and len(self._addresses) >= MOST_ADDRESSES:
            self._forget(now)
        address = self._addresses.setdefault(key, _Address(FREE, now))
        address.left = min(address.left + (now - address.at) / self._every, FREE)
        address.at = now
        return address

    def _forget(self, now: float) -> None:
        """Forget addresses that may try as if they had never tried; if all are busy, the first of them."""
        idle = [
            key for key, it in self._addresses.items() if not it.line and it.left + (now - it.at) / self._every >= FREE
        ]
        for key in idle or list(self._addresses)[:1]:
            for waiting in self._addresses.pop(key).line:
                _tell(waiting, may=False)


def _tell(waiting: asyncio.Future[bool], *, may: bool) -> None:
    if not waiting.done():
        waiting.set_result(may)


def _key(client: str) -> str:
    """What stands for an address: of IPv6 the network, since anybody has billions of addresses in one."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or f"{int(address) >> 64:x}")
    return str(address)
