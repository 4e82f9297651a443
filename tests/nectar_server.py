"""A process that has imported Nectar, and forks for each command: `python -m tests.nectar_server`.

A request is a line of JSON (`Request`), the answer is a line with the exit code as `subprocess` gives it.
The child is a process as `python -m nectar` is: it runs `main`, has a folder, an environment, signals and streams of its own,
and ends as an interpreter does. It only saves the imports, which cost ten times as much as most commands.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import sys
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import NoReturn, TypedDict

import nectar
from nectar.cli.main import guarded_command_line, main

ROOT = Path(__file__).resolve().parent.parent

STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


class Request(TypedDict):
    """`streams`: the files of standard input, output and error."""

    words: list[str]
    folder: str
    environment: dict[str, str]
    streams: list[str]
    new_session: bool


def serve() -> None:
    for module in pkgutil.walk_packages(nectar.__path__, "nectar."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    with redirect_stdout(StringIO()):
        assert guarded_command_line(["plan", "validate", str(ROOT / "plans/full.toml")]) == 0  # reads the grammar and the schemas
    gc.freeze()
    while line := sys.stdin.readline():
        request: Request = json.loads(line)
        child = os.fork()
        if child == 0:
            answers.close()
            _run(request)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers)


def _run(request: Request) -> NoReturn:
    if request["new_session"]:
        os.setsid()
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, ((name, mode), path) in enumerate(zip(STREAMS, request["streams"], strict=True)):
        handle = os.open(path, os.O_RDONLY if mode == "r" else os.O_WRONLY | os.O_APPEND)
        os.dup2(handle, number)
        os.close(handle)
        errors = getattr(sys, name).errors
        buffering = 1 if name == "stderr" else -1
        setattr(sys, name, os.fdopen(number, mode, buffering, encoding="utf-8", errors=errors, closefd=False))
    sys.argv = ["nectar", *request["words"]]
    main()


if __name__ == "__main__":
    serve()
