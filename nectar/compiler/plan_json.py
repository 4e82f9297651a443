"""The compiled plan as JSON, for people and programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from nectar.cardano.network import Network
from nectar.compiler.canonical_json import plain
from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.ddl.dialects import DIALECTS
from nectar.compiler.filters import CompiledFilters, CompiledView, scope_of_view, target_of
from nectar.compiler.internal_tables import key_of
from nectar.config.plan.bounds import Bound
from nectar.config.plan.filters import PlanTest
from nectar.decode.want import Want
from nectar.filterlang.to_needles import Clause
from nectar.filterlang.to_sql import NotInSql, to_sql
from nectar.filterlang.tree import reads_files
from nectar.filterlang.write_tree import text_of
from nectar.tables import Index, Table

SHOWN = 8  # needles of a clause that the compiled plan lists


def as_json(compiled: CompiledPlan) -> str:
    """What `nectar plan compile` prints: the same bytes for the same plan, ending in a newline."""
    return json.dumps(readable(compiled), indent=2, ensure_ascii=False) + "\n"


def readable(compiled: CompiledPlan) -> dict[str, Any]:
    """The plan with its defaults filled in, and the tables, indexes and needles that follow from it."""
    plan = compiled.plan
    return {
        "fingerprint": compiled.fingerprint,
        "plan": plain(plan.meta),
        "source": plain(plan.source),
        "range": {"start": _bound(plan.sync.start), "end": _bound(plan.sync.end), "skip_existing": plan.sync.skip_existing},
        "on_decode_error": plan.sync.on_decode_error,
        "network": _network(compiled.network),
        "processors": {processor.name: plain(processor.options) for processor in compiled.processors},
        "filters": _filters(compiled.filters),
        "views": {view.name: _view(compiled, view) for view in compiled.views},
        "decodes": [str(flag.name).lower() for flag in Want if flag in compiled.want],
        "tables": {table.name: _table(table) for table in compiled.tables},
        "indexes": {
            "policy": plan.storage.indexes,
            "essential": _indexes(compiled.essential_indexes),
            "deferred": _indexes(compiled.deferred_indexes),
        },
        "performance": plain(plan.performance),
        "tests": [_test(test) for test in plan.tests],
    }


def _test(test: PlanTest) -> dict[str, Any]:
    return {"name": test.name, "path": plain(test.path), "first": test.first, "last": test.last, "rows": plain(test.rows)}


def _network(network: Network) -> dict[str, Any]:
    history = network.history
    return {
        "name": network.name,
        "magic": network.magic,
        "network_id": network.network_id,
        "byron_genesis_hash": plain(network.byron_genesis_hash),
        "shelley_genesis_hash": plain(network.shelley_genesis_hash),
        "security_parameter": network.security_parameter,
        "start": plain(history.start),
        "byron": {"slot_seconds": history.byron_slot_seconds, "epoch_slots": history.byron_epoch_slots},
        "shelley": {"slot_seconds": history.shelley_slot_seconds, "epoch_slots": history.shelley_epoch_slots},
        "first_slots": {era: slot for slot, era in network.era_tags()},
    }


def _bound(bound: Bound) -> dict[str, Any]:
    return {"form": type(bound).__name__, **plain(bound)}


def _filters(filters: CompiledFilters) -> dict[str, Any] | None:
    if not filters:
        return None
    described: dict[str, Any] = {}
    if filters.where is not None:
        described |= {
            "where": text_of(filters.where),
            "keep": filters.keep,
            "on_unknown": filters.on_unknown,
            "can_be_unknown": filters.unknown,
            "needles": [_clause(clause, reads_files(filters.where)) for clause in filters.needles],
            "watches": [text_of(test) for test in filters.questions],
            "follows_spends": filters.follows,
        }
    return {**described, "rows": {name: text_of(test) for name, test in filters.rows}}


def _clause(clause: Clause, hidden: bool) -> dict[str, Any]:
    """The first needles and their number; only the number when they may come from a file, which is never shown."""
    strings = [] if hidden else sorted(clause.strings)
    shown = [needle.hex() for needle in strings[:SHOWN]]
    return {"any_of": shown, "count": len(clause.strings), "or_spends_a_watched_output": clause.spends}


def _view(compiled: CompiledPlan, view: CompiledView) -> dict[str, Any]:
    return {
        "from": view.table,
        "where": text_of(view.test),
        "databases": {name: trouble or "yes" for name, trouble in suits(compiled, view)},
    }


def suits(compiled: CompiledPlan, view: CompiledView) -> Iterator[tuple[str, str]]:
    """(dialect, why it cannot have the view; empty when it can)."""
    table = next(table for table in compiled.tables if table.name == view.table)
    for dialect in DIALECTS:
        try:
            to_sql(view.test, target_of(compiled.network, compiled.tables, dialect), [scope_of_view(table, compiled.tables)])
        except NotInSql as error:
            yield dialect, f"no: {error}"
        else:
            yield dialect, ""


def _table(table: Table) -> dict[str, Any]:
    return {
        "kind": table.kind.value,
        "key": ", ".join(key_of(table)),
        "columns": {column.name: column.type.value + (" or null" if column.null else "") for column in table.columns},
    }


def _indexes(pairs: Sequence[tuple[Table, Index]]) -> dict[str, str]:
    return {index.name: f"{'unique ' if index.unique else ''}{table.name} ({', '.join(index.columns)})" for table, index in pairs}
