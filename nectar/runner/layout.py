"""What the sink is told of the plan: definitions in its dialect, indexes apart, closing statements."""

from __future__ import annotations

from nectar import __version__
from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.ddl import Statement as Defined
from nectar.compiler.ddl import StatementKind, statements
from nectar.compiler.readable import as_json
from nectar.processors.blocks import epoch_sql
from nectar.sinks.seam import Closing, Layout, Statement
from nectar.sinks.sqlite.closing import closing, needs_hashes


def layout(compiled: CompiledPlan) -> Layout:
    """For SQLite, the one database of this version."""
    every = statements(compiled, "sqlite")
    resolves = resolve_inputs(compiled)
    last = closing(compiled.tables) if resolves != "off" else ()
    live = tuple(one for one in last if not one.from_origin) if resolves == "live" else ()
    looked_up = tuple(Statement(f"look-up {at}", sql) for at, sql in enumerate(needs_hashes(compiled.tables))) if live else ()
    return Layout(
        compiled.tables,
        _of(every, StatementKind.TABLE),
        (*_of(every, StatementKind.ESSENTIAL_INDEX), *looked_up),
        _of(every, StatementKind.DEFERRED_INDEX),
        last,
        live,
        epoch_sql("sqlite") if any(table.name == "epoch" for table in compiled.tables) else "",
        compiled.fingerprint,
        compiled.plan.meta.name,
        as_json(compiled),
        __version__,
        not compiled.filters,
    )


def resolve_inputs(compiled: CompiledPlan) -> str:
    """The option of `transactions`; without that processor there is nothing to resolve but blocks' predecessors."""
    return next((str(one.options["resolve_inputs"]) for one in compiled.processors if one.name == "transactions"), "deferred")


def at_the_end(told: Layout, from_origin: bool) -> tuple[Closing, ...]:
    """The closing statements; those that ask for the first of something only when nothing before is missing."""
    return tuple(one for one in told.closing if from_origin or not one.from_origin)


def _of(every: list[Defined], kind: StatementKind) -> tuple[Statement, ...]:
    return tuple(Statement(one.name, one.sql) for one in every if one.kind is kind)
