"""Where Nectar may connect: names, patterns of names, addresses and ranges of addresses."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address, ip_network


def is_allowed(name: str, address: str, allowed: Sequence[str]) -> bool:
    """Whether the host `name`, which was found at `address`, is among them: by its name or by that address. None allow all."""
    return not allowed or any(_fits(name, address, one) for one in allowed)


def _fits(name: str, address: str, one: str) -> bool:
    try:
        return ip_address(address.partition("%")[0]) in ip_network(one, strict=False)
    except ValueError:
        pass
    wanted, told = one.lower().rstrip("."), name.lower().rstrip(".")
    return told.endswith(wanted[1:]) and told != wanted[2:] if wanted.startswith("*.") else told == wanted
