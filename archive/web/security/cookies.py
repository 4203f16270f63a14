"""Cookies as browsers send them, those of other programs on the same machine included. Pure."""

from __future__ import annotations


def cookies_named(name: str, header: str) -> list[str]:
    """Return the values of the cookies of that name, in their order; whatever else the header holds is passed over.

    Cookies do not know ports: what another program on this machine set comes along, well formed or not.
    """
    found = (part.partition("=") for part in header.split(";"))
    return [value.strip() for key, equals, value in found if equals and key.strip() == name]
