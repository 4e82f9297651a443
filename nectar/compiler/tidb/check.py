"""TiDB's limits as complaints about a plan, each with the key that leads to it."""

from __future__ import annotations

from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.ddl.statements import statements
from nectar.compiler.internal_tables import own_tables
from nectar.compiler.plan_json import as_json
from nectar.compiler.tidb.limits import Breach, breaches
from nectar.compiler.tidb.row_size import ENTRY_BYTES
from nectar.config import codes
from nectar.config.complaints.collector import Complaints
from nectar.config.document.positions import TomlPath
from nectar.processors.registry import PROCESSORS


def check_tidb(compiled: CompiledPlan, complaints: Complaints) -> None:
    """Complains of every statement and row that TiDB would refuse."""
    for breach in breaches((*own_tables("tidb"), *compiled.tables), statements(compiled, "tidb")):
        complaints.add(breach.code, breach.what, _cause(compiled, breach), at="key", suggestion=breach.hint)
    size = len(as_json(compiled).encode())
    if size > ENTRY_BYTES:
        what = f"the compiled plan has {size:,} bytes, a row of nectar_plan; TiDB takes {ENTRY_BYTES:,} (txn-entry-size-limit)"
        hint = "have fewer views, filters and tests in it, or put long lists into files"
        complaints.add(codes.TIDB_SIZE, what, ("plan",), at="key", suggestion=hint)


def _cause(compiled: CompiledPlan, breach: Breach) -> TomlPath:
    """The key that leads to it: the view, or the processor that fills the table."""
    of_a_view = breach.name.removeprefix("idx_").startswith("nectar_json_")
    for index, view in enumerate(compiled.plan.views):
        if breach.name == view.name or (of_a_view and breach.table == view.table):
            return ("views", index, "where")
    for processor in compiled.processors:
        if any(table.name == breach.table for table in PROCESSORS[processor.name].tables(processor.options)):
            return ("processors", processor.name)
    return ()
