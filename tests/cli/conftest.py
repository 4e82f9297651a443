"""The tests' servers, for commands."""

from __future__ import annotations

from tests.mysql.conftest import database, persona, server, tidb_parser
from tests.network.conftest import papers, secured

__all__ = ["database", "papers", "persona", "secured", "server", "tidb_parser"]
