"""Where the tests keep what is made once and used again by later sessions: always outside the tree."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

CACHE = Path(os.environ.get("NECTAR_CACHE") or Path.home() / ".cache" / "nectar")
BYTECODE = CACHE / "bytecode"


def compile_once() -> None:
    """Lets this process and its children share compiled modules.

    Some machines forbid Python to write bytecode. Each of a thousand `nectar` processes would then compile all of Nectar.
    A copy with a planted bug is left alone: two bugs in one file may have one size and one second, and would share bytecode.
    """
    if "NECTAR_MUTANTS" not in os.environ:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(BYTECODE)
        sys.dont_write_bytecode, sys.pycache_prefix = False, str(BYTECODE)


def forget_temporary() -> None:
    """Removes the bytecode of modules in temporary folders: no later session finds those modules again."""
    shutil.rmtree(BYTECODE / Path(tempfile.gettempdir()).resolve().relative_to("/"), ignore_errors=True)
