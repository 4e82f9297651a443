"""The fingerprint: what a plan means for the rows, in 40 hexadecimal digits, whatever its spelling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from hashlib import blake2b
from typing import Any

from nectar.cardano.network import Network
from nectar.compiler.canonical_json import canonical
from nectar.compiler.compiled import EnabledProcessor
from nectar.compiler.filters import CompiledFilters
from nectar.compiler.internal_tables import key_of
from nectar.tables import Table

ROWS = 1
"""Goes up when the same plan and tables give other rows, because a fault was mended or a computation changed."""

DIGEST_SIZE = 20


def fingerprint(
    network: Network, processors: Iterable[EnabledProcessor], tables: Iterable[Table], filters: CompiledFilters
) -> str:
    """blake2b-160 of the canonical JSON of `meaning`."""
    return blake2b(canonical(meaning(network, processors, tables, filters)), digest_size=DIGEST_SIZE).hexdigest()


def meaning(
    network: Network, processors: Iterable[EnabledProcessor], tables: Iterable[Table], filters: CompiledFilters
) -> dict[str, Any]:
    """Everything that decides the rows and their values. The plan's name, range, source, indexes and hints do not count.

    Tables count by name, kind, key and columns (name, type, NULL or not). Their documentation may change freely.
    """
    return {
        "rows": ROWS,
        "network": _identity(network),
        "processors": {processor.name: processor.options for processor in processors},
        "filters": _filters(filters),
        "tables": {table.name: _shape(table) for table in tables},
    }


def _filters(filters: CompiledFilters) -> dict[str, Any]:
    """Checked trees, each node with its kind: two spellings of one filter give one value."""
    if not filters:
        return {}
    choice = {"where": shape(filters.where), "keep": filters.keep, "on_unknown": filters.on_unknown} if filters.where else {}
    return {**choice, "rows": {name: shape(test) for name, test in filters.rows}}


def shape(value: Any) -> Any:
    """A tree as lists: a node's kind, then its fields. The name of an `@file` does not count."""
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, *(shape(getattr(value, field.name)) for field in fields(value) if field.name != "file")]
    return [shape(item) for item in value] if isinstance(value, tuple) else value


def _identity(network: Network) -> dict[str, Any]:
    """The facts of a network that rows depend on. First slots of eras are left out: the blocks have them, and new eras come."""
    history = network.history
    return {
        "magic": network.magic,
        "network_id": network.network_id,
        "genesis": [network.byron_genesis_hash, network.shelley_genesis_hash],
        "start": history.start,
        "byron": [history.byron_slot_seconds, history.byron_epoch_slots],
        "shelley": [history.shelley_slot_seconds, history.shelley_epoch_slots, history.shelley_epoch],
        "execution_prices": network.execution_prices,
        "gov_action_lifetime": network.gov_action_lifetime,
    }


def _shape(table: Table) -> dict[str, Any]:
    return {
        "kind": table.kind,
        "place": table.place,
        "first": table.first,
        "key": key_of(table),
        "columns": [[column.name, column.type.value, column.null] for column in table.columns],
    }
