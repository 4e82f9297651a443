"""The peers, built once; a machine that lacks the tools skips them, CI does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.interop.building import build


def built(name: str) -> Path:
    try:
        return build(name)
    except LookupError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def pallas() -> Path:
    """The program made of the pallas crates: server and client."""
    return built("pallas")


@pytest.fixture(scope="session")
def harmonic() -> Path:
    """The Node.js peer: server and client."""
    return built("harmonic")


@pytest.fixture(scope="session")
def yaci() -> Path:
    """The folder with yaci's libraries; classes are beside it."""
    return built("yaci")
