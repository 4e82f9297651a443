"""Check a profile's SQLite file step by step, without creating or changing it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw

from nectar.errors import NectarError, SinkError, TransientError
from nectar.sinks.check_step import Note, Outcome, Step, failed, not_reached, passed
from nectar.sinks.sqlite.connection import open_to_read, refuse_no_file, translated
from nectar.sinks.sqlite.state import OWN
from nectar.sinks.stored import PLANS, stored_plan

OLDEST = (3, 37)  # STRICT tables
LITTLE = 1 << 30


def check_file(path: Path) -> Iterator[Step]:
    """Yield each step as soon as it is known. Those after a failure are not reached."""
    looks: dict[str, Callable[[Path], Step]] = {
        "sqlite": _version,
        "folder": _folder,
        "file": _file,
        "database": _database,
        "writable": _writable,
    }
    names = list(looks)
    for at, name in enumerate(names, 1):
        try:
            step = looks[name](path)
        except NectarError as error:
            step = failed(name, error)
        yield step
        if step.outcome is Outcome.FAILED:
            yield from not_reached(names[at:])
            return


def _version(_path: Path) -> Step:
    version = apsw.sqlite_lib_version()
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        raise SinkError(f"SQLite is {version}, which has no STRICT tables", hint="pip install --upgrade apsw", code="NEC-K022")
    return passed("sqlite", version, version=version)


def _folder(path: Path) -> Step:
    folder = path.parent
    if not folder.is_dir():
        raise SinkError("there is no such folder", where=str(folder), hint=f"make it: mkdir -p {folder}", code="NEC-K015")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SinkError("the folder cannot be written", where=str(folder), hint="let this user write there", code="NEC-K016")
    free = shutil.disk_usage(folder).free
    notes = [Note(f"only {free / 1e9:,.1f} GB are free", "make room: mainnet in full takes hundreds")] if free < LITTLE else []
    return passed("folder", f"{folder.resolve()}, {free / 1e9:,.1f} GB free", notes, folder=str(folder.resolve()), free=free)


def _file(path: Path) -> Step:
    refuse_no_file(path)
    if not path.exists():
        return passed("file", f"{path} is not there yet: `nectar run` makes it", exists=False, size=0)
    size = path.stat().st_size
    return passed("file", f"{path}, {size / 1e6:,.1f} MB", exists=True, size=size)


def _database(path: Path) -> Step:
    if not path.exists() or not path.stat().st_size:
        return passed("database", "empty", tables=0)
    db = open_to_read(path)
    with translated(str(path)):
        names = {str(name) for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        plans = list(db.execute(PLANS)) if "nectar_plan" in names else []
        mode = db.pragma("journal_mode")
    db.close()
    if not names:
        return passed("database", "empty", tables=0)
    if not plans:
        what = f"it has {len(names)} tables that Nectar did not make"
        raise SinkError(what, where=str(path), hint="name another file; nothing was changed in this one", code="NEC-K003")
    plan = stored_plan(plans, names, OWN, str(path))
    says = f"filled by plan {plan.name} ({plan.fingerprint})"
    return passed("database", says, tables=len(names), plan=plan.name, fingerprint=plan.fingerprint, journal_mode=mode)


def _writable(path: Path) -> Step:
    """Take the lock that a writer takes, and release it at once."""
    if not path.exists():
        return passed("writable", "its folder is")
    try:
        with translated(str(path)):
            db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
            db.set_busy_timeout(0)
            if db.readonly("main"):
                raise SinkError("the file cannot be written", where=str(path), hint="make it writable", code="NEC-K016")
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
            db.close()
    except TransientError:
        return passed("writable", "held", [Note("another process is writing to it at this moment", "wait, or stop that one")])
    return passed("writable", "nobody else is writing to it")
