"""`nectar` as a process, for tests that look at what it prints and how it ends: forked from one that has imported Nectar."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.nectar_server import Request

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 120
_idle: list[subprocess.Popen[str]] = []


def run_nectar(
    *words: object,
    folder: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    given: str | bytes = b"",
    new_session: bool = False,
) -> subprocess.CompletedProcess[str]:
    """`nectar WORDS` in a folder, with `given` on its standard input; in the test's own environment where none is named.

    A PYTHONPATH of the environment's own gets an interpreter of its own: it may lead to a module with a bug.
    """
    variables = dict(os.environ if environment is None else environment)
    if variables.get("PYTHONPATH") not in (None, str(ROOT), os.environ.get("PYTHONPATH")):
        return _interpreter(words, folder, variables, given, new_session)
    with tempfile.TemporaryDirectory(prefix="nectar-command-") as streams:
        files = [Path(streams, name) for name in ("in", "out", "err")]
        for file, content in zip(files, (given.encode() if isinstance(given, str) else given, b"", b""), strict=True):
            file.write_bytes(content)
        code = _code_of(
            {
                "words": [str(word) for word in words],
                "folder": str(folder),
                "environment": variables,
                "streams": [str(file) for file in files],
                "new_session": new_session,
            }
        )
        out, err = (file.read_bytes().decode() for file in files[1:])
    return subprocess.CompletedProcess(["nectar", *map(str, words)], code, out, err)


def stop_servers() -> None:
    while _idle:
        with _idle.pop() as server:
            assert server.stdin is not None
            server.stdin.close()


def _code_of(request: Request) -> int:
    """By an idle server, or a new one: commands may run at the same time."""
    server = _idle.pop() if _idle else _started()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(request) + "\n")
    server.stdin.flush()
    if not select.select([server.stdout], [], [], PATIENCE_SECONDS)[0]:
        server.kill()
        raise AssertionError(f"nectar {' '.join(request['words'])} has not ended after {PATIENCE_SECONDS} s")
    code = int(server.stdout.readline())
    _idle.append(server)
    return code


def _interpreter(
    words: Sequence[object], folder: Path, variables: Mapping[str, str], given: str | bytes, new_session: bool
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nectar", *map(str, words)]
    sent = given.encode() if isinstance(given, str) else given
    done = subprocess.run(
        command,
        input=sent,
        capture_output=True,
        cwd=folder,
        env=variables,
        start_new_session=new_session,
        timeout=PATIENCE_SECONDS,
    )
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


def _started() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.nectar_server"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
