"""What the sink is told of the plan: definitions in its dialect, indexes apart, closing statements."""

from __future__ import annotations

from collections.abc import Sequence

from nectar import __version__
from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.ddl.statements import Statement as Defined
from nectar.compiler.ddl.statements import StatementKind, statements
from nectar.compiler.plan_json import as_json
from nectar.processors.blocks import epoch_sql
from nectar.sinks.base import Definition, Layout
from nectar.sinks.derived import DEPOSITS, FEES, derived_columns
from nectar.sinks.registry import family

NEED_ALL_INPUTS = frozenset({FEES, DEPOSITS})
"""Closing statements that take a transaction's rows for all that it spent and withdrew. A filtered plan has transactions of which
only some are there: inputs that spend what it kept, or what its filters of rows leave."""


def layout(compiled: CompiledPlan, name: str = "sqlite", slots: tuple[int, int] | None = None) -> Layout:
    """For a database of the family of that name. `slots`: the first and last to come, where more is known than the plan says."""
    speaks = family(name)
    every = statements(compiled, speaks.dialect, slots)
    resolves = resolve_inputs(compiled)
    at_end = derived_columns(speaks.spelling, compiled.tables, compiled.network, inputs=resolves != "off")
    if compiled.filters.where is not None or any(name in ("tx_in", "withdrawal") for name, _ in compiled.filters.rows):
        at_end = tuple(one for one in at_end if one.name not in NEED_ALL_INPUTS)
    live = tuple(one for one in at_end if not one.from_origin) if resolves == "live" else ()
    return Layout(
        tables=compiled.tables,
        definitions=_of(every, StatementKind.TABLE),
        kept_indexes=(*_of(every, StatementKind.ESSENTIAL_INDEX), *(speaks.look_ups(compiled.tables) if live else ())),
        deferred_indexes=(*_of(every, StatementKind.DEFERRED_INDEX), *_of(every, StatementKind.VIEW_INDEX)),
        closing=at_end,
        live=live,
        epoch_sql=epoch_sql(speaks.epochs) if any(table.name == "epoch" for table in compiled.tables) else "",
        fingerprint=compiled.fingerprint,
        plan_name=compiled.plan.meta.name,
        compiled=as_json(compiled),
        version=__version__,
        complete=compiled.complete,
        rows_tell_kept=compiled.filters.follows and not compiled.filters.remembers,
        views=_of(every, StatementKind.VIEW),
        view_columns=_of(every, StatementKind.VIEW_COLUMN),
        pre_splits=_of(every, StatementKind.PRE_SPLIT),
    )


def resolve_inputs(compiled: CompiledPlan) -> str:
    """The option of `transactions`; without that processor no input is there to be resolved."""
    return next((str(one.options["resolve_inputs"]) for one in compiled.processors if one.name == "transactions"), "off")


def _of(every: Sequence[Defined], kind: StatementKind) -> tuple[Definition, ...]:
    return tuple(Definition(one.name, one.sql, one.table) for one in every if one.kind is kind)
