"""The server's limits that matter to a writer, with a note on each that is too low."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nectar.config.profile.model import Server
from nectar.mysql.product import Product
from nectar.sinks.check_step import Note, Step, passed
from nectar.sinks.mysql.check.query import Asking, Refused

_MIB = 1 << 20
_EVERYWHERE = ("max_allowed_packet", "wait_timeout", "local_infile", "max_connections", "require_secure_transport")
_INNODB = (
    "read_only",
    "super_read_only",
    "innodb_buffer_pool_size",
    "innodb_log_file_size",
    "innodb_redo_log_capacity",
    "innodb_flush_log_at_trx_commit",
    "sync_binlog",
)
_TIDB = ("tidb_mem_quota_query", "tidb_restricted_read_only", "tidb_super_read_only")
_CONFIG = "txn-total-size-limit"
_SHOWN = {
    "max_allowed_packet": "packet",
    "wait_timeout": "idle for",
    "max_connections": "connections",
    "local_infile": "LOAD DATA LOCAL",
    "innodb_buffer_pool_size": "buffer pool",
    "innodb_log_file_size": "redo log",
    "innodb_redo_log_capacity": "redo log",
    "tidb_mem_quota_query": "memory a statement",
    _CONFIG: "transaction",
}
SMALL_POOL, SMALL_LOG = 512 * _MIB, 256 * _MIB


def look_at_limits(ask: Asking, product: Product) -> Step:
    """Read the limits and judge them. Errors: Refused."""
    values: dict[str, Any] = {name: _value(text) for name, text in _read(ask, product).items()}
    shown = [f"{words} {_said(name, values[name])}" for name, words in _SHOWN.items() if name in values]
    return passed("limits", ", ".join(shown), _notes(values, ask.server), **values)


def _read(ask: Asking, product: Product) -> Mapping[str, str]:
    if not product.is_tidb:
        variables = ask.variables(*_EVERYWHERE, *_INNODB)
        if "innodb_redo_log_capacity" in variables:  # MySQL 8.0.30 and newer use it, and still show the other
            variables.pop("innodb_log_file_size", None)
        return variables
    variables = ask.variables(*_EVERYWHERE)
    for name in _TIDB:
        value = ask.variable(name)
        if value is not None:
            variables[name] = value
    if not product.is_starter:
        variables.update(_configured(ask))
    return variables


def _configured(ask: Asking) -> dict[str, str]:
    """The limit in TiDB's configuration, which only some users may read."""
    try:
        rows = ask.rows(f"SHOW CONFIG WHERE type = 'tidb' AND name = 'performance.{_CONFIG}'")
    except Refused as refused:
        if refused.lost:
            raise
        return {}
    return {_CONFIG: str(rows[0][-1])} if rows else {}


def _value(text: str) -> Any:
    return int(text) if text.isdecimal() else text


def _said(name: str, value: Any) -> str:
    if not isinstance(value, int):
        return str(value).lower()
    if name == "wait_timeout":
        return f"{value:,} s"
    return f"{value:,}" if name == "max_connections" else size_text(value)


def size_text(count: int) -> str:
    """A number of bytes, for people."""
    for unit, name in ((1 << 30, "GiB"), (_MIB, "MiB"), (1 << 10, "KiB")):
        if count >= unit:
            return f"{count / unit:,.{0 if count % unit == 0 else 1}f} {name}"
    return f"{count:,} bytes"


def _is_on(values: Mapping[str, Any], name: str) -> bool | None:
    """None when the server did not say."""
    return None if name not in values else str(values[name]).upper() in ("ON", "1", "YES")


def _notes(values: Mapping[str, Any], server: Server) -> Iterator[Note]:
    for name in ("read_only", "super_read_only", "tidb_restricted_read_only", "tidb_super_read_only"):
        if _is_on(values, name):
            what = f"{name} is on: the server takes no writes, or only from some users"
            yield Note(what, "write to the primary, not to a replica")
    if server.load_data and _is_on(values, "local_infile") is False:
        what = "local_infile is off: rows go by INSERT, which is slower"
        yield Note(what, "SET GLOBAL local_infile = 1, and in the server's configuration")
    packet = values.get("max_allowed_packet")
    if isinstance(packet, int) and packet < server.statement_bytes:
        yield Note(
            f"max_allowed_packet is {size_text(packet)}: statements are cut to fit, and a row larger than that cannot be written",
            f"raise it to {size_text(64 * _MIB)} on the server",
        )
    idle = values.get("wait_timeout")
    if isinstance(idle, int) and idle < server.pool.recycle:
        what = f"the server closes connections that are idle for {idle:,} s, before Nectar opens them again"
        yield Note(what, f"write recycle_seconds = {max(idle // 2, 1)} in [pool], or raise wait_timeout")
    most = values.get("max_connections")
    if isinstance(most, int) and 0 < most < server.pool.size + 2:
        what = f"the server takes {most:,} connections, and the pool has {server.pool.size}"
        yield Note(what, "raise max_connections, or lower [pool] size")
    yield from _slow(values)


def _slow(values: Mapping[str, Any]) -> Iterator[Note]:
    pool = values.get("innodb_buffer_pool_size")
    if isinstance(pool, int) and pool < SMALL_POOL:
        what = f"the buffer pool is {size_text(pool)}: loading slows down once indexes outgrow it"
        yield Note(what, "raise innodb_buffer_pool_size")
    log = values.get("innodb_redo_log_capacity", values.get("innodb_log_file_size"))
    if isinstance(log, int) and log < SMALL_LOG:
        name = "innodb_redo_log_capacity" if "innodb_redo_log_capacity" in values else "innodb_log_file_size"
        yield Note(f"the redo log is {size_text(log)}: bulk loads wait for it to be emptied", f"raise {name}")
