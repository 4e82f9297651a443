"""A plan's meaning, worked out in passes that stand on one screen. Opens a network's genesis files and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from nectar.cardano.network import Network
from nectar.compiler.compiled import CompiledPlan, EnabledProcessor
from nectar.compiler.ddl.mysql_limits import check_indexes
from nectar.compiler.ddl.views import view_indexes
from nectar.compiler.field_bounds import check_range
from nectar.compiler.filters import ExpressionReader, check_tests, compile_filters, compile_views, wanted_by
from nectar.compiler.fingerprint import fingerprint
from nectar.compiler.internal_tables import TRACKED_OUTPUTS
from nectar.compiler.table_checks import check_declarations
from nectar.config.complaints.collector import Complaints
from nectar.config.document.load import Document
from nectar.config.document.positions import NOWHERE
from nectar.config.plan.model import Plan, Processors
from nectar.decode.want import Want
from nectar.errors import GenesisError
from nectar.genesis.files import network as network_of
from nectar.processors.registry import PROCESSORS
from nectar.tables import Index, Table

Indexed = tuple[tuple[Table, Index], ...]


def compile_plan(plan: Plan, dialect: str = "sqlite") -> CompiledPlan:
    """As `compile_draft`, of a plan without its text: complaints about expressions name the file and the key."""
    return compile_draft(plan, Complaints(Document(str(plan.source_text_path), {}, NOWHERE)), dialect)


def compile_draft(plan: Plan, complaints: Complaints, dialect: str | None = "sqlite") -> CompiledPlan:
    """`complaints` are those about the plan's text so far; `dialect` the one that views must suit, and whose limits are looked
    for when it is TiDB's; None: whatever any suits.

    Everything is looked at whatever else is wrong. Where something that the rest hangs on is wrong (the network, a processor),
    nothing is said of the rest that could be otherwise. Errors: PlanError with all that is wrong.
    """
    known = not complaints.partial and not _is_misspelt(complaints)
    processors = enabled(plan) if known else every_processor(plan)
    tables = tables_of(processors)
    net = _network(plan, complaints)
    if net is not None:
        check_range(plan.sync, net, complaints)
    reader = ExpressionReader(plan, net, tables, complaints)
    filters = compile_filters(reader)
    views = compile_views(reader, dialect)
    check_tests(reader)
    if filters.questions or filters.remembers:
        tables = (*tables, TRACKED_OUTPUTS)
    essential, deferred = split_indexes(tables, plan.storage.indexes)
    if plan.storage.indexes == "all":
        essential = (*essential, *view_indexes(views, tables))
    elif plan.storage.indexes == "deferred":
        deferred = (*deferred, *view_indexes(views, tables))
    network = net or network_of("preview")
    compiled = CompiledPlan(
        plan=plan,
        network=network,
        processors=processors,
        want=want_of(processors) | wanted_by(filters),
        tables=tables,
        essential_indexes=essential,
        deferred_indexes=deferred,
        filters=filters,
        views=views,
        fingerprint=fingerprint(network, processors, tables, filters),
    )
    if dialect == "tidb" and known and complaints.sound(("processors",)):
        from nectar.compiler.tidb.check import check_tidb

        check_tidb(compiled, complaints)
    elif dialect == "mysql" and known and complaints.sound(("processors",)):
        check_indexes(compiled, complaints)
    complaints.raise_any()
    return compiled


def _network(plan: Plan, complaints: Complaints) -> Network | None:
    """None when it is wrong, or may stand in a file that could not be read."""
    if not complaints.sound(("plan", "network")) or (complaints.partial and not complaints.has(("plan", "network"))):
        return None
    try:
        return network_of(plan.meta.network)
    except GenesisError as error:
        what = f"{error.where}: {error.what}" if error.where else error.what
        complaints.add(error.code, what, ("plan", "network"), suggestion=error.hint)
        return None


def _is_misspelt(complaints: Complaints) -> bool:
    """Whether [processors] names something that is none, so that it is not known what was meant."""
    names = {path[1:2] for path in complaints.bad if path[:1] == ("processors",)}
    return any(not name or name[0] not in Processors.names() for name in names)


def every_processor(plan: Plan) -> tuple[EnabledProcessor, ...]:
    """As though all were on, where it is not known which are: those that the plan has on with their options."""
    everything = Processors(**dict.fromkeys(Processors.names(), True) | _set(plan.processors))
    options = dict(everything.enabled())
    return tuple(EnabledProcessor(name, options[name]) for name in PROCESSORS)


def _set(processors: Processors) -> dict[str, Any]:
    return {name: value for name in Processors.names() if (value := getattr(processors, name))}


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
