"""`nectar plan compile FILE`: what a plan means, as JSON or as SQL; offline, with no database."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class DialectName(StrEnum):
    SQLITE = "sqlite"
    MYSQL = "mysql"
    TIDB = "tidb"


def compile_plan_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The plan.")],
    emit_sql: Annotated[bool, typer.Option("--emit-sql", help="Print the SQL instead of the compiled plan.")] = False,
    dialect: Annotated[DialectName, typer.Option("--dialect", help="Whose SQL.")] = DialectName.SQLITE,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write plan.json, schema.sql and deferred.sql there.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With --out: take the place of files that are something else.")] = False,
) -> None:
    """Print the compiled plan, or its SQL.

    Tables, indexes, filters, what is decoded, and the plan's fingerprint.
    """
    from nectar.compiler.ddl import render
    from nectar.compiler.files import write_files
    from nectar.compiler.read import read_plan
    from nectar.compiler.readable import as_json

    if force and out is None:
        raise typer.BadParameter("it says what to do with --out, which is not given", param_hint="--force")
    compiled = read_plan(file, dialect.value)
    if out is not None:
        for written in write_files(compiled, dialect.value, out, force=force):
            typer.echo(f"wrote {written}", err=True)
    if emit_sql:
        sys.stdout.write(render(compiled, dialect.value))
    elif out is None:
        sys.stdout.write(as_json(compiled))
