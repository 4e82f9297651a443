"""The pytest plugin of the recording tree: it tells the recorder which test runs, and writes how long each took."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

RAW = "NECTAR_MUTANTS_RAW"


def name_of(test: str) -> str:
    """The file name that stands for a test."""
    return hashlib.sha256(test.encode()).hexdigest()[:16]


def pytest_runtest_logstart(nodeid: str) -> None:
    test = name_of(nodeid)
    Path(f"{os.environ[RAW]}/now.{os.getpid()}").write_text(test)
    recorder: Any = getattr(sys, "nectar_recorder", None)
    if recorder is not None:
        recorder.begin(os.getpid(), test)
        sys.settrace(recorder)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    step = {"test": item.nodeid, "when": report.when, "outcome": report.outcome, "seconds": round(report.duration, 3)}
    with open(f"{os.environ[RAW]}/tests.{os.getpid()}.jsonl", "a") as file:
        file.write(json.dumps(step) + "\n")
