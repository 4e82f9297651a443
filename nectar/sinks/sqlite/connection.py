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
BUSY_MS = 1_000                # the runner tries again: it hears signals, and SQLite does not while it waits

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


def open_file(path: Path) -> apsw.Connection:
    """A connection to a file that may be new; nothing is changed in it yet (see `prepare`)."""
    with translated(str(path)):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        connection.set_busy_timeout(BUSY_MS)
        connection.execute("SELECT count(*) FROM sqlite_master")
    return connection


def prepare(connection: apsw.Connection) -> None:
    """Write-ahead mode, and `w` for the images of batches. A new file gets the page size; an old one keeps its own.

    Temporary files, not memory, for what sorting an index needs: it grows with the chain.
    """
    connection.pragma("page_size", PAGE_SIZE)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", 1)
    connection.pragma("cache_size", -CACHE_KIB)
    connection.pragma("wal_autocheckpoint", WAL_PAGES)
    connection.pragma("temp_store", 1)
    connection.execute("ATTACH ':memory:' AS w")


def open_to_read(path: Path) -> apsw.Connection:
    """A connection that changes nothing. Errors: SinkError, as for writing."""
    with translated(str(path)):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(BUSY_MS)
        connection.execute("SELECT count(*) FROM sqlite_master")
    return connection


@contextmanager
def transaction(connection: apsw.Connection) -> Iterator[None]:
    """Everything or nothing; waits for another writer as long as the connection's patience lasts."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
