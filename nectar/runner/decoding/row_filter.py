"""Filters of one table's rows, `[filters.rows]`."""

from __future__ import annotations

from typing import Any

from nectar.compiler.compiled import CompiledPlan
from nectar.filterlang.table_scope import table_scope
from nectar.filterlang.to_python import Surely, to_python
from nectar.filterlang.unknown import SCOPES, can_be_unknown
from nectar.processors.rows import RowBuffers
from nectar.runner.decoding.filtering import Tally, filter_functions


class RowFilter:
    """A filter of one table's rows. `tally`: what it answered since that was taken last."""

    def __init__(self, surely: Surely, may_be_unknown: bool) -> None:
        self._surely, self._may_be_unknown = surely, may_be_unknown
        self.tally = Tally()

    def apply(self, name: str, out: RowBuffers) -> None:
        rows, true = out.facts[name], self._surely.true
        kept = [row for row in rows if true(row, out)]
        tally = self.tally
        tally.seen += len(rows)
        tally.kept += len(kept)
        tally.dropped += len(rows) - len(kept)
        if self._may_be_unknown and len(kept) < len(rows):
            false = self._surely.false
            unknown = sum(1 for row in rows if not true(row, out) and not false(row, out))
            tally.unknown += unknown
            tally.dropped -= unknown
        out.facts[name] = kept


def row_filters(compiled: CompiledPlan) -> dict[str, RowFilter]:
    """The plan's filters by table, in the plan's order."""
    if not compiled.filters.rows:
        return {}
    env = {**filter_functions(compiled), "pointed": referenced_value}
    tables = {table.name: table for table in compiled.tables}
    filters: dict[str, RowFilter] = {}
    for name, test in compiled.filters.rows:
        scope = table_scope(tables[name], compiled.tables, when_made=True)
        filters[name] = RowFilter(to_python(test, env, [scope]), can_be_unknown(test, {**SCOPES, name: scope}))
    return filters


def referenced_value(out: RowBuffers, dimension: str, key: Any, column: int) -> Any:
    """A value of the dimension's row that another row references; None when it references none."""
    row = out.dimensions[dimension].get(key)
    return None if row is None else row[column]
