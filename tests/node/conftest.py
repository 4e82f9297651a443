"""What several tests of nodes begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.node.histories import busy_bodies
from tests.node.parting import Chains


@pytest.fixture(scope="module")
def chains(chain: Path) -> Chains:
    return Chains(busy_bodies(chain))
