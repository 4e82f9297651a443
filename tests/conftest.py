"""Where the real chain data is. The small share of it in tests/data travels with the project; the whole is used where present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tidb.real import ADDRESS, NONE_TESTED

ROOT = Path(__file__).resolve().parent.parent
WHOLE_CHAIN = Path(os.environ.get("NECTAR_CHAIN_DATA", ROOT.parent / "shared" / "chain"))


@pytest.fixture(scope="session")
def chain() -> Path:
    """The whole collection of real blocks; in CI its absence is a failure, never a skip."""
    if WHOLE_CHAIN.is_dir():
        return WHOLE_CHAIN
    if os.environ.get("CI"):
        pytest.fail(f"the chain data is not at {WHOLE_CHAIN}; CI must have it")
    pytest.skip(f"the whole chain data is not at {WHOLE_CHAIN} (set NECTAR_CHAIN_DATA); tests/data was tested instead")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not ADDRESS:
        terminalreporter.write_line(NONE_TESTED)
