"""`nectar db`: checks, makes and compares the database that a profile names."""

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
    help="Check, make and compare the database that a profile names.",
    context_settings={"help_option_names": ["--help", "-h"]},
)


@app.command("check")
def check_command(
    plan: Annotated[Path | None, typer.Argument(metavar="PLAN", help="Check the rights that this plan needs.")] = None,
    db: DbOption = None,
    profile: ProfileOption = None,
    database: DatabaseOption = None,
    count: Annotated[
        int | None, typer.Option("--count", min=1, max=10_000, help="How many round trips to the server are timed (default: 20).")
    ] = None,
    tries: Annotated[
        bool | None,
        typer.Option(
            "--try-rights/--no-try-rights", help="Try the rights on a server: a table is made and dropped (default: yes)."
        ),
    ] = None,
    form: FormatOption = OutputFormat.TEXT,
) -> int:
    """Connect as a run would, and say how each step went.

    The steps are name, TCP, TLS, login, times, limits and rights. Where a step fails, Nectar says why and what to do, and skips
    the steps after it. To check the rights, Nectar makes a table named nectar_check_.. and drops it at once. With PLAN it checks
    the rights that this plan needs: most plans need CREATE VIEW, some do not.

    Exit codes: 0 ready, with or without warnings; 1 a step failed; 2 the profile is wrong.
    """
    from nectar.config.profile.model import SqliteFile
    from nectar.runner.sink_layout import layout
    from nectar.sinks.check_step import Outcome
    from nectar.sinks.registry import check_database, family_of

    if plan is not None and tries is False:
        raise typer.BadParameter("PLAN says which rights are tried: give one of the two", param_hint="--no-try-rights")
    compiled, target = _plan_and_target(plan, db, profile, database)
    for name, value in (("--count", count), ("--try-rights", tries), ("PLAN", plan)):
        if value is not None and isinstance(target, SqliteFile):
            raise typer.BadParameter(f"it only goes with a server, and {target} is a file", param_hint=name)
    sink_layout = layout(compiled, family_of(target)) if compiled is not None else None
    steps = print_steps(target, check_database(target, count=count or 20, tries=tries is not False, layout=sink_layout), form)
    return int(any(step.outcome is Outcome.FAILED for step in steps))


def _plan_and_target(
    plan: Path | None, db: Path | None, profile: Path | None, database: str | None
) -> tuple[CompiledPlan | None, Target]:
    """The plan, where one is given, compiled for the database; and the database."""
    from nectar.compiler.load import read_draft

    if plan is None:
        return None, target_from_options(db, profile, database)
    return compiled_for(lambda: read_draft(plan), db, profile, database)


def print_steps(target: Target, steps: Iterable[Step], form: OutputFormat = OutputFormat.TEXT) -> list[Step]:
    """Prints the steps as they come, and returns them."""
    from nectar.cli.complaint_text import wants_colour
    from nectar.cli.db_text import step_json, step_text
    from nectar.sinks.check_step import Outcome

    finished, colour = [], wants_colour(sys.stdout)
    if form is OutputFormat.TEXT:
        typer.echo(f"{target}\n")
    for step in steps:
        finished.append(step)
        if form is OutputFormat.TEXT:
            typer.echo(step_text(step, colour), color=True)
            sys.stdout.flush()
    failed = [step for step in finished if step.outcome is Outcome.FAILED]
    warnings = sum(step.outcome is Outcome.WARNING for step in finished)
    if form is OutputFormat.JSON:
        summary = {
            "database": str(target),
            "ready": not failed,
            "warnings": warnings,
            "steps": [step_json(step) for step in finished],
        }
        typer.echo(json.dumps(summary))
    elif failed:
        typer.echo(f"\nnot ready: {failed[0].name} failed")
    else:
        typer.echo("\nready" + (f", with {warnings} warning{'s' * (warnings > 1)}" if warnings else ""))
    return finished


@app.command("init")
def init_command(
    plan: Annotated[Path | None, typer.Argument(metavar="PLAN", help="Make the tables of this plan too.")] = None,
    db: DbOption = None,
    profile: ProfileOption = None,
    database: DatabaseOption = None,
    form: FormatOption = OutputFormat.TEXT,
) -> None:
    """Make the profile's database; with PLAN its tables too.

    A database or table that already exists stays as it is, so the command may be repeated. `nectar run` also makes missing
    tables, but never the database. A SQLite file is made with its tables.
    """
    from nectar.sinks.registry import create_database

    compiled, target = _plan_and_target(plan, db, profile, database)
    created = create_database(target)
    facts: dict[str, Any] = {"database": str(target), "made": created.is_new if created else None}
    lines = []
    if created is not None:
        facts |= {"charset": created.charset, "collation": created.collation}
        word = "made" if created.is_new else "was there"
        lines.append(f"database {target}: {word} ({created.charset}, {created.collation})")
    if compiled is not None:
        new, existing = _make_tables(target, compiled)
        facts |= {"tables_made": new, "tables_there": existing, "fingerprint": compiled.fingerprint}
        lines.append(f"tables of plan {compiled.plan.meta.name}: {new} made, {existing} were there")
    elif created is None:
        lines.append(f"{target}: nothing to do, `nectar run` makes a SQLite file with its tables")
    typer.echo(json.dumps(facts) if form is OutputFormat.JSON else "\n".join(lines))


def _make_tables(target: Target, compiled: CompiledPlan) -> tuple[int, int]:
    """(tables made, tables that existed already). Errors: those of opening the database for a run."""
    from nectar.runner.sink_layout import layout
    from nectar.sinks.registry import database_schema, family_of, open_sink

    sink_layout = layout(compiled, family_of(target))
    before = database_schema(target).tables
    open_sink(target, sink_layout).close()
    names = [definition.name for definition in sink_layout.definitions]
    existing = sum(name in before for name in names)
    return len(names) - existing, existing


@app.command("schema")
def db_schema_command(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The plan file.")],
    db: DbOption = None,
    profile: ProfileOption = None,
    database: DatabaseOption = None,
    dialect: Annotated[
        DialectName | None, typer.Option("--dialect", help="The dialect, instead of that of the profile's database.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Print the differences between the database and the plan instead.")
    ] = False,
    form: FormatOption = OutputFormat.TEXT,
) -> int:
    """Print the SQL of a plan's tables, or compare a database.

    The SQL makes the tables, indexes and views in the dialect of the profile's database. No database is asked, except with
    --compare, which reads what the database has. Exit codes with --compare: 0 no difference, 1 an error, 2 the plan or profile
    is wrong, 4 differences.
    """
    from nectar.compiler.ddl.statements import render
    from nectar.compiler.load import read_draft

    if dialect is not None and compare:
        raise typer.BadParameter(
            "--compare asks the profile's database, which has a dialect: give one of the two", param_hint="--dialect"
        )
    if form is OutputFormat.JSON and not compare:
        raise typer.BadParameter("json only goes with --compare: without it, SQL is printed", param_hint="--format")
    if compare:
        return _compared(*compiled_for(lambda: read_draft(plan), db, profile, database), form)
    sys.stdout.write(render(*compiled_as(lambda: read_draft(plan), dialect, profile, database, db)))
    return 0


def _compared(compiled: CompiledPlan, target: Target, form: OutputFormat) -> int:
    """Compares the database with the plan, prints the differences and returns the exit code."""
    from nectar.cli.exits import Exit
    from nectar.runner.schema_diff import schema_differences
    from nectar.sinks.registry import database_schema, dialect_of

    differences = schema_differences(compiled, dialect_of(target), database_schema(target))
    present = [difference for difference in differences if not difference.later]
    later = len(differences) - len(present)
    if form is OutputFormat.JSON:
        typer.echo(
            json.dumps(
                {
                    "database": str(target),
                    "same": not present,
                    "differences": [difference._asdict() for difference in differences],
                }
            )
        )
    else:
        width = max((len(difference.table) for difference in present), default=0)
        lines = [f"  {difference.table:<{width}}  {difference.what}" for difference in present]
        summary = f"{len(present)} difference{'s' * (len(present) > 1)}" if present else "the same"
        summary += f"; {later} indexes and views that a run makes at its end are not there yet" if later else ""
        typer.echo("\n".join([*lines, f"{target}: {summary}"]))
    return Exit.DIFFERS if present else Exit.DONE
