"""Builds the `MetaData` of a compiled plan: columns, keys, relations and comments of its tables and views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

import sqlalchemy as sa

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.ddl.statements import UTXO_VIEW, shows_unspent
from nectar.compiler.internal_tables import key_of, own_tables
from nectar.filterlang.write_tree import text_of
from nectar.metadata.column_types import type_of
from nectar.tables import Column, Table


def build(compiled: CompiledPlan, dialect: str) -> sa.MetaData:
    """`info["view"]` tells views from tables. Generated columns, which servers have for views of JSON values, are left out."""
    metadata = sa.MetaData()
    tables = (*own_tables(dialect), *compiled.tables)
    targets = {f"{table.name}.{column.name}" for table in tables for column in table.columns}
    for table in tables:
        _add(metadata, table, targets, table.name, table.doc, is_view=False)
    for name, table, doc in _views(compiled):
        _add(metadata, table, targets, name, doc, is_view=True)
    sa.event.listen(metadata, "before_create", _refuse_to_create)
    return metadata


def _views(compiled: CompiledPlan) -> Iterator[tuple[str, Table, str]]:
    """(name, the table whose columns it has, doc)."""
    tables = {table.name: table for table in compiled.tables}
    for view in compiled.views:
        yield view.name, tables[view.table], f"Rows of {view.table} where {text_of(view.test)}"
    if shows_unspent(compiled):
        yield UTXO_VIEW, tables["tx_out"], "Rows of tx_out that nothing has spent, without those of genesis."


def _add(metadata: sa.MetaData, table: Table, targets: Iterable[str], name: str, doc: str, *, is_view: bool) -> None:
    """A view has the key of its table, so that a class can be mapped to it."""
    key = key_of(table)
    columns = [_column(table, column, column.name in key, targets) for column in table.columns]
    sa.Table(name, metadata, *columns, comment=doc, info={"kind": table.kind.value, "view": is_view})


def _column(table: Table, column: Column, is_key: bool, targets: Iterable[str]) -> sa.Column[Any]:
    """A relation is described only: the database has no foreign keys. One to a table that the plan lacks is left out."""
    relations = [sa.ForeignKey(column.references, use_alter=True)] if column.references in targets else []
    return sa.Column(
        column.name,
        type_of(table, column),
        *relations,
        primary_key=is_key,
        nullable=column.null,
        autoincrement=False,
        comment=column.doc,
        info={"type": column.type.value, "source": column.source, "differs": column.differs},
    )


def _refuse_to_create(*_: Any, **__: Any) -> NoReturn:
    raise NotImplementedError("this metadata is for queries: create the tables with `nectar db init` or `nectar run`")
