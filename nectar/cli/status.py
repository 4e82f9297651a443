"""`nectar status`: what a database holds and where the job stands."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from nectar.sinks.sqlite.state import State


class StatusFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


def status(
    db: Annotated[Path | None, typer.Option("--db", metavar="FILE", help="A SQLite file (default nectar.db).")] = None,
    profile: Annotated[
        Path | None, typer.Option("--profile", metavar="FILE", envvar="NECTAR_PROFILE", help="Which database; see --db.")
    ] = None,
    form: Annotated[StatusFormat, typer.Option("--format", help="For people or for programs.")] = StatusFormat.TEXT,
) -> None:
    """Say which plan filled the database, which slots it covers, the last block, and the rows of each table."""
    from nectar.cli.job import database_path
    from nectar.sinks.sqlite.state import read_state

    state = read_state(database_path(db, profile))
    if form is StatusFormat.JSON:
        coverage = [{"first_slot": one.first, "last_slot": one.last} for one in state.coverage]
        typer.echo(json.dumps(asdict(state) | {"path": str(state.path), "coverage": coverage}))
    else:
        typer.echo(_text(state))


def _text(state: State) -> str:
    last = "none" if state.slot is None else f"{state.block_no:,} at slot {state.slot:,}, {state.block_hash}"
    facts = [
        ("database", f"{state.path} ({state.size / 1e6:,.1f} MB)"),
        ("plan", f"{state.plan} on {state.network}, fingerprint {state.fingerprint}"),
        ("covers", "; ".join(f"slots {one}" for one in state.coverage) or "nothing yet"),
        ("rows are", "complete" if state.complete else "those that the plan's filters keep"),
        ("last block", last),
        ("quarantined", f"{state.quarantined:,}"),
        ("indexes", "all built" if not state.pending else f"{len(state.pending)} not built yet"),
        ("job", "finished" if state.finished else "not finished: run it again to go on"),
    ]
    width = max(len(name) for name in state.rows)
    rows = [f"  {name:<{width}}  {count:>14,}" for name, count in state.rows.items() if count]
    empty = sum(not count for count in state.rows.values())
    lines = [f"  {name:<11}  {value}" for name, value in facts]
    return "\n".join([*lines, "", *rows, f"  ({empty} tables of the plan have no rows)" if empty else ""]).rstrip()
