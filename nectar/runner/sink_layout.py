"""What a sink knows of the plan: definitions in its dialect, indexes, closing statements."""

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
"""Closing statements that need all inputs and withdrawals of a transaction. A filtered plan may have only some: inputs that spend
kept outputs, or the rows that its row filters keep."""


def layout(compiled: CompiledPlan, name: str = "sqlite", slots: tuple[int, int] | None = None) -> Layout:
    """The layout for a database of the family `name`. `slots`: the first and last to be loaded, where they are known."""
    chosen = family(name)
    every = statements(compiled, chosen.dialect, slots)
    resolves = resolve_inputs(compiled)
    at_end = derived_columns(chosen.spelling, compiled.tables, compiled.network, inputs=resolves != "off")
    if compiled.filters.where is not None or any(table in ("tx_in", "withdrawal") for table, _ in compiled.filters.rows):
        at_end = tuple(statement for statement in at_end if statement.name not in NEED_ALL_INPUTS)
    live = tuple(statement for statement in at_end if not statement.from_origin) if resolves == "live" else ()
    return Layout(
        tables=compiled.tables,
        definitions=_of(every, StatementKind.TABLE),
        kept_indexes=(*_of(every, StatementKind.ESSENTIAL_INDEX), *(chosen.look_ups(compiled.tables) if live else ())),
        deferred_indexes=(*_of(every, StatementKind.DEFERRED_INDEX), *_of(every, StatementKind.VIEW_INDEX)),
        derived=at_end,
        live=live,
        epoch_sql=epoch_sql(chosen.epochs) if any(table.name == "epoch" for table in compiled.tables) else "",
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
    """The option of the processor `transactions`; "off" without that processor, which alone makes inputs."""
    options = (processor.options for processor in compiled.processors if processor.name == "transactions")
    return next((str(option["resolve_inputs"]) for option in options), "off")


def _of(every: Sequence[Defined], kind: StatementKind) -> tuple[Definition, ...]:
    return tuple(Definition(defined.name, defined.sql, defined.table) for defined in every if defined.kind is kind)
