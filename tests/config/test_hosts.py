"""Which hosts are this machine's own, which are TiDB Cloud's, and which a list allows."""

from __future__ import annotations

import pytest

from nectar.config.profile.hosts import is_allowed, is_cloud, is_gateway, is_host, is_loopback, may_be_allowed, pattern_fault

HERE = ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]
ELSEWHERE = ["localhost.example.com", "mylocalhost", "128.0.0.1", "0.0.0.0", "::", "::ffff:10.0.0.1", "db", "10.0.0.1"]


@pytest.mark.parametrize("host", HERE)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)
    assert is_host(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_another_machine(host: str) -> None:
    assert not is_loopback(host)
    assert is_host(host)


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a..b", "-a", "10.0.0", "1.2.3.4.5", "a:1", "[::1]", "a/b", "a@b", "a" * 254, "é"]
)
def test_what_is_no_host(text: str) -> None:
    assert not is_host(text)


def test_tidb_clouds_hosts() -> None:
    assert is_gateway("gateway01.us-west-2.prod.aws.tidbcloud.com")
    assert not is_gateway("gateway01.example.com")
    assert not is_gateway("tidb.abc.clusters.tidb-cloud.com")
    assert is_cloud("tidb.abc.clusters.tidb-cloud.com")
    assert not is_cloud("tidbcloud.com.example.org")
    assert not is_cloud("nottidbcloud.com")


# patterns; host; its address; allowed; whether it may be before the address is known
ALLOWED = [
    ((), "any", "", True, True),
    (("db.example.com",), "DB.example.com.", "", True, True),
    (("db.example.com",), "example.com", "", False, False),
    (("*.example.com",), "a.b.example.com", "", True, True),
    (("*.example.com",), "example.com", "", False, False),
    (("*.example.com",), "a.example.com.evil.org", "", False, False),
    (("10.0.0.0/8",), "10.1.2.3", "", True, True),
    (("10.0.0.0/8",), "11.1.2.3", "", False, False),
    (("10.0.0.0/8",), "db", "10.1.2.3", True, True),
    (("10.0.0.0/8",), "db", "11.1.2.3", False, True),
    (("10.0.0.0/8",), "::ffff:10.0.0.1", "", True, True),
    (("2001:db8::/32",), "2001:db8:0::1", "", True, True),
    (("2001:db8::1",), "2001:0db8::0001", "", True, True),
    (("127.0.0.1",), "127.0.0.2", "", False, False),
    (("a", "b"), "b", "", True, True),
]


@pytest.mark.parametrize(("patterns", "host", "address", "allowed", "perhaps"), ALLOWED)
def test_a_list_of_hosts(patterns: tuple[str, ...], host: str, address: str, allowed: bool, perhaps: bool) -> None:
    assert is_allowed(patterns, host, address) is allowed
    assert may_be_allowed(patterns, host) is perhaps
    assert all(not pattern_fault(pattern) for pattern in patterns)


@pytest.mark.parametrize("pattern", ["10.0.0.1/8", "10.0.0/8", "a/b", "10.0.0", "a b", "[ab]", "http://x", "é"])
def test_what_is_no_pattern(pattern: str) -> None:
    assert pattern_fault(pattern)
