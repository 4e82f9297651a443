"""MySQL's and MariaDB's limits, which the servers report only after hours, when indexes are built at the end."""

from __future__ import annotations

from collections import Counter

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.ddl.statements import StatementKind, statements
from nectar.config import codes
from nectar.config.complaints.collector import Complaints
from nectar.config.document.positions import TomlPath

INDEXES = 63  # of a table besides its key; error 1069
INDEX_KINDS = (StatementKind.ESSENTIAL_INDEX, StatementKind.DEFERRED_INDEX, StatementKind.VIEW_INDEX)


def check_indexes(compiled: CompiledPlan, complaints: Complaints) -> None:
    """Complains of a table with too many indexes, at its last view: without views no table has nearly as many."""
    counts = Counter(statement.table for statement in statements(compiled, "mysql") if statement.kind in INDEX_KINDS)
    for table, count in counts.items():
        if count > INDEXES:
            what = f"{table} has {count} indexes; MySQL and MariaDB have {INDEXES} at most, besides a table's key"
            views = [index for index, view in enumerate(compiled.plan.views) if view.table == table]
            path: TomlPath = ("views", views[-1], "where") if views else ("processors",)
            complaints.add(codes.TIDB_COUNT, what, path, at="key", suggestion="leave out views, or fill another database")
