"""`nectar status`: what a database holds and how far its job is."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from nectar.cli.job import target_from_options
from nectar.cli.options import DatabaseOption, DbOption, FormatOption, OutputFormat, ProfileOption

if TYPE_CHECKING:
    from nectar.sinks.state import State


def status(
    db: DbOption = None,
    profile: ProfileOption = None,
    database: DatabaseOption = None,
    form: FormatOption = OutputFormat.TEXT,
) -> None:
    """Say what a database holds and how far its job is.

    Prints the plan that filled the database, the slots that it covers, its last block, and the rows of each table.
    """
    from nectar.sinks.registry import read_state

    state = read_state(target_from_options(db, profile, database))
    if form is OutputFormat.JSON:
        coverage = [{"first_slot": slots.first, "last_slot": slots.last} for slots in state.coverage]
        typer.echo(json.dumps(asdict(state) | {"coverage": coverage}))
    else:
        typer.echo(_text(state))


def _completeness(state: State) -> str:
    """Which rows of the covered slots are in the database."""
    if not state.coverage:
        return "not there yet"
    rows = "complete" if state.complete else "those that the plan's filters keep"
    return f"{rows}, but for the blocks in quarantine" if state.quarantined else rows


def _text(state: State) -> str:
    last = "none" if state.slot is None else f"{state.block_no:,} at slot {state.slot:,}, {state.block_hash}"
    facts = [
        ("database", f"{state.database} ({state.size / 1e6:,.1f} MB)"),
        ("plan", f"{state.plan} on {state.network}, fingerprint {state.fingerprint}"),
        ("covers", "; ".join(f"slots {slots}" for slots in state.coverage) or "nothing yet"),
        ("rows are", _completeness(state)),
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
