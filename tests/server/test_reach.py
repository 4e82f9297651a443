"""Where connections may go: by name, pattern, address and range; and the very address that was checked is the one connected to."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nectar.config.profile.hosts import is_allowed
from nectar.config.profile.model import ConnectionLimits
from nectar.errors import ConnectError, TransientError
from nectar.server import faults, resolve
from nectar.server.audit import AuditLog
from tests.mysql.programs import MARIADB, MYSQL
from tests.mysql.server import Server
from tests.server.making import asked, joined, server

pytestmark = pytest.mark.servers(MARIADB, MYSQL)

WHERE = "user@host:1/db"
#       patterns                            host                    its address         allowed
CASES = [
    ((), "db.example.com", "10.0.0.1", True),
    (("db.example.com",), "db.example.com", "10.0.0.1", True),
    (("DB.Example.com.",), "db.example.COM", "10.0.0.1", True),
    (("db.example.com",), "db.example.com.", "10.0.0.1", True),
    (("db.example.com",), "xdb.example.com", "10.0.0.1", False),
    (("db.example.com",), "db.example.com.evil", "10.0.0.1", False),
    (("*.tidbcloud.com",), "gw.prod.tidbcloud.com", "10.0.0.1", True),
    (("*.tidbcloud.com",), "tidbcloud.com", "10.0.0.1", False),
    (("*.tidbcloud.com",), "eviltidbcloud.com", "10.0.0.1", False),
    (("10.0.0.1",), "10.0.0.1", "10.0.0.1", True),
    (("10.0.0.1",), "db.example.com", "10.0.0.1", True),
    (("10.0.0.1",), "10.0.0.10", "10.0.0.10", False),
    (("10.0.0.1",), "10.0.0.1.evil.com", "192.0.2.1", False),
    (("10.0.0.0/8",), "db.example.com", "10.200.0.1", True),
    (("10.0.0.0/8",), "db.example.com", "11.0.0.1", False),
    (("10.0.0.0/8", "192.0.2.0/24"), "192.0.2.255", "192.0.2.255", True),
    (("10.0.0.0/8",), "10.evil.com", "192.0.2.1", False),
    (("10.0.0.0/8",), "db.example.com", "::ffff:10.0.0.1", True),
    (("10.0.0.0/8",), "::ffff:11.0.0.1", "::ffff:11.0.0.1", False),
    (("::ffff:10.0.0.0/104",), "db.example.com", "10.0.0.1", True),
    (("::ffff:10.0.0.1",), "10.0.0.1", "10.0.0.1", True),
    (("::ffff:10.0.0.1",), "10.0.0.2", "10.0.0.2", False),
    (("2001:db8::/32",), "db.example.com", "2001:db8::1", True),
    (("2001:db8::/32",), "2001:0DB8:0:0::1", "2001:db8::1", True),
    (("2001:db8::/32",), "db.example.com", "2001:db9::1", False),
    (("2001:db8::1",), "2001:db8:0:0:0:0:0:1", "2001:db8::1", True),
    (("::/0",), "db.example.com", "10.0.0.1", False),
    (("0.0.0.0/0",), "db.example.com", "2001:db8::1", False),
    (("fe80::/10",), "fe80::1%eth0", "fe80::1%eth0", True),
]


@pytest.mark.parametrize(("patterns", "host", "address", "allowed"), CASES)
def test_who_is_allowed(patterns: tuple[str, ...], host: str, address: str, allowed: bool) -> None:
    assert is_allowed(patterns, host, address) is allowed


@given(address=st.ip_addresses(), length=st.integers(0, 128), other=st.ip_addresses())
def test_a_range_is_what_its_bits_say(address: Any, length: int, other: Any) -> None:
    bits = address.max_prefixlen
    length = min(length, bits)
    base = int(address) >> (bits - length) << (bits - length)
    within = other.version == address.version and int(other) >> (bits - length) == base >> (bits - length)
    if getattr(other, "ipv4_mapped", None) or getattr(address, "ipv4_mapped", None):
        return
    assert is_allowed((f"{type(address)(base)}/{length}",), "name.example", str(other)) is within


def _found(*addresses: str) -> Callable[..., Any]:
    """A name service that says these; of the last call only, so that who asks twice is answered differently."""
    asked_before: list[object] = []

    def look_up(host: str, port: int, **_: object) -> list[Any]:
        assert not asked_before, "the name was looked up again"
        asked_before.append(host)
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [
            (family[":" in one], socket.SOCK_STREAM, 6, "", (one, port, 0, 0) if ":" in one else (one, port)) for one in addresses
        ]

    return look_up


def test_what_a_name_resolves_to_is_checked() -> None:
    with pytest.raises(ConnectError) as caught:
        resolve.socket_addresses("db.example.com", 1, WHERE, ("10.0.0.0/8",), look_up=_found("192.0.2.1", "2001:db8::1"))
    assert caught.value.code == faults.NOT_ALLOWED.code
    assert "192.0.2.1, 2001:db8::1" in str(caught.value)
    assert "nothing was sent" in str(caught.value)


def test_addresses_that_are_not_allowed_are_left_out() -> None:
    found = resolve.socket_addresses(
        "db.example.com", 1, WHERE, ("10.0.0.0/8",), look_up=_found("192.0.2.1", "10.0.0.1", "10.0.0.1", "10.0.0.2")
    )
    assert [place.address for place in found] == ["10.0.0.1", "10.0.0.2"]


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 300, "exa mple", "b\u00fccher..de", "\ud800"])
def test_a_name_that_is_none(host: str) -> None:
    with pytest.raises(TransientError) as caught:
        resolve.socket_addresses(host, 1, WHERE)
    assert caught.value.code == faults.UNKNOWN_NAME.code


def test_the_address_that_was_checked_is_connected_to(secured: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name service that says something else the second time leads nowhere: nobody asks it a second time."""
    real = socket.getaddrinfo
    answers = [_found("127.0.0.1")]

    def look_up(host: str, port: int, *others: object, **more: object) -> Any:
        if host == "moving.example":
            return answers.pop()(host, port, **more)
        return real(host, port, *others, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(resolve.socket_addresses, "__kwdefaults__", {"look_up": look_up})
    to = server(secured.port, host="moving.example", limits=ConnectionLimits(("127.0.0.0/8",), 100))
    with joined(to) as connection:
        assert asked(connection, "SELECT 1") == [(1,)]
        assert connection.facts.address == "127.0.0.1"
    answers.append(_found("192.0.2.1"))
    audit = AuditLog()
    with pytest.raises(ConnectError) as caught:
        joined(to, audit=audit)
    assert caught.value.code == faults.NOT_ALLOWED.code
    (record,) = audit.records
    assert (record.outcome, record.host, record.address) == (faults.NOT_ALLOWED.code, "moving.example", "")


def test_every_allowed_address_is_tried(secured: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server listens at the second alone; both attempts are on record."""
    monkeypatch.setattr(resolve.socket_addresses, "__kwdefaults__", {"look_up": _found("127.0.0.77", "127.0.0.1")})
    audit = AuditLog()
    joined(server(secured.port, host="two.example"), audit=audit).close()
    assert [(one.address, one.outcome) for one in audit.records] == [("127.0.0.77", faults.REFUSED.code), ("127.0.0.1", "ok")]


def test_ipv6() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        port = listener.getsockname()[1]
        (place,) = resolve.socket_addresses("[::1]", port, WHERE, ("::1",))
        resolve.open_stream(place, 2, WHERE).close()
        stream, address = listener.accept()
        stream.close()
        assert address[0] == "::1"


def test_nobody_listens_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TransientError) as caught:
        joined(server(port))
    assert caught.value.code == faults.REFUSED.code
