"""Writes the compiled plan as files; each is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.ddl.statements import StatementKind, render
from nectar.compiler.plan_json import as_json
from nectar.errors import FatalError
from nectar.whole_file import begins_with, write_whole

_OURS = {"plan.json": b'{\n  "fingerprint": "', "schema.sql": b"-- Nectar plan ", "deferred.sql": b"-- Nectar plan "}
AT_ONCE = (StatementKind.TABLE, StatementKind.PRE_SPLIT, StatementKind.ESSENTIAL_INDEX)
AFTERWARDS = tuple(kind for kind in StatementKind if kind not in AT_ONCE)


def write_files(compiled: CompiledPlan, dialect: str, folder: Path, *, force: bool = False) -> list[Path]:
    """Writes `plan.json`, `schema.sql` (to run before loading) and `deferred.sql` (after it) into `folder`, made when absent.

    Files of an earlier compilation are replaced, other files only with `force`. Errors: FatalError NEC-C001, also when the
    folder cannot be written.
    """
    texts = {
        "plan.json": as_json(compiled),
        "schema.sql": render(compiled, dialect, AT_ONCE, lists=True),
        "deferred.sql": render(compiled, dialect, AFTERWARDS, lists=True),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, begins in _OURS.items():
            if not force:
                _refuse_others(folder / name, begins)
        return [write_whole(folder / name, text, replace=True) for name, text in texts.items()]
    except OSError as error:
        raise FatalError(
            f"the compiled plan cannot be written: {error.strerror}",
            where=str(error.filename or folder),
            hint="give --out a folder that you may write to",
            code="NEC-C001",
        ) from error


def _refuse_others(path: Path, begins: bytes) -> None:
    """Refuses to replace a file that no earlier compilation wrote. Errors: FatalError NEC-C001."""
    if os.path.lexists(path) and not begins_with(path, begins):
        raise FatalError(
            "`nectar plan compile` did not write the file that is there, and does not replace it",
            where=str(path),
            hint="give --out another folder, or --force to replace it; nothing was written",
            code="NEC-C001",
        )
