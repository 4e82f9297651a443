"""Open a SQLite file, and translate its errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from nectar.errors import NectarError, SinkError, TransientError

PAGE_SIZE = 8192
CACHE_KIB = 64 * 1024
WAL_PAGES = 4_000  # 32 MB of log, then SQLite copies it into the file
SMALLEST = 512  # bytes of a database; SQLite takes a file of one byte for an empty database
BUSY_MS = 1_000  # then the runner retries, since it hears signals and SQLite does not while it waits

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

_CHANGED = re.compile(r"no such (table|column|index|view)|has no column|has \d+ columns? but|\d+ values for \d+ columns")


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise SQLite's errors as Nectar's, by the table above. Errors that are not in it are bugs, and pass.

    The exception: an error about a table that somebody else changed becomes NEC-K020.
    """
    try:
        yield
    except apsw.Error as error:
        meaning = _MEANING.get(type(error))
        if meaning is None and _CHANGED.search(str(error)):
            meaning = _MEANING[apsw.SchemaChangeError]
        if meaning is None:
            raise
        kind, code, hint = meaning
        raise kind(f"the database refused: {error}", where=path, hint=hint, code=code) from error


def open_file(path: Path) -> apsw.Connection:
    """A connection to a file that may be new. Nothing is changed in it yet (see `set_pragmas`).

    Errors: SinkError NEC-K013, NEC-K014, NEC-K023, and those of `translated`.
    """
    refuse_no_file(path)
    if log_of(path).exists() and log_of(path).stat().st_size and path.exists() and not path.stat().st_size:
        what, hint = "its log is there, and the file is empty", "restore the file; or remove both, to begin again"
        raise SinkError(f"the database is damaged: {what}", where=str(path), hint=hint, code="NEC-K013")
    if path.is_file() and 0 < path.stat().st_size < SMALLEST:
        what, hint = "this file is too short for a SQLite database", "name another file; nothing was changed in this one"
        raise SinkError(what, where=str(path), hint=hint, code="NEC-K014")
    with translated(str(path)):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        connection.set_busy_timeout(BUSY_MS)
        connection.execute("SELECT count(*) FROM sqlite_master")
    return connection


def log_of(path: Path) -> Path:
    """The write-ahead log: SQLite writes commits there before it copies them into the file."""
    return path.with_name(f"{path.name}-wal")


def refuse_no_file(path: Path) -> None:
    """Errors: SinkError NEC-K023 of a database in memory, NEC-K015 of a folder."""
    if str(path) == ":memory:":
        what, hint = "a database in memory is gone when the command ends", "name a file: --db nectar.db"
        raise SinkError(what, where=str(path), hint=hint, code="NEC-K023")
    if path.is_dir():
        raise SinkError("this is a folder", where=str(path), hint="name a file in it: --db folder/nectar.db", code="NEC-K015")


class OpenedFile:
    """Identity and tables of a file when it was opened, to notice that somebody replaced or changed it since."""

    def __init__(self, path: Path, connection: apsw.Connection) -> None:
        self._path, self._connection = path, connection
        self._known = {file: _identity(file) for file in (path, log_of(path)) if _identity(file) is not None}
        self._schema, self._tables = connection.pragma("schema_version"), self._definitions()

    def check_tables(self) -> None:
        """Called within a transaction: a table missing in the file might be taken from the image of a batch.

        Errors: SinkError NEC-K020.
        """
        schema = self._connection.pragma("schema_version")
        if schema == self._schema:
            return
        now = self._definitions()
        changed = [name for name, sql in self._tables.items() if now.get(name) != sql]
        if changed:
            what = f"tables were changed by somebody else meanwhile: {', '.join(changed)}"
            hint = "restore the file from a backup, or index into a new one"
            raise SinkError(what, where=str(self._path), hint=hint, code="NEC-K020")
        self._schema = schema  # indexes and views come and go

    def _definitions(self) -> dict[str, str]:
        return dict(self._connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))

    def check(self) -> None:
        """Refuse to go on when the file was removed or replaced: SQLite would write into a file without a name.

        Errors: NEC-K024.
        """
        for path, known in self._known.items():
            now = _identity(path)
            if now != known:
                what = f"{path.name} was {'removed' if now is None else 'replaced'} while the job was running"
                hint = "put it back and run again, or run again to begin from the start; nothing more was written"
                raise SinkError(what, where=str(self._path), hint=hint, code="NEC-K024")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def set_pragmas(connection: apsw.Connection) -> None:
    """Set write-ahead mode, and attach `w` for the images of batches. A new file gets the page size; an old one keeps its own.

    Sorting for an index uses temporary files, not memory, because its size grows with the chain.
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
    refuse_no_file(path)
    with translated(str(path)):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(BUSY_MS)
        connection.execute("SELECT count(*) FROM sqlite_master")
    return connection


@contextmanager
def write_transaction(connection: apsw.Connection) -> Iterator[None]:
    """Everything or nothing. Waits for another writer up to the connection's busy timeout."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
