"""`nectar plan compile FILE`: the compiled plan as JSON, or its SQL. No database is asked."""

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
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The plan file.")],
    emit_sql: Annotated[bool, typer.Option("--emit-sql", help="Print the SQL instead of the compiled plan.")] = False,
    dialect: Annotated[
        DialectName | None,
        typer.Option("--dialect", help="The dialect of the SQL (default: that of the profile's database, else sqlite)."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write plan.json, schema.sql and deferred.sql to this folder.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With --out: replace files that have other content.")] = False,
    profile: ProfileOption = None,
    database: DatabaseOption = None,
) -> None:
    """Print the compiled plan, or its SQL.

    The compiled plan lists the tables, indexes and filters, the fields that are decoded, and the plan's fingerprint. No
    database is asked.
    """
    from nectar.compiler.ddl.statements import render
    from nectar.compiler.load import read_draft
    from nectar.compiler.plan_json import as_json
    from nectar.compiler.write_files import write_files

    if force and out is None:
        raise typer.BadParameter("it only goes with --out", param_hint="--force")
    compiled, dialect_name = compiled_as(lambda: read_draft(file), dialect, profile, database)
    if out is not None:
        for path in write_files(compiled, dialect_name, out, force=force):
            typer.echo(f"wrote {path}", err=True)
    if emit_sql:
        sys.stdout.write(render(compiled, dialect_name))
    elif out is None:
        sys.stdout.write(as_json(compiled))


def compiled_as(
    read: Callable[[], Draft], dialect: DialectName | None, profile: Path | None, database: str | None, db: Path | None = None
) -> tuple[CompiledPlan, str]:
    """The plan compiled for the dialect that is asked for, else for its database's dialect; and the dialect's name.

    Errors: BadParameter when both a dialect and a database are given.
    """
    from nectar.sinks.registry import dialect_of

    if dialect is not None:
        for option, value in (("--profile", profile), ("--database", database), ("--db", db)):
            if value is not None:
                message = f"{option} names a database, which has a dialect: give one of the two"
                raise typer.BadParameter(message, param_hint="--dialect")
        return read().compiled(dialect.value), dialect.value
    compiled, target = compiled_for(read, db, profile, database)
    return compiled, dialect_of(target)
