"""The statements that create the tables, indexes and views of a plan: the same bytes for the same plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import Enum
from typing import NamedTuple

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.ddl.dialects import DIALECTS
from nectar.compiler.ddl.pre_split import Slots, pre_splits, slots_of
from nectar.compiler.ddl.views import json_columns, link_indexes
from nectar.compiler.filters import CompiledView, scope_of_view, target_of
from nectar.compiler.internal_tables import own_tables
from nectar.filterlang.to_sql import quote_names, to_sql
from nectar.filterlang.tree import refs_of, walk


class StatementKind(Enum):
    TABLE = "table"
    PRE_SPLIT = "regions split ahead"
    ESSENTIAL_INDEX = "essential index"
    DEFERRED_INDEX = "deferred index"
    VIEW_COLUMN = "column for views"
    VIEW_INDEX = "index for views"
    VIEW = "view"


class Statement(NamedTuple):
    """One statement. `name`: what it creates, on `table`. `sql` ends without a semicolon."""

    kind: StatementKind
    table: str
    name: str
    sql: str


UTXO_VIEW = "utxo_view"
UNSPENT = 'SELECT t.* FROM "tx_out" t\nWHERE t."consumed_by_tx_id" IS NULL AND t."id" >= 0'
"""db-sync's view, without genesis outputs, most of which are vouchers that nobody redeemed."""

WHEN = {
    StatementKind.TABLE: "Tables",
    StatementKind.PRE_SPLIT: "Regions of large tables, split ahead: by TiDB alone, and not by TiDB Cloud Starter and Essential",
    StatementKind.ESSENTIAL_INDEX: "Indexes kept while loading",
    StatementKind.DEFERRED_INDEX: "Indexes built once the range is loaded",
    StatementKind.VIEW_COLUMN: "Values that views compare, as columns",
    StatementKind.VIEW_INDEX: "Indexes on values that views compare",
    StatementKind.VIEW: "Views",
}


def statements(compiled: CompiledPlan, dialect: str, slots: Slots | None = None, *, lists: bool = True) -> list[Statement]:
    """All statements of a plan: Nectar's tables, the plan's tables, indexes and views, each group in the plan's order.

    `dialect`: a key of `DIALECTS`. `slots`: the range to load, where more is known than the plan says. `lists`: whether the
    entries of a view's `@file` are written out.
    """
    speak = DIALECTS[dialect]
    links = () if dialect == "sqlite" else tuple(link_indexes(compiled.views, compiled.tables))
    json = json_columns(compiled.views, compiled.network, compiled.tables, dialect)
    tables = [
        Statement(StatementKind.TABLE, table.name, table.name, speak.create_table(table))
        for table in (*own_tables(dialect), *compiled.tables)
    ]
    splits = pre_splits(compiled.tables, slots or slots_of(compiled)) if dialect == "tidb" else ()
    tables += [Statement(StatementKind.PRE_SPLIT, table, table, sql) for table, sql in splits]
    indexes = [
        Statement(kind, table.name, index.name, speak.create_index(table, index))
        for kind, chosen in (
            (StatementKind.ESSENTIAL_INDEX, compiled.essential_indexes),
            (StatementKind.DEFERRED_INDEX, (*compiled.deferred_indexes, *links)),
        )
        for table, index in chosen
    ]
    selects = [(view, view_select(compiled, view, dialect, lists)) for view in compiled.views]
    views = [Statement(StatementKind.VIEW, view.table, view.name, speak.create_view(view.name, sql)) for view, sql in selects]
    if shows_unspent(compiled):
        unspent = quote_names(UNSPENT, dialect)
        views.append(Statement(StatementKind.VIEW, "tx_out", UTXO_VIEW, speak.create_view(UTXO_VIEW, unspent)))
    columns = [Statement(StatementKind.VIEW_COLUMN, value.table, value.name, speak.json_column(*value)) for value in json]
    json_indexes = [
        Statement(StatementKind.VIEW_INDEX, value.table, f"idx_{value.name}", speak.json_index(*value)) for value in json
    ]
    return tables + indexes + [column for column in columns if column.sql] + json_indexes + views


def shows_unspent(compiled: CompiledPlan) -> bool:
    """Whether the plan has all that `utxo_view` needs: every output, and what spent it. A view of its own with that name wins."""
    resolves = any(
        processor.name == "transactions" and processor.options["resolve_inputs"] != "off" for processor in compiled.processors
    )
    return resolves and compiled.complete and all(view.name != UTXO_VIEW for view in compiled.views)


def view_select(compiled: CompiledPlan, view: CompiledView, dialect: str, lists: bool = True) -> str:
    """The SELECT of a view. Errors: NotInSql when the dialect cannot express it."""
    table = next(table for table in compiled.tables if table.name == view.table)
    json = json_columns(compiled.views, compiled.network, compiled.tables, dialect) if dialect != "sqlite" else []
    columns = tuple((value.sql, value.name) for value in json if value.table == view.table)
    target = replace(target_of(compiled.network, compiled.tables, dialect), json_columns=columns, lists=lists)
    where = to_sql(view.test, target, [scope_of_view(table, compiled.tables)])
    joined = f'"{view.table}" t'
    if any(ref.var == "b" for test in walk(view.test) for ref in refs_of(test)):
        joined += ' JOIN "block" b ON b."id" = t."block_id"'
    return f"SELECT t.* FROM {quote_names(joined, dialect)}\nWHERE {where}"


def render(compiled: CompiledPlan, dialect: str, kinds: Iterable[StatementKind] = StatementKind, *, lists: bool = False) -> str:
    """One SQL text with the fingerprint in its first lines: all statements, or only those of `kinds`.

    `lists`: see `statements`. A printed text leaves lists out, because a plan can name any file as one.
    """
    every = statements(compiled, dialect, lists=lists)
    lines = [*_header(compiled, dialect)]
    for kind in kinds:
        lines += _section(WHEN[kind], [statement for statement in every if statement.kind is kind])
    return "\n".join(lines) + "\n"


def _header(compiled: CompiledPlan, dialect: str) -> Iterator[str]:
    yield f"-- Nectar plan {_one_line(compiled.plan.meta.name)} on {_one_line(compiled.network.name)}"
    yield f"-- fingerprint {compiled.fingerprint}"
    yield f"-- {DIALECTS[dialect].NOTE}"


def _section(title: str, group: Sequence[Statement]) -> Iterator[str]:
    if group:
        yield f"\n-- {title}"
    for statement in group:
        yield f"{statement.sql};"


def _one_line(text: str) -> str:
    """The text without line breaks, which would end the comment that it stands in."""
    return " ".join(text.split())
