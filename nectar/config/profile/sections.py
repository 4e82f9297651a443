"""[pool], [retry], [tunnel], [limits] and [audit] of one database, with its kind's defaults."""

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


def read_pool(table: DatabaseReader, defaults: Defaults) -> PoolSettings:
    """Complains of times beyond which the service itself cuts connections."""
    keys = table.keys(PoolKeys, "pool")
    lifetime = keys.lifetime_seconds or float(defaults.pool.lifetime)
    recycle = keys.recycle_seconds or min(float(defaults.pool.recycle), lifetime)
    _check_most(table, "recycle_seconds", recycle, defaults.longest_recycle)
    _check_most(table, "lifetime_seconds", lifetime, defaults.longest_lifetime)
    at = table.section("pool", "recycle_seconds")
    if recycle > lifetime and keys.recycle_seconds is not None and table.complaints.sound(at):
        what = "recycle_seconds does nothing: it is longer than lifetime_seconds"
        table.complaints.add(codes.USELESS_KEY, what, at, suggestion=f"write at most {lifetime:g}")
    return PoolSettings(keys.size or defaults.pool.size, recycle, lifetime)


def _check_most(table: DatabaseReader, key: str, value: float, most: float) -> None:
    if value > most:
        what = f"{key} is too long: the service cuts such connections itself"
        table.complaints.add(codes.OUT_OF_RANGE, what, table.section("pool", key), allowed=f"1 to {most:g}")


def read_batch_bytes(table: DatabaseReader, defaults: Defaults) -> int:
    """Complains of more than one transaction may have."""
    size = table.keys(LimitsKeys, "limits").batch_bytes or defaults.batch_bytes
    if size > defaults.most_batch_bytes:
        what = "batch_bytes is too much: TiDB refuses such a transaction (txn-total-size-limit)"
        table.complaints.add(
            codes.TIDB_SIZE, what, table.section("limits", "batch_bytes"), allowed=f"65536 to {defaults.most_batch_bytes}"
        )
    return size


def read_waits(table: DatabaseReader, defaults: Defaults) -> Waits:
    """custom_dsn may set times too. The first connection may take at least as long as any other."""
    keys, usual = table.keys(PoolKeys, "pool"), defaults.waits

    def seconds(key: str, default: float) -> float:
        return float(table.said.get(key) or getattr(keys, key) or default)

    connect = seconds("connect_seconds", usual.connect)
    first = seconds("first_connect_seconds", max(usual.first_connect, connect))
    return Waits(first, connect, seconds("read_seconds", usual.read), seconds("write_seconds", usual.write))


def read_retry(table: DatabaseReader, defaults: Defaults) -> Retry:
    keys, usual = table.keys(RetryKeys, "retry"), defaults.retry
    first = keys.first_seconds or float(usual.first)
    longest = keys.longest_seconds or float(max(usual.longest, first))
    if first > longest:
        what = "first_seconds is more than longest_seconds"
        table.complaints.add(codes.CONTRADICTION, what, table.section("retry", "first_seconds"), suggestion="write less")
    patience, quota = keys.patience_seconds or float(usual.patience), keys.quota_seconds or float(usual.quota)
    return Retry(first, longest, patience, quota)


def read_tunnel(table: DatabaseReader, *, files: bool) -> Tunnel | None:
    """`files`: whether the key's file is looked at."""
    if not table.complaints.has(table.section("tunnel")):
        return None
    for key in ("host", "user"):
        if not table.complaints.has(table.section("tunnel", key)):
            table.complaints.add(codes.MISSING_KEY, f"[tunnel] has no {key}", table.section("tunnel"), at="key", spoils=False)
    keys = table.keys(TunnelKeys, "tunnel")
    host = keys.host or ""
    place = table.section("tunnel", "host")
    if host and not is_host(host):
        table.complaints.add(codes.BAD_HOST, "host cannot be this text", place, allowed="a name or an address")
    key_path = table.section("tunnel", "key_path")
    known_hosts = table.section("tunnel", "known_hosts_path")
    tunnel = Tunnel(
        host,
        keys.port,
        keys.user or "",
        table.path(key_path, keys.key_path),
        table.reference(table.section("tunnel", "password")),
        table.path(known_hosts, keys.known_hosts_path),
    )
    if files:
        _check_key(table, key_path, tunnel)
    return tunnel


def _check_key(table: DatabaseReader, at: TomlPath, tunnel: Tunnel) -> None:
    if tunnel.key_path is None or not table.complaints.sound(at):
        return
    try:
        read_whole(tunnel.key_path)
        check_private(tunnel.key_path)
    except FileFault as fault:
        what = f"key_path: {tunnel.key_path} {fault.what}"
        table.complaints.add(codes.BAD_CERTIFICATE, what, at, suggestion=fault.hint)


def read_limits(table: DatabaseReader) -> ConnectionLimits:
    """Complains of entries of allowed_hosts that are no pattern."""
    at = table.section("limits", "allowed_hosts")
    keys = table.keys(LimitsKeys, "limits")
    for index, pattern in enumerate(keys.allowed_hosts):
        fault = pattern_fault(pattern)
        if fault:
            what = f"allowed_hosts has a wrong entry: {fault}"
            allowed = "db.example.com, *.tidbcloud.com, 10.1.2.3, 10.0.0.0/8"
            table.complaints.add(codes.BAD_HOST, what, (*at, index), allowed=allowed)
    return ConnectionLimits(keys.allowed_hosts, keys.attempts_per_minute or ConnectionLimits().attempts_per_minute)


def check_allowed(table: DatabaseReader, limits: ConnectionLimits, host: str, place: TomlPath) -> None:
    """Names are checked again when they are resolved; here, against the names that are allowed."""
    at = table.section("limits", "allowed_hosts")
    if not host or not table.complaints.sound(at) or not table.complaints.sound(place):
        return
    if not may_be_allowed(limits.hosts, host):
        what = f"allowed_hosts leaves out the host that {place[-1]} names"
        hint = f"add it to allowed_hosts in [{'.'.join(map(str, at[:-1]))}]"
        table.complaints.add(codes.HOST_NOT_ALLOWED, what, place, suggestion=hint)


def read_audit(table: DatabaseReader) -> Audit:
    keys = table.keys(AuditKeys, "audit")
    return Audit(table.path(table.section("audit", "file"), keys.file), keys.table or False)
