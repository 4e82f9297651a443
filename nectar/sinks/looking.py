"""Looking at a database before anything is written to it, and making it, whatever family it is of."""

from __future__ import annotations

from collections.abc import Iterator

from nectar.config.profile.model import Server, Target
from nectar.sinks.base import Layout
from nectar.sinks.check_step import Step
from nectar.sinks.mysql.check.run import check as check_server
from nectar.sinks.mysql.make import Made, make_database
from nectar.sinks.sqlite.check import check as check_file


def check(target: Target, *, count: int = 20, tries: bool = True, layout: Layout | None = None) -> Iterator[Step]:
    """Step by step, each as soon as it is known. Nothing is raised: an error is a failed step."""
    if isinstance(target, Server):
        return check_server(target, count=count, tries=tries, layout=layout)
    return check_file(target.path)


def made(target: Target) -> Made | None:
    """The database, there afterwards; None of a file, which is made with its tables. Errors: as `make_database`."""
    return make_database(target) if isinstance(target, Server) else None
