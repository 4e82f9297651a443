"""A process that has imported what tests need and forks for each question: `python tests/mutants/forker.py TREE`.

A question is a line of JSON: the tests to run in the tree and the seconds they may take. The answer is a line too: pytest's exit
code, the seconds, whether the time ran out, the test that failed and the last lines. Nectar itself is never imported before the
fork, because it is what changes.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from typing import Any

COSTLY = (
    "pytest",
    "hypothesis",
    "cbor2",
    "apsw",
    "lark",
    "re2",
    "hyperscan",
    "jsonschema",
    "typer",
    "rich.progress",
    "cryptography.x509",
    "pymysql",
)
OPTIONS = (
    "-x",
    "-q",
    "--no-header",
    "--tb=line",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",  # about the modules that were imported before the fork
)
GRACE = 20.0


def main(tree: str) -> None:
    os.chdir(tree)
    sys.path[0] = tree
    for name in COSTLY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), flush=True)


def answer(tests: list[str], seconds: float) -> dict[str, Any]:
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        child = os.fork()
        if child == 0:
            _run(tests, output.fileno())
        code, late = _wait(child, began + seconds)
        output.seek(0)
        text = output.read()
    failed = next((line for line in text.splitlines() if line.startswith(("FAILED ", "ERROR "))), "")
    return {"code": code, "late": late, "seconds": round(time.monotonic() - began, 2), "failed": failed, "last": text[-2000:]}


def _run(tests: list[str], output: int) -> None:
    """Runs the tests in the child process. It never returns."""
    code = 99
    try:
        os.setpgid(0, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.dont_write_bytecode = True
        import pytest

        code = int(pytest.main([*OPTIONS, *tests]))
    except BaseException:  # noqa: BLE001 - printed; os._exit is the one way out of a fork
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wait(child: int, until: float) -> tuple[int, bool]:
    """(exit code, whether the time ran out). A late child is interrupted before it is killed, so that it can stop its servers."""
    for number in (None, signal.SIGINT, signal.SIGKILL):
        if number is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, number)
            until = time.monotonic() + GRACE
        while time.monotonic() < until or number is signal.SIGKILL:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status), number is not None
            time.sleep(0.02)
    raise AssertionError("a killed process ends")


if __name__ == "__main__":
    main(sys.argv[1])
