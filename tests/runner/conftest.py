"""The tests' servers, for jobs that fill one."""

from __future__ import annotations

from tests.mysql.conftest import database, running, server

__all__ = ["database", "running", "server"]
