"""What several tests of nodes begin with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.node.histories import busy_bodies
from tests.node.parting import Chains


@pytest.fixture(scope="module")
def chains(chain: Path) -> Chains:
    return Chains(busy_bodies(chain))


@pytest.fixture(scope="module")
def golden(chain: Path) -> dict[str, bytes]:
    """Recorded messages by name; the last of several with one name."""
    recorded = json.loads((chain / "vectors/messages.json").read_text())
    return {message["name"]: bytes.fromhex(message["hex"]) for message in recorded}
