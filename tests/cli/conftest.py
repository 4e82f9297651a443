"""The tests' servers, for commands."""

from __future__ import annotations

from tests.mysql.conftest import database, persona, running, server, tidb_parser
from tests.server.conftest import papers, secured

__all__ = ["database", "papers", "persona", "running", "secured", "server", "tidb_parser"]
