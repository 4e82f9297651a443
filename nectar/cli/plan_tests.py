"""`nectar plan test FILE`: runs the tests that a plan holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from nectar.cli.job import compiled_for
from nectar.cli.options import DatabaseOption, FormatOption, OutputFormat, ProfileOption


def run_tests_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The plan file.")],
    form: FormatOption = OutputFormat.TEXT,
    profile: ProfileOption = None,
    database: DatabaseOption = None,
) -> None:
    """Run the plan's own [[tests]].

    Each test says how many rows the plan makes from known blocks. Exit code 0 when all pass, 1 when one fails, 2 when the plan
    is wrong.
    """
    from nectar.compiler.load import read_draft
    from nectar.errors import FatalError
    from nectar.runner.report import report_of
    from nectar.runner.sample import rows_found
    from nectar.runner.signals import listening

    compiled, _ = compiled_for(lambda: read_draft(file), None, profile, database)
    if not compiled.plan.tests:
        raise FatalError(
            "this plan has no tests",
            where=str(file),
            hint="write [[tests]] with name, slots = [first, last] and rows = { tx = 3 }",
            code="NEC-R006",
        )
    results: list[dict[str, Any]] = []
    with listening() as stop, report_of("off") as progress:
        for test in compiled.plan.tests:
            rows = rows_found(compiled, test, progress, stop)
            wrong = {name: {"wanted": wanted, "found": rows[name]} for name, wanted in test.rows if rows[name] != wanted}
            results.append({"name": test.name, "passed": not wrong, "wrong": wrong})
    if form is OutputFormat.JSON:
        typer.echo(json.dumps(results, indent=2))
    else:
        for result in results:
            typer.echo(f"{'ok    ' if result['passed'] else 'FAILED'}  {result['name']}")
            for name, counts in result["wrong"].items():
                typer.echo(f"        {name}: {counts['wanted']:,} rows wanted, {counts['found']:,} found")
    if not all(result["passed"] for result in results):
        raise typer.Exit(1)
