"""[pool], [retry], [tunnel], [limits] and [audit] of one database, with the defaults of its connection_type."""

from __future__ import annotations

from nectar.config import codes
from nectar.config.document.positions import TomlPath
from nectar.config.profile.database_reader import DatabaseReader
from nectar.config.profile.defaults import Defaults
from nectar.config.profile.hosts import is_host, may_be_allowed, pattern_fault
from nectar.config.profile.keys import AuditKeys, LimitsKeys, PoolKeys, RetryKeys, TunnelKeys
from nectar.config.profile.model import Audit, ConnectionLimits, PoolSettings, Retry, Tunnel, Waits
from nectar.config.profile.pem_files import FileFault, check_private, read_whole

SECTIONS = ("pool", "retry", "tunnel", "limits", "audit")


def read_pool(reader: DatabaseReader, defaults: Defaults) -> PoolSettings:
    """Complains of times after which the service itself cuts connections."""
    keys = reader.keys(PoolKeys, "pool")
    lifetime = keys.lifetime_seconds or float(defaults.pool.lifetime)
    recycle = keys.recycle_seconds or min(float(defaults.pool.recycle), lifetime)
    _check_most(reader, "recycle_seconds", recycle, defaults.longest_recycle)
    _check_most(reader, "lifetime_seconds", lifetime, defaults.longest_lifetime)
    at = reader.section("pool", "recycle_seconds")
    if recycle > lifetime and keys.recycle_seconds is not None and reader.complaints.sound(at):
        what = "recycle_seconds does nothing: it is longer than lifetime_seconds"
        reader.complaints.add(codes.USELESS_KEY, what, at, suggestion=f"write at most {lifetime:g}")
    return PoolSettings(keys.size or defaults.pool.size, recycle, lifetime)


def _check_most(reader: DatabaseReader, key: str, value: float, most: float) -> None:
    if value > most:
        what = f"{key} is too long: the service cuts such connections itself"
        reader.complaints.add(codes.OUT_OF_RANGE, what, reader.section("pool", key), allowed=f"1 to {most:g}")


def read_batch_bytes(reader: DatabaseReader, defaults: Defaults) -> int:
    """Complains of more than one transaction can have."""
    size = reader.keys(LimitsKeys, "limits").batch_bytes or defaults.batch_bytes
    if size > defaults.most_batch_bytes:
        what = "batch_bytes is too much: TiDB refuses such a transaction (txn-total-size-limit)"
        reader.complaints.add(
            codes.TIDB_SIZE, what, reader.section("limits", "batch_bytes"), allowed=f"65536 to {defaults.most_batch_bytes}"
        )
    return size


def read_waits(reader: DatabaseReader, defaults: Defaults) -> Waits:
    """custom_dsn may set times too. The first connection may take at least as long as any other."""
    keys, usual = reader.keys(PoolKeys, "pool"), defaults.waits

    def seconds(key: str, default: float) -> float:
        return float(reader.dsn_keys.get(key) or getattr(keys, key) or default)

    connect = seconds("connect_seconds", usual.connect)
    first = seconds("first_connect_seconds", max(usual.first_connect, connect))
    return Waits(first, connect, seconds("read_seconds", usual.read), seconds("write_seconds", usual.write))


def read_retry(reader: DatabaseReader, defaults: Defaults) -> Retry:
    keys, usual = reader.keys(RetryKeys, "retry"), defaults.retry
    first = keys.first_seconds or float(usual.first)
    longest = keys.longest_seconds or float(max(usual.longest, first))
    if first > longest:
        what = "first_seconds is more than longest_seconds"
        reader.complaints.add(codes.CONTRADICTION, what, reader.section("retry", "first_seconds"), suggestion="write less")
    patience, quota = keys.patience_seconds or float(usual.patience), keys.quota_seconds or float(usual.quota)
    return Retry(first, longest, patience, quota)


def read_tunnel(reader: DatabaseReader, *, files: bool) -> Tunnel | None:
    """`files`: whether to check the key's file."""
    if not reader.complaints.has(reader.section("tunnel")):
        return None
    for key in ("host", "user"):
        if not reader.complaints.has(reader.section("tunnel", key)):
            reader.complaints.add(codes.MISSING_KEY, f"[tunnel] has no {key}", reader.section("tunnel"), at="key", spoils=False)
    keys = reader.keys(TunnelKeys, "tunnel")
    host = keys.host or ""
    place = reader.section("tunnel", "host")
    if host and not is_host(host):
        reader.complaints.add(codes.BAD_HOST, "host cannot be this text", place, allowed="a name or an address")
    key_path = reader.section("tunnel", "key_path")
    known_hosts = reader.section("tunnel", "known_hosts_path")
    tunnel = Tunnel(
        host,
        keys.port,
        keys.user or "",
        reader.path(key_path, keys.key_path),
        reader.reference(reader.section("tunnel", "password")),
        reader.path(known_hosts, keys.known_hosts_path),
    )
    if files:
        _check_key(reader, key_path, tunnel)
    return tunnel


def _check_key(reader: DatabaseReader, at: TomlPath, tunnel: Tunnel) -> None:
    if tunnel.key_path is None or not reader.complaints.sound(at):
        return
    try:
        read_whole(tunnel.key_path)
        check_private(tunnel.key_path)
    except FileFault as fault:
        what = f"key_path: {tunnel.key_path} {fault.what}"
        reader.complaints.add(codes.BAD_CERTIFICATE, what, at, suggestion=fault.hint)


def read_limits(reader: DatabaseReader) -> ConnectionLimits:
    """Complains of entries of allowed_hosts that are not patterns."""
    at = reader.section("limits", "allowed_hosts")
    keys = reader.keys(LimitsKeys, "limits")
    for index, pattern in enumerate(keys.allowed_hosts):
        fault = pattern_fault(pattern)
        if fault:
            what = f"allowed_hosts has a wrong entry: {fault}"
            allowed = "db.example.com, *.tidbcloud.com, 10.1.2.3, 10.0.0.0/8"
            reader.complaints.add(codes.BAD_HOST, what, (*at, index), allowed=allowed)
    return ConnectionLimits(keys.allowed_hosts, keys.attempts_per_minute or ConnectionLimits().attempts_per_minute)


def check_allowed(reader: DatabaseReader, limits: ConnectionLimits, host: str, place: TomlPath) -> None:
    """Complains of a host that no allowed name or range can match. Its addresses are checked when the name is resolved."""
    at = reader.section("limits", "allowed_hosts")
    if not host or not reader.complaints.sound(at) or not reader.complaints.sound(place):
        return
    if not may_be_allowed(limits.hosts, host):
        what = f"allowed_hosts leaves out the host that {place[-1]} names"
        hint = f"add it to allowed_hosts in [{'.'.join(map(str, at[:-1]))}]"
        reader.complaints.add(codes.HOST_NOT_ALLOWED, what, place, suggestion=hint)


def read_audit(reader: DatabaseReader) -> Audit:
    keys = reader.keys(AuditKeys, "audit")
    return Audit(reader.path(reader.section("audit", "file"), keys.file), keys.table or False)
