"""`nectar` as a user runs it: a process of its own, in an environment that holds nothing but what a test puts there."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.cache import BYTECODE
from tests.commands import run_nectar
from tests.conftest import ROOT

PATIENCE_SECONDS = 60


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    plain = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT), "COLUMNS": "200", "LANG": "C.UTF-8"}
    python = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "PYTHONPYCACHEPREFIX": str(BYTECODE)}
    return plain | python | dict(more or {})


def nectar(
    *arguments: object,
    home: Path,
    code: int = 0,
    given: str | bytes = b"",
    variables: Mapping[str, str] | None = None,
    **more: str,
) -> subprocess.CompletedProcess[str]:
    """In the folder `home`, without a terminal and in a session of its own; `more` are variables."""
    variables = environment(home, {**(variables or {}), **more})
    told = run_nectar(*arguments, folder=home, environment=variables, given=given, new_session=True)
    assert told.returncode == code, told.stdout + told.stderr
    return told


def on_a_terminal(*arguments: object, home: Path, typed: list[str], code: int = 0, **more: str) -> str:
    """What the terminal shows. Each of `typed` is a line, typed when the command asks for something."""
    process_id, ours = pty.fork()
    if process_id == 0:
        os.chdir(home)
        os.execve(sys.executable, [sys.executable, "-m", "nectar", *map(str, arguments)], environment(home, more))
    shown = b""
    with suppress(OSError):  # what a terminal without a process answers
        while select.select([ours], [], [], PATIENCE_SECONDS)[0] and (piece := os.read(ours, 65_536)):
            shown += piece
            if typed and shown.endswith(b": "):  # the space comes when letters are not shown any more
                os.write(ours, typed.pop(0).encode() + b"\n")
    os.close(ours)
    assert os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1]) == code, shown
    return shown.decode().replace("\r\n", "\n")
