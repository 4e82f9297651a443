"""Peers as processes: started, waited for, stopped by pid."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

PATIENCE = 120


@contextmanager
def running(command: Sequence[str | Path]) -> Iterator[str]:
    """A server; gives what it says after `ready`: the port, where it chose one."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("ready"), process.communicate(timeout=10)[1]
        yield line.removeprefix("ready").strip()
    finally:
        process.terminate()
        process.communicate(timeout=20)


def pallas_server(pallas: Path, at: str | Path, chunks: Path, *more: str | Path, magic: int = 2) -> list[str | Path]:
    """`at` is a path, or host:port."""
    where: list[str | Path] = ["--tcp", at] if isinstance(at, str) else ["--socket", at]
    return [pallas, "serve", *where, "--magic", str(magic), "--chunks", chunks, *more]


def nectar_server(at: str | Path, chunks: Path, *more: str | Path, network: str = "preview") -> list[str | Path]:
    return [sys.executable, "-m", "nectar", "node", "serve", chunks, "--socket", at, "--network", network, *more]


def answer(command: Sequence[str | Path], code: int = 0) -> Any:
    """The line of JSON that a client prints."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout)


def pallas_reader(pallas: Path, at: Path, *more: str, magic: int = 2) -> list[str | Path]:
    return [pallas, "read", "--socket", at, "--magic", str(magic), *more]
