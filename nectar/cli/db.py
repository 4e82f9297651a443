"""`nectar db`: the database that a profile names, before a run."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nectar.cli.compile import DialectName, compiled_as
from nectar.cli.job import compiled_for, target_from_options
from nectar.cli.options import DatabaseOption, DbOption, FormatOption, OutputFormat, ProfileOption

if TYPE_CHECKING:
    from nectar.compiler.compiled import CompiledPlan
    from nectar.config.profile.model import Target
    from nectar.sinks.check_step import Step

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Look at a profile's database, make it, show its tables.",
    context_settings={"help_option_names": ["--help", "-h"]},
)


@app.command("check")
def check_command(
    plan: Annotated[Path | None, typer.Argument(metavar="PLAN", help="Try the rights that this plan needs.")] = None,
    db: DbOption = None,
    profile: ProfileOption = None,
    database: DatabaseOption = None,
    count: Annotated[
        int | None, typer.Option("--count", min=1, max=10_000, help="How many round trips to a server are timed (20).")
    ] = None,
    tries: Annotated[
        bool | None,
        typer.Option("--try-rights/--no-try-rights", help="Try rights at a server, with a table made and dropped (yes)."),
    ] = None,
    form: FormatOption = OutputFormat.TEXT,
) -> int:
    """Connect as a run would, and say how each step went.

    The steps: name, TCP, TLS, login, times, limits, rights. Of a step that fails it says why and what to do; those after it are
    not reached. Rights are tried for real, with a table nectar_check_.. that is dropped at once. With PLAN it is known which of
    them are needed: CREATE VIEW for most plans, but not for all.

    Exit codes: 0 ready, warnings or not; 1 a step failed; 2 the profile is wrong.
    """
    from nectar.compiler.load import read_draft
    from nectar.config.profile.model import SqliteFile
    from nectar.runner.sink_layout import layout
    from nectar.sinks.check_step import Outcome
    from nectar.sinks.registry import check_database, family_of

    if plan is not None and tries is False:
        raise typer.BadParameter("PLAN says which rights are tried: give one of the two", param_hint="--no-try-rights")
    compiled = None
    if plan is None:
        target = target_from_options(db, profile, database)
    else:
        compiled, target = compiled_for(lambda: read_draft(plan), db, profile, database)
    for name, given in (("--count", count), ("--try-rights", tries), ("PLAN", plan)):
        if given is not None and isinstance(target, SqliteFile):
            raise typer.BadParameter(f"it is about a server, and {target} is a file", param_hint=name)
    told = layout(compiled, family_of(target)) if compiled is not None else None
    seen = print_steps(target, check_database(target, count=count or 20, tries=tries is not False, layout=told), form)
    return int(any(step.outcome is Outcome.FAILED for step in seen))


def print_steps(target: Target, steps: Iterable[Step], form: OutputFormat = OutputFormat.TEXT) -> list[Step]:
    """Prints them as they come."""
    from nectar.cli.complaint_text import wants_colour
    from nectar.cli.db_text import step_json, step_text
    from nectar.sinks.check_step import Outcome

    seen, colour = [], wants_colour(sys.stdout)
    if form is OutputFormat.TEXT:
        typer.echo(f"{target}\n")
    for step in steps:
        seen.append(step)
        if form is OutputFormat.TEXT:
            typer.echo(step_text(step, colour), color=True)
            sys.stdout.flush()
    wrong = [step for step in seen if step.outcome is Outcome.FAILED]
    warned = sum(step.outcome is Outcome.WARNING for step in seen)
    if form is OutputFormat.JSON:
        told = {"database": str(target), "ready": not wrong, "warnings": warned, "steps": [step_json(step) for step in seen]}
        typer.echo(json.dumps(told))
    elif wrong:
        typer.echo(f"\nnot ready: {wrong[0].name} failed")
    else:
        typer.echo("\nready" + (f", with {warned} warning{'s' * (warned > 1)}" if warned else ""))
    return seen


@app.command("init")
def init_command(
    plan: Annotated[Path | None, typer.Argument(metavar="PLAN", help="Make this plan's tables too.")] = None,
    db: DbOption = None,
    profile: ProfileOption = None,
    database: DatabaseOption = None,
    form: FormatOption = OutputFormat.TEXT,
) -> None:
    """Make the profile's database; with PLAN its tables too.

    It is made if it is not there, and its tables are empty. What is there already stays as it is: saying it twice is saying it
    once. `nectar run` makes missing tables as well, but never the database. A SQLite file is made with its tables.
    """
    from nectar.compiler.load import read_draft
    from nectar.sinks.registry import create_database

    compiled = None
    if plan is None:
        target = target_from_options(db, profile, database)
    else:
        compiled, target = compiled_for(lambda: read_draft(plan), db, profile, database)
    done = create_database(target)
    facts: dict[str, Any] = {"database": str(target), "made": done.is_new if done else None}
    lines = []
    if done is not None:
        facts |= {"charset": done.charset, "collation": done.collation}
        word = "made" if done.is_new else "was there"
        lines.append(f"database {target}: {word} ({done.charset}, {done.collation})")
    if compiled is not None:
        new, there = _make_tables(target, compiled)
        facts |= {"tables_made": new, "tables_there": there, "fingerprint": compiled.fingerprint}
        lines.append(f"tables of plan {compiled.plan.meta.name}: {new} made, {there} were there")
    elif done is None:
        lines.append(f"{target}: nothing to do, `nectar run` makes a SQLite file with its tables")
    typer.echo(json.dumps(facts) if form is OutputFormat.JSON else "\n".join(lines))


def _make_tables(target: Target, compiled: CompiledPlan) -> tuple[int, int]:
    """How many were made, and how many were there. Errors: as opening the database for a run."""
    from nectar.runner.sink_layout import layout
    from nectar.sinks.registry import database_schema, family_of, open_sink

    told = layout(compiled, family_of(target))
    before = database_schema(target).tables
    open_sink(target, told).close()
    names = [one.name for one in told.definitions]
    there = sum(name in before for name in names)
    return len(names) - there, there


@app.command("schema")
def db_schema_command(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The plan.")],
    db: DbOption = None,
    profile: ProfileOption = None,
    database: DatabaseOption = None,
    dialect: Annotated[DialectName | None, typer.Option("--dialect", help="Instead of the profile's.")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Say how the database differs from it, instead.")] = False,
    form: FormatOption = OutputFormat.TEXT,
) -> int:
    """Print the SQL of a plan's tables, or compare a database.

    Tables, indexes and views as the profile's database is given them; offline. With --compare the database is asked what it
    has. Exit codes then: 0 the same, 1 an error, 2 the plan or profile is wrong, 4 it differs.
    """
    from nectar.compiler.ddl.statements import render
    from nectar.compiler.load import read_draft

    if dialect is not None and compare:
        raise typer.BadParameter("--compare asks the profile's database, whose dialect is known", param_hint="--dialect")
    if form is OutputFormat.JSON and not compare:
        raise typer.BadParameter("what --compare finds can be JSON; without it SQL is printed", param_hint="--format")
    if compare:
        return _compared(*compiled_for(lambda: read_draft(plan), db, profile, database), form)
    sys.stdout.write(render(*compiled_as(lambda: read_draft(plan), dialect, profile, database, db)))
    return 0


def _compared(compiled: CompiledPlan, target: Target, form: OutputFormat) -> int:
    from nectar.cli.exits import Exit
    from nectar.runner.schema_diff import schema_differences
    from nectar.sinks.registry import database_schema, dialect_of

    found = schema_differences(compiled, dialect_of(target), database_schema(target))
    wrong = [one for one in found if not one.later]
    later = len(found) - len(wrong)
    if form is OutputFormat.JSON:
        typer.echo(json.dumps({"database": str(target), "same": not wrong, "differences": [one._asdict() for one in found]}))
    else:
        width = max((len(one.table) for one in wrong), default=0)
        lines = [f"  {one.table:<{width}}  {one.what}" for one in wrong]
        told = f"{len(wrong)} difference{'s' * (len(wrong) > 1)}" if wrong else "the same"
        told += f"; {later} indexes and views that a run makes at its end are not there yet" if later else ""
        typer.echo("\n".join([*lines, f"{target}: {told}"]))
    return Exit.DIFFERS if wrong else Exit.DONE
