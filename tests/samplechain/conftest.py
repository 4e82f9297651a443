"""One sample chain of 2,000 blocks for all tests of this folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nectar.samplechain.make import make_sample_chain

Fact = dict[str, Any]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "chain"
    make_sample_chain(folder, 2000, 7)
    return folder


@pytest.fixture(scope="session")
def facts(made: Path) -> list[Fact]:
    return [json.loads(line) for line in (made / "expected.jsonl").read_text().splitlines()]


@pytest.fixture(scope="session")
def whole(made: Path) -> Fact:
    truth: Fact = json.loads((made / "expected.json").read_text())
    return truth
