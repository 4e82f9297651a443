"""TiDB's parser, built once and started once a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.interop.conftest import built
from tests.tidb.parsing import TidbParser


@pytest.fixture(scope="session")
def tidb_parser() -> Iterator[TidbParser]:
    """The process that says what TiDB's grammar takes."""
    with TidbParser(built("tidb-parser")) as parser:
        yield parser
