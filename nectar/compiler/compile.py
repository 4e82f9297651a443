"""A plan's meaning, worked out in passes that stand on one screen. Opens a network's genesis files and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_

from nectar.compiler.checks import check_declarations
from nectar.compiler.compiled import CompiledPlan, EnabledProcessor
from nectar.compiler.filters import check_tests, compile_filters, compile_views, wanted_by
from nectar.compiler.fingerprint import fingerprint
from nectar.compiler.own_tables import WATCHED
from nectar.compiler.tidb_check import check_tidb
from nectar.compiler.view_support import view_indexes
from nectar.config.complaints import Complaints
from nectar.config.genesis_files import network
from nectar.config.load import Document
from nectar.config.plan import Plan
from nectar.config.positions import NOWHERE
from nectar.decode.want import Want
from nectar.processors.registry import PROCESSORS
from nectar.tables import Index, Table

Indexed = tuple[tuple[Table, Index], ...]


def compile_plan(plan: Plan, dialect: str = "sqlite") -> CompiledPlan:
    """As `compile_draft`, of a plan without its text: complaints about expressions name the file and the key."""
    return compile_draft(plan, Complaints(Document(str(plan.source_text_path), {}, NOWHERE)), dialect)


def compile_draft(plan: Plan, complaints: Complaints, dialect: str = "sqlite") -> CompiledPlan:
    """`complaints` are those about the plan's text so far; `dialect` the one that views must suit, and
    whose limits are looked for when it is TiDB's.

    Errors: PlanError with those and all that is wrong with its expressions; NetworkError when its genesis folder cannot be read.
    """
    net = network(plan.meta.network)
    processors = enabled(plan)
    tables = tables_of(processors)
    filters = compile_filters(plan, net, tables, complaints)
    views = compile_views(plan, net, tables, complaints, dialect)
    check_tests(plan, tables, complaints)
    complaints.raise_any()
    if filters.watched:
        tables = (*tables, WATCHED)
    essential, deferred = split_indexes(tables, plan.storage.indexes)
    if plan.storage.indexes == "all":
        essential = (*essential, *view_indexes(views, tables))
    elif plan.storage.indexes == "deferred":
        deferred = (*deferred, *view_indexes(views, tables))
    compiled = CompiledPlan(
        plan=plan,
        network=net,
        processors=processors,
        want=want_of(processors) | wanted_by(filters),
        tables=tables,
        essential_indexes=essential,
        deferred_indexes=deferred,
        filters=filters,
        views=views,
        fingerprint=fingerprint(net, processors, tables, filters),
    )
    if dialect == "tidb":
        check_tidb(compiled, complaints)
        complaints.raise_any()
    return compiled


def enabled(plan: Plan) -> tuple[EnabledProcessor, ...]:
    """Those that are on, in the registry's order, every option filled in."""
    options = dict(plan.processors.enabled())
    return tuple(EnabledProcessor(name, options[name]) for name in PROCESSORS if name in options)


def want_of(processors: Iterable[EnabledProcessor]) -> Want:
    """Whatever any of them needs."""
    return reduce(or_, (PROCESSORS[one.name].want(one.options) for one in processors), Want(0))


def tables_of(processors: Iterable[EnabledProcessor]) -> tuple[Table, ...]:
    """Each table once, in the registry's order; one name declared in two ways is a mistake in a processor."""
    tables: dict[str, Table] = {}
    for one in processors:
        for table in PROCESSORS[one.name].tables(one.options):
            if tables.setdefault(table.name, table) is not table:
                raise ValueError(f"processor {one.name} declares table {table.name} in a way of its own")
    check_declarations(tables.values())
    return tuple(tables.values())


def split_indexes(tables: Iterable[Table], policy: str) -> tuple[Indexed, Indexed]:
    """Kept while loading, and built at the end.

    `policy`: essential (there are no others), deferred (the others are built at the end), all (every one is kept while loading).
    """
    pairs = tuple((table, index) for table in tables for index in table.indexes)
    if policy == "all":
        return pairs, ()
    essential = tuple(pair for pair in pairs if pair[1].essential)
    return essential, () if policy == "essential" else tuple(pair for pair in pairs if not pair[1].essential)
