"""How a database's connection is protected: the mode, its files, and what must not be asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nectar.config import codes
from nectar.config.profile.database_reader import DatabaseReader
from nectar.config.profile.hosts import is_loopback
from nectar.config.profile.model import ConnectionType, SslMode, Tls
from nectar.config.profile.pem_files import FileFault, FileNote, check_authorities, check_certificate, check_key

_UNPROTECTED = (SslMode.DISABLED, SslMode.PREFERRED)
_VERIFIED = (SslMode.VERIFY_CA, SslMode.VERIFY_IDENTITY)


def read_tls(table: DatabaseReader, kind: ConnectionType, host: str) -> Tls:
    """Complains of what contradicts itself, of files that would do nothing, and of an open connection to another machine."""
    files = {key: table.path(table.place(key), table.get(key)) for key in ("ssl_ca_path", "ssl_cert_path", "ssl_key_path")}
    mode = _mode(table, kind, host, files["ssl_ca_path"])
    if table.sound("ssl_mode", "ssl_enabled"):
        _check_enabled(table, mode)
        _check_open(table, mode, host)
        _check_useless(table, kind, mode, files)
    if kind is not ConnectionType.TIDB_SERVERLESS:
        _check_pair(table, files)
    return Tls(mode, *files.values())


def _mode(table: DatabaseReader, kind: ConnectionType, host: str, authorities: Path | None) -> SslMode:
    """Everything is checked unless the profile says otherwise; this machine itself need not even encrypt."""
    said = table.get("ssl_mode")
    if said is not None:
        return SslMode(said)
    enabled = table.get("ssl_enabled")
    if enabled is False:
        return SslMode.DISABLED
    if kind is ConnectionType.TIDB_SERVERLESS or authorities is not None or not is_loopback(host):
        return SslMode.VERIFY_IDENTITY
    return SslMode.REQUIRED if enabled else SslMode.PREFERRED


def _check_enabled(table: DatabaseReader, mode: SslMode) -> None:
    enabled = table.get("ssl_enabled")
    if enabled is True and mode in _UNPROTECTED:
        what = f"ssl_enabled is true, and ssl_mode {mode.value} may not encrypt"
    elif enabled is False and mode is not SslMode.DISABLED:
        what = f"ssl_enabled is false, and ssl_mode {mode.value} may encrypt"
    else:
        return
    table.complaints.add(codes.CONTRADICTION, what, table.place("ssl_enabled"), suggestion="leave ssl_enabled out")


def _check_open(table: DatabaseReader, mode: SslMode, host: str) -> None:
    allowed = table.get("allow_insecure", False)
    if mode in _UNPROTECTED and not is_loopback(host) and host and not allowed and table.sound("host", "allow_insecure"):
        key = "ssl_mode" if table.has("ssl_mode") else "ssl_enabled"
        what = f"ssl_mode {mode.value} lets everybody on the way to this host read and change what is sent"
        hint = 'write ssl_mode = "VERIFY_IDENTITY"; or allow_insecure = true, if that is meant'
        table.complaints.add(codes.INSECURE, what, table.place(key), suggestion=hint)
    if allowed and mode not in _UNPROTECTED:
        what = f"allow_insecure does nothing for ssl_mode {mode.value}"
        table.complaints.add(codes.USELESS_KEY, what, (*table.at, "allow_insecure"), at="key", suggestion="leave it out")


def _check_useless(table: DatabaseReader, kind: ConnectionType, mode: SslMode, files: dict[str, Path | None]) -> None:
    def useless(key: str, why: str, hint: str) -> None:
        if table.sound(key):
            table.complaints.add(codes.USELESS_KEY, f"{key} does nothing: {why}", table.place(key), at="key", suggestion=hint)

    if files["ssl_ca_path"] is not None and mode not in _VERIFIED:
        useless("ssl_ca_path", f"ssl_mode {mode.value} checks no certificate", 'write ssl_mode = "VERIFY_IDENTITY"')
    for key in ("ssl_cert_path", "ssl_key_path"):
        if files[key] is None:
            continue
        if kind is ConnectionType.TIDB_SERVERLESS:
            useless(key, "tidb-serverless takes no certificates of clients", "leave it out")
        elif mode is SslMode.DISABLED:
            useless(key, "ssl_mode DISABLED sends none", "leave it out")


def _check_pair(table: DatabaseReader, files: dict[str, Path | None]) -> None:
    for one, other in (("ssl_cert_path", "ssl_key_path"), ("ssl_key_path", "ssl_cert_path")):
        if files[one] is not None and files[other] is None and table.sound(one, other):
            table.complaints.add(codes.MISSING_KEY, f"{one} stands without {other}", table.place(one), at="key")


def check_tls_files(table: DatabaseReader, tls: Tls) -> None:
    """Opens the files that will be used. Complains of each that cannot be; notes what is about to expire."""
    if tls.mode in _VERIFIED:
        _check_file(table, "ssl_ca_path", tls.ca_path, check_authorities)
    if tls.mode is SslMode.DISABLED:
        return
    _check_file(table, "ssl_cert_path", tls.cert_path, check_certificate)
    _check_file(table, "ssl_key_path", tls.key_path, lambda path: check_key(path, tls.cert_path))


def _check_file(table: DatabaseReader, key: str, path: Path | None, check: Callable[[Path], FileNote | None]) -> None:
    if path is None or not table.sound(key):
        return
    try:
        found = check(path)
    except FileFault as fault:
        what = f"{key}: {path} {fault.what}"
        table.complaints.add(codes.BAD_CERTIFICATE, what, table.place(key), suggestion=fault.hint)
        return
    if found is not None and found.note:
        table.notes.append(f"{key}: {path} {found.note}")
