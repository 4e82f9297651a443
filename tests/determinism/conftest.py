"""A sample chain, read once; a database server where one is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.determinism.stories import Ground, sample_ground
from tests.mysql.jobs import PASSWORD_VARIABLE
from tests.mysql.server import Server, started


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return sample_ground(tmp_path_factory.mktemp("ground") / "chain")


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    """For those seeds that ask for it."""
    with started() as running:
        os.environ[PASSWORD_VARIABLE] = running.password
        yield running
