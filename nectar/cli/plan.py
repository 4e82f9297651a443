"""`nectar plan`: makes, checks, explains, tests, compiles and imports plans, without a node or a database."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nectar.cli.compile import compile_plan_command
from nectar.cli.explain import explain_command
from nectar.cli.job import compiled_for
from nectar.cli.options import DatabaseOption, ProfileOption
from nectar.cli.plan_import import import_command
from nectar.cli.plan_new import new_command, plan_schema_command
from nectar.cli.plan_tests import run_tests_command

if TYPE_CHECKING:
    from nectar.config.plan.keys import Plan
    from nectar.errors import Complaint

app = typer.Typer(
    help="Make, check, explain, test, compile and import plans. They need no node and no database.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class ComplaintFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The plan files to check.")],
    form: Annotated[
        ComplaintFormat, typer.Option("--format", help="text for people; json, sarif or github for programs.")
    ] = ComplaintFormat.TEXT,
    profile: ProfileOption = None,
    database: DatabaseOption = None,
) -> None:
    """Check plans and the profiles they name.

    Reports every error at once: the place, the values that are allowed, and the word that was probably meant. Exit code 0 when
    all plans are right, 2 otherwise.
    """
    from nectar.errors import PlanError

    results: list[tuple[Path, Plan | None, tuple[Complaint, ...]]] = []
    for file in files:
        try:
            results.append((file, _read(file, profile, database), ()))
        except PlanError as error:
            results.append((file, None, error.complaints))

    if form is ComplaintFormat.TEXT:
        _print_text(results)
    else:
        from nectar.cli.complaint_formats import Checked, complaints_github, complaints_json, complaints_sarif

        write = {
            ComplaintFormat.JSON: complaints_json,
            ComplaintFormat.SARIF: complaints_sarif,
            ComplaintFormat.GITHUB: complaints_github,
        }[form]
        typer.echo(write([Checked(str(file), complaints) for file, _, complaints in results]), nl=False)
    if any(complaints for _, _, complaints in results):
        raise typer.Exit(2)


def _read(file: Path, profile: Path | None, database: str | None) -> Plan:
    from nectar.compiler.load import read_draft

    return compiled_for(lambda: read_draft(file), None, profile, database)[0].plan


def _print_text(results: list[tuple[Path, Plan | None, tuple[Complaint, ...]]]) -> None:
    import sys

    from nectar.cli.complaint_text import complaints_text, wants_colour
    from nectar.cli.plan_text import plan_text

    for file, plan, complaints in results:
        if plan is not None:
            typer.echo(f"{file}: ok\n{plan_text(plan)}", nl=False)
        else:
            typer.echo(complaints_text(complaints, wants_colour(sys.stdout)), nl=False, color=True)
    complaints_by_file = [complaints for _, _, complaints in results if complaints]
    if complaints_by_file:
        count = sum(map(len, complaints_by_file))
        typer.echo(
            f"{count} complaint{'s' * (count > 1)} in {len(complaints_by_file)} of {len(results)} file{'s' * (len(results) > 1)}"
        )


app.command("compile")(compile_plan_command)
app.command("explain")(explain_command)
app.command("test")(run_tests_command)
app.command("import")(import_command)
app.command("new")(new_command)
app.command("schema")(plan_schema_command)
