"""The tests' servers, for jobs that fill one, and a filled file with a copy of it."""

from __future__ import annotations

from tests.mysql.conftest import database, running, server
from tests.sinks.vanishing import copy, filled

__all__ = ["copy", "database", "filled", "running", "server"]
