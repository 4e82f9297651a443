"""`nectar plan compile FILE`: what a plan means, as JSON or as SQL; offline, with no database."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nectar.cli.job import compiled_for
from nectar.cli.options import DatabaseOption, ProfileOption

if TYPE_CHECKING:
    from nectar.compiler.compiled import CompiledPlan
    from nectar.compiler.load import Draft


class DialectName(StrEnum):
    SQLITE = "sqlite"
    MYSQL = "mysql"
    TIDB = "tidb"


def compile_plan_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The plan.")],
    emit_sql: Annotated[bool, typer.Option("--emit-sql", help="Print the SQL instead of the compiled plan.")] = False,
    dialect: Annotated[
        DialectName | None, typer.Option("--dialect", help="Whose SQL (default: that of the profile's database, else SQLite's).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write plan.json, schema.sql and deferred.sql there.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With --out: take the place of files that are something else.")] = False,
    profile: ProfileOption = None,
    database: DatabaseOption = None,
) -> None:
    """Print the compiled plan, or its SQL.

    Tables, indexes, filters, what is decoded, and the plan's fingerprint.
    """
    from nectar.compiler.ddl.statements import render
    from nectar.compiler.load import read_draft
    from nectar.compiler.plan_json import as_json
    from nectar.compiler.write_files import write_files

    if force and out is None:
        raise typer.BadParameter("it says what to do with --out, which is not given", param_hint="--force")
    compiled, spoken = compiled_as(lambda: read_draft(file), dialect, profile, database)
    if out is not None:
        for written in write_files(compiled, spoken, out, force=force):
            typer.echo(f"wrote {written}", err=True)
    if emit_sql:
        sys.stdout.write(render(compiled, spoken))
    elif out is None:
        sys.stdout.write(as_json(compiled))


def compiled_as(
    read: Callable[[], Draft], dialect: DialectName | None, profile: Path | None, database: str | None, db: Path | None = None
) -> tuple[CompiledPlan, str]:
    """For the dialect that was asked for, else for that of the database that the plan goes to; and which it is.

    Errors: BadParameter where both are named.
    """
    from nectar.sinks.registry import dialect_of

    if dialect is not None:
        for name, given in (("--profile", profile), ("--database", database), ("--db", db)):
            if given is not None:
                what = f"{name} names a database, whose dialect is known: give one of the two"
                raise typer.BadParameter(what, param_hint="--dialect")
        return read().compiled(dialect.value), dialect.value
    compiled, target = compiled_for(read, db, profile, database)
    return compiled, dialect_of(target)
