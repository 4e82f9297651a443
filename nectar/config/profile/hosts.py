"""Names and addresses of hosts: their forms, whether they are this machine's, and whether a profile allows them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Range: TypeAlias = IPv4Network | IPv6Network

_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?", re.ASCII)
_PATTERN = re.compile(r"[A-Za-z0-9_.*?-]{1,253}", re.ASCII)
_ONLY_DIGITS = re.compile(r"[0-9.]+")
_GATEWAY = re.compile(r"gateway\d+\.", re.IGNORECASE)
_CLOUD = re.compile(r"\.(tidbcloud\.com|tidb-cloud\.com)\.?\Z", re.IGNORECASE)


def address_of(host: str) -> Address | None:
    """The address that `host` spells; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_host(host: str) -> bool:
    """Whether `host` is a name or an address, an IPv6 address without brackets. 10.0.0 is neither."""
    return address_of(host) is not None or (_NAME.fullmatch(host) is not None and not _ONLY_DIGITS.fullmatch(host))


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine as seen from itself; a name is, when it is localhost or ends in it."""
    address = address_of(host)
    if address is None:
        name = host.lower().rstrip(".")
        return name == "localhost" or name.endswith(".localhost")
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def is_gateway(host: str) -> bool:
    """Whether the host is one of the gateways that TiDB Cloud's users share: ``gateway01.us-west-2.prod.aws.tidbcloud.com``."""
    return _GATEWAY.match(host) is not None and is_cloud(host)


def is_cloud(host: str) -> bool:
    """Whether the host is TiDB Cloud's."""
    return _CLOUD.search(host) is not None


def pattern_fault(pattern: str) -> str:
    """What is wrong with an entry of allowed_hosts; empty for a name, a pattern, an address or a CIDR range."""
    if "/" in pattern:
        try:
            ip_network(pattern)
        except ValueError as error:
            return "it has bits beyond its length" if "host bits" in str(error) else "it is not a CIDR range"
        return ""
    if address_of(pattern) is not None:
        return ""
    if _ONLY_DIGITS.fullmatch(pattern) or not _PATTERN.fullmatch(pattern):
        return "it is neither a name, a pattern, an address nor a CIDR range"
    return ""


def is_allowed(patterns: Iterable[str], host: str, address: str = "") -> bool:
    """Whether one of `patterns` matches `host`, by its name or its address; `address` is what the name was resolved to.

    A ``*`` stands for any characters, dots among them; no patterns at all allow every host.
    """
    listed = tuple(patterns)
    addresses = [known for known in (address_of(host), address_of(address)) if known is not None]
    name = host.lower().rstrip(".")
    return not listed or any(_matches(pattern, name, addresses) for pattern in listed)


def may_be_allowed(patterns: Iterable[str], host: str) -> bool:
    """As `is_allowed`, before a name is resolved: true too when its address may be in one of the ranges."""
    listed = tuple(patterns)
    undecided = address_of(host) is None and any(_range(pattern) is not None for pattern in listed)
    return undecided or is_allowed(listed, host)


def _matches(pattern: str, name: str, addresses: list[Address]) -> bool:
    within = _range(pattern)
    if within is None:
        return fnmatchcase(name, pattern.lower().rstrip("."))
    return any(_plain(address) in within for address in addresses)


def _plain(address: Address) -> Address:
    """An IPv4 address in IPv6's form as the IPv4 address: ::ffff:10.0.0.1 is 10.0.0.1."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _range(pattern: str) -> Range | None:
    """The range that a pattern spells, None for a name. An IPv4 range in IPv6's form becomes the IPv4 range."""
    try:
        network = ip_network(pattern)
    except ValueError:
        return None
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    return IPv4Network((mapped, network.prefixlen - 96)) if mapped and network.prefixlen >= 96 else network
