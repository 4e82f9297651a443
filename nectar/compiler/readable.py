"""The compiled plan as JSON for people and programs: everything that the plan says, and all that follows from it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from nectar.cardano.network import Network
from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.filters import Clause, in_words
from nectar.compiler.own_tables import key_of
from nectar.compiler.plain import plain
from nectar.config.bound import Bound
from nectar.decode.want import Want
from nectar.tables import Index, Table


def as_json(compiled: CompiledPlan) -> str:
    """The text of `nectar plan compile`: the same bytes for the same plan, ending in a newline."""
    return json.dumps(readable(compiled), indent=2, ensure_ascii=False) + "\n"


def readable(compiled: CompiledPlan) -> dict[str, Any]:
    """Everything that the plan says, defaults filled in, and what Nectar makes of it."""
    plan = compiled.plan
    return {
        "fingerprint": compiled.fingerprint,
        "plan": plain(plan.meta),
        "source": plain(plan.source),
        "range": {"start": _bound(plan.sync.start), "end": _bound(plan.sync.end), "skip_existing": plan.sync.skip_existing},
        "on_decode_error": plan.sync.on_decode_error,
        "network": _network(compiled.network),
        "processors": {one.name: plain(one.options) for one in compiled.processors},
        "filters": _filters(compiled.filters),
        "decodes": [str(flag.name).lower() for flag in Want if flag in compiled.want],
        "tables": {table.name: _table(table) for table in compiled.tables},
        "indexes": {
            "policy": plan.storage.indexes,
            "essential": _indexes(compiled.essential_indexes),
            "deferred": _indexes(compiled.deferred_indexes),
        },
        "performance": plain(plan.performance),
    }


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


def _filters(clauses: Sequence[Clause]) -> dict[str, Any] | None:
    if not clauses:
        return None
    return {"keeps": in_words(clauses), "clauses": {type(clause).__name__: plain(clause) for clause in clauses}}


def _table(table: Table) -> dict[str, Any]:
    return {
        "kind": table.kind.value,
        "key": ", ".join(key_of(table)),
        "columns": {column.name: column.type.value + (" or null" if column.null else "") for column in table.columns},
    }


def _indexes(pairs: Sequence[tuple[Table, Index]]) -> dict[str, str]:
    return {
        index.name: f"{'unique ' if index.unique else ''}{table.name} ({', '.join(index.columns)})" for table, index in pairs
    }
