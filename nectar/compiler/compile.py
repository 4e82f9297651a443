"""Compiles a plan, pass by pass. Opens the network's genesis files and nothing else."""

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
from nectar.config.plan.keys import Plan, Processors
from nectar.decode.want import Want
from nectar.errors import GenesisError
from nectar.genesis.files import network as network_of
from nectar.processors.registry import PROCESSORS
from nectar.tables import Index, Table

Indexed = tuple[tuple[Table, Index], ...]


def compile_plan(plan: Plan, dialect: str = "sqlite") -> CompiledPlan:
    """Compiles a plan whose text is not at hand: complaints about expressions name the file and the key, without a line."""
    return compile_draft(plan, Complaints(Document(str(plan.source_text_path), {}, NOWHERE)), dialect)


def compile_draft(plan: Plan, complaints: Complaints, dialect: str | None = "sqlite") -> CompiledPlan:
    """Compiles a plan and checks it against a database's limits. Errors: PlanError with every complaint.

    `complaints`: those about the plan's text so far. `dialect`: views must suit it and its limits are checked; None accepts
    whatever any dialect accepts. One fault hides no other. Where the network or a processor is faulty, nothing that depends
    on it becomes a complaint.
    """
    known = not complaints.partial and not _is_misspelt(complaints)
    processors = enabled(plan) if known else every_processor(plan)
    tables = tables_of(processors)
    known_network = _network(plan, complaints)
    if known_network is not None:
        check_range(plan.sync, known_network, complaints)
    reader = ExpressionReader(plan, known_network, tables, complaints)
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
    network = known_network or network_of("preview")
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
    """The plan's network; None when it is faulty, or named in an included file that could not be read."""
    if not complaints.sound(("plan", "network")) or (complaints.partial and not complaints.has(("plan", "network"))):
        return None
    try:
        return network_of(plan.meta.network)
    except GenesisError as error:
        what = f"{error.where}: {error.what}" if error.where else error.what
        complaints.add(error.code, what, ("plan", "network"), suggestion=error.hint)
        return None


def _is_misspelt(complaints: Complaints) -> bool:
    """Whether [processors] has an unknown name, so that the plan's processors are not known."""
    names = {path[1:2] for path in complaints.bad if path[:1] == ("processors",)}
    return any(not name or name[0] not in Processors.names() for name in names)


def every_processor(plan: Plan) -> tuple[EnabledProcessor, ...]:
    """All processors, where it is not known which the plan means; those that it names have the plan's options."""
    everything = Processors(**dict.fromkeys(Processors.names(), True) | _set(plan.processors))
    options = dict(everything.enabled())
    return tuple(EnabledProcessor(name, options[name]) for name in PROCESSORS)


def _set(processors: Processors) -> dict[str, Any]:
    return {name: value for name in Processors.names() if (value := getattr(processors, name))}


def enabled(plan: Plan) -> tuple[EnabledProcessor, ...]:
    """The plan's processors in the registry's order, every option filled in."""
    options = dict(plan.processors.enabled())
    return tuple(EnabledProcessor(name, options[name]) for name in PROCESSORS if name in options)


def want_of(processors: Iterable[EnabledProcessor]) -> Want:
    """The fields that must be decoded for these processors."""
    return reduce(or_, (PROCESSORS[processor.name].want(processor.options) for processor in processors), Want(0))


def tables_of(processors: Iterable[EnabledProcessor]) -> tuple[Table, ...]:
    """Each table once, in the registry's order. Errors: ValueError when two processors declare one table in different ways."""
    tables: dict[str, Table] = {}
    for processor in processors:
        for table in PROCESSORS[processor.name].tables(processor.options):
            if tables.setdefault(table.name, table) is not table:
                raise ValueError(f"processor {processor.name} declares table {table.name} in a way of its own")
    check_declarations(tables.values())
    return tuple(tables.values())


def split_indexes(tables: Iterable[Table], policy: str) -> tuple[Indexed, Indexed]:
    """The indexes that are kept while loading, and those that are built at the end.

    `policy`: essential (only the essential ones), deferred (the others at the end), all (every index is kept while loading).
    """
    pairs = tuple((table, index) for table in tables for index in table.indexes)
    if policy == "all":
        return pairs, ()
    essential = tuple(pair for pair in pairs if pair[1].essential)
    return essential, () if policy == "essential" else tuple(pair for pair in pairs if not pair[1].essential)
