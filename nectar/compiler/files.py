"""The compiled plan as files: each is there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.ddl import StatementKind, render
from nectar.compiler.readable import as_json
from nectar.errors import FatalError

AT_ONCE = (StatementKind.TABLE, StatementKind.PRE_SPLIT, StatementKind.ESSENTIAL_INDEX)
AFTERWARDS = tuple(kind for kind in StatementKind if kind not in AT_ONCE)


def write_files(compiled: CompiledPlan, dialect: str, folder: Path) -> list[Path]:
    """`plan.json`, `schema.sql` (to run before loading) and `deferred.sql` (after it) in `folder`, made when it is not there.

    Files of these names are replaced. Errors: FatalError NEC-C001 when the folder cannot be written.
    """
    texts = {
        "plan.json": as_json(compiled),
        "schema.sql": render(compiled, dialect, AT_ONCE),
        "deferred.sql": render(compiled, dialect, AFTERWARDS),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(folder / name, text) for name, text in texts.items()]
    except OSError as error:
        raise FatalError(
            f"the compiled plan cannot be written: {error.strerror}",
            where=str(error.filename or folder),
            hint="give --out a folder that you may write to",
            code="NEC-C001",
        ) from error


def _write(path: Path, text: str) -> Path:
    """Beside it first, then in its place in one step."""
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except OSError:
        os.unlink(beside)
        raise
    return path
