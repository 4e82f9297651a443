"""Records which of Nectar's functions each test runs, in its own process and in every process that it starts.

A copy of the tree (see `copies.py`) starts it at the end of its `nectar/__init__.py`. A function is written down at its first
call, so that a killed process leaves a record too. `plugin.py` says which test is running.
"""

from __future__ import annotations

import os
import sys
import threading
from types import FrameType
from typing import Any


class Recorder:
    """A trace function. `raw`: the folder that it writes to. `root`: the tree whose nectar is traced."""

    def __init__(self, raw: str, root: str) -> None:
        self.raw, self.root = raw, root
        self.begin(0, "")

    def begin(self, process: int, test: str) -> None:
        self.process, self.test = process, test
        self.seen: set[int] = set()

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if id(code) in self.seen:
            return
        if self.process != os.getpid():
            self.begin(os.getpid(), self._now(os.getpid()))
        self.seen.add(id(code))
        if self.test and code.co_filename.startswith(f"{self.root}/nectar/"):
            self._note(f"{code.co_filename[len(self.root) + 1 :]} {code.co_qualname}\n")

    def _note(self, line: str) -> None:
        try:
            handle = os.open(f"{self.raw}/{self.test}.ran", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.write(handle, line.encode())
            os.close(handle)
        except OSError:  # a test of full disks, or of too few handles
            pass

    def _now(self, process: int) -> str:
        """The test that the process or its nearest ancestor runs; an empty text outside of tests."""
        while process > 1:
            try:
                with open(f"{self.raw}/now.{process}") as file:
                    return file.read()
            except OSError:
                pass
            try:
                with open(f"/proc/{process}/stat") as file:
                    process = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                return ""
        return ""


def begin(raw: str, root: str) -> None:
    """Starts the recorder, once in each process that imports the copy's nectar."""
    if not hasattr(sys, "nectar_recorder"):
        recorder: Any = Recorder(raw, root)
        setattr(sys, "nectar_recorder", recorder)  # noqa: B010 - a name that sys does not have
        sys.settrace(recorder)
        threading.settrace(recorder)
