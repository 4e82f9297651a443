"""One SQLite file opened for loading, and what its errors mean."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from nectar.errors import NectarError, SinkError, TransientError

PAGE_SIZE = 8192
CACHE_KIB = 64 * 1024
WAL_PAGES = 4_000              # 32 MB of log before it is copied into the file
BUSY_MS = 5_000

_SINK = "NEC-K001"
_MEANING: dict[type[apsw.Error], tuple[type[NectarError], str, str]] = {
    apsw.BusyError: (TransientError, "NEC-K010", "another process is writing to it; wait, or stop that one"),
    apsw.LockedError: (TransientError, "NEC-K010", "another process is writing to it; wait, or stop that one"),
    apsw.FullError: (SinkError, "NEC-K011", "the disk is full: make room and run again, nothing is lost"),
    apsw.IOError: (SinkError, "NEC-K012", "the disk could not be read or written; check it and run again"),
    apsw.CorruptError: (SinkError, "NEC-K013", "the file is damaged: restore it, or index into a new one"),
    apsw.NotADBError: (SinkError, "NEC-K014", "name another file: this one is not a SQLite database"),
    apsw.CantOpenError: (SinkError, "NEC-K015", "check that the folder exists and may be written"),
    apsw.ReadOnlyError: (SinkError, "NEC-K016", "make the file and its folder writable"),
    apsw.PermissionsError: (SinkError, "NEC-K016", "make the file and its folder writable"),
    apsw.AuthError: (SinkError, "NEC-K016", "make the file and its folder writable"),
    apsw.TooBigError: (SinkError, "NEC-K017", "a value is larger than SQLite takes"),
    apsw.NoMemError: (SinkError, "NEC-K018", "memory ran out: lower [performance] batch_bytes or workers"),
    apsw.InterruptError: (SinkError, "NEC-K019", "the statement was interrupted; run again"),
    apsw.SchemaChangeError: (SinkError, "NEC-K020", "its tables were changed by somebody else meanwhile"),
    apsw.ConstraintError: (SinkError, "NEC-K021", "rows of these slots are there already: was it filled by other means?"),
    apsw.ProtocolError: (SinkError, "NEC-K012", "file locking does not work there; use a local disk"),
    apsw.NoLFSError: (SinkError, "NEC-K012", "the file system cannot hold large files"),
}


@contextmanager
def translated(path: str) -> Iterator[None]:
    """SQLite's errors become Nectar's, by the one table above; others are bugs and pass."""
    try:
        yield
    except apsw.Error as error:
        found = _MEANING.get(type(error))
        if found is None:
            raise
        kind, code, hint = found
        raise kind(f"the database refused: {error}", where=path, hint=hint, code=code) from error


def open_file(path: Path, *, create: bool) -> apsw.Connection:
    """A connection in write-ahead mode. A new file gets the page size; an old one keeps its own."""
    flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if create else 0)
    with translated(str(path)):
        connection = apsw.Connection(str(path), flags=flags)
        connection.set_busy_timeout(BUSY_MS)
        connection.pragma("page_size", PAGE_SIZE)
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", 1)
        connection.pragma("cache_size", -CACHE_KIB)
        connection.pragma("wal_autocheckpoint", WAL_PAGES)
        connection.pragma("temp_store", 2)
        connection.execute("ATTACH ':memory:' AS w")
    return connection


def open_to_read(path: Path) -> apsw.Connection:
    with translated(str(path)):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(BUSY_MS)
    return connection


def close(connection: apsw.Connection) -> None:
    connection.close()
