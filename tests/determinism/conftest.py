"""A sample chain and a real one, read once; a database server where one is asked for."""

from __future__ import annotations

import pytest

from tests.determinism.stories import Ground, sample_ground
from tests.mysql.conftest import database, server

__all__ = ["database", "sample", "server"]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return sample_ground(tmp_path_factory.mktemp("ground") / "chain")
