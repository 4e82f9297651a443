"""How a database's connection is protected: the TLS mode and its files, and complaints about them."""

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


def read_tls(reader: DatabaseReader, kind: ConnectionType, host: str) -> Tls:
    """Complains of contradictions, of files without an effect, and of an unprotected connection to another machine."""
    files = {key: reader.path(reader.place(key), reader.get(key)) for key in ("ssl_ca_path", "ssl_cert_path", "ssl_key_path")}
    mode = _mode(reader, kind, host, files["ssl_ca_path"])
    if reader.sound("ssl_mode", "ssl_enabled"):
        _check_enabled(reader, mode)
        _check_unprotected(reader, mode, host)
        _check_useless(reader, kind, mode, files)
    if kind is not ConnectionType.TIDB_SERVERLESS:
        _check_pair(reader, files)
    return Tls(mode, *files.values())


def _mode(reader: DatabaseReader, kind: ConnectionType, host: str, authorities: Path | None) -> SslMode:
    """VERIFY_IDENTITY unless the profile says otherwise; PREFERRED for this machine itself."""
    mode = reader.get("ssl_mode")
    if mode is not None:
        return SslMode(mode)
    enabled = reader.get("ssl_enabled")
    if enabled is False:
        return SslMode.DISABLED
    if kind is ConnectionType.TIDB_SERVERLESS or authorities is not None or not is_loopback(host):
        return SslMode.VERIFY_IDENTITY
    return SslMode.REQUIRED if enabled else SslMode.PREFERRED


def _check_enabled(reader: DatabaseReader, mode: SslMode) -> None:
    enabled = reader.get("ssl_enabled")
    if enabled is True and mode in _UNPROTECTED:
        what = f"ssl_enabled is true, and ssl_mode {mode.value} may not encrypt"
    elif enabled is False and mode is not SslMode.DISABLED:
        what = f"ssl_enabled is false, and ssl_mode {mode.value} may encrypt"
    else:
        return
    reader.complaints.add(codes.CONTRADICTION, what, reader.place("ssl_enabled"), suggestion="leave ssl_enabled out")


def _check_unprotected(reader: DatabaseReader, mode: SslMode, host: str) -> None:
    allowed = reader.get("allow_insecure", False)
    if mode in _UNPROTECTED and not is_loopback(host) and host and not allowed and reader.sound("host", "allow_insecure"):
        key = "ssl_mode" if reader.has("ssl_mode") else "ssl_enabled"
        what = f"ssl_mode {mode.value} lets everybody on the way to this host read and change what is sent"
        hint = 'write ssl_mode = "VERIFY_IDENTITY"; or allow_insecure = true, if that is meant'
        reader.complaints.add(codes.INSECURE, what, reader.place(key), suggestion=hint)
    if allowed and mode not in _UNPROTECTED:
        what = f"allow_insecure does nothing for ssl_mode {mode.value}"
        reader.complaints.add(codes.USELESS_KEY, what, (*reader.at, "allow_insecure"), at="key", suggestion="leave it out")


def _check_useless(reader: DatabaseReader, kind: ConnectionType, mode: SslMode, files: dict[str, Path | None]) -> None:
    def useless(key: str, why: str, hint: str) -> None:
        if reader.sound(key):
            reader.complaints.add(codes.USELESS_KEY, f"{key} does nothing: {why}", reader.place(key), at="key", suggestion=hint)

    if files["ssl_ca_path"] is not None and mode not in _VERIFIED:
        useless("ssl_ca_path", f"ssl_mode {mode.value} checks no certificate", 'write ssl_mode = "VERIFY_IDENTITY"')
    for key in ("ssl_cert_path", "ssl_key_path"):
        if files[key] is None:
            continue
        if kind is ConnectionType.TIDB_SERVERLESS:
            useless(key, "tidb-serverless takes no certificates of clients", "leave it out")
        elif mode is SslMode.DISABLED:
            useless(key, "ssl_mode DISABLED sends none", "leave it out")


def _check_pair(reader: DatabaseReader, files: dict[str, Path | None]) -> None:
    for key, other in (("ssl_cert_path", "ssl_key_path"), ("ssl_key_path", "ssl_cert_path")):
        if files[key] is not None and files[other] is None and reader.sound(key, other):
            reader.complaints.add(codes.MISSING_KEY, f"{key} stands without {other}", reader.place(key), at="key")


def check_tls_files(reader: DatabaseReader, tls: Tls) -> None:
    """Opens the files that will be used. Complains of each that cannot be used, and notes each that is about to expire."""
    if tls.mode in _VERIFIED:
        _check_file(reader, "ssl_ca_path", tls.ca_path, check_authorities)
    if tls.mode is SslMode.DISABLED:
        return
    _check_file(reader, "ssl_cert_path", tls.cert_path, check_certificate)
    _check_file(reader, "ssl_key_path", tls.key_path, lambda path: check_key(path, tls.cert_path))


def _check_file(reader: DatabaseReader, key: str, path: Path | None, check: Callable[[Path], FileNote | None]) -> None:
    if path is None or not reader.sound(key):
        return
    try:
        file_note = check(path)
    except FileFault as fault:
        what = f"{key}: {path} {fault.what}"
        reader.complaints.add(codes.BAD_CERTIFICATE, what, reader.place(key), suggestion=fault.hint)
        return
    if file_note is not None and file_note.note:
        reader.notes.append(f"{key}: {path} {file_note.note}")
