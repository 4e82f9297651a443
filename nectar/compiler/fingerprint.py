"""What a plan means for the rows, in 40 hexadecimal digits: the same for every spelling of it, another for any other meaning."""

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
"""Goes up when the rows that a plan makes change though its text and tables do not (a mistake mended, a computation changed)."""

DIGEST_SIZE = 20


def fingerprint(
    network: Network, processors: Iterable[EnabledProcessor], tables: Iterable[Table], filters: CompiledFilters
) -> str:
    """blake2b-160 of the canonical JSON of `meaning`."""
    return blake2b(canonical(meaning(network, processors, tables, filters)), digest_size=DIGEST_SIZE).hexdigest()


def meaning(
    network: Network, processors: Iterable[EnabledProcessor], tables: Iterable[Table], filters: CompiledFilters
) -> dict[str, Any]:
    """Everything that decides which rows there are and what stands in them; neither name, range, source, indexes nor hints.

    Tables count by name, kind, key and columns (name, type, NULL or not): their texts may change freely.
    """
    return {
        "rows": ROWS,
        "network": _identity(network),
        "processors": {one.name: one.options for one in processors},
        "filters": _filters(filters),
        "tables": {table.name: _shape(table) for table in tables},
    }


def _filters(filters: CompiledFilters) -> dict[str, Any]:
    """Checked trees, each node with its kind: another spelling of a filter is the same filter."""
    if not filters:
        return {}
    kept = {"where": shape(filters.where), "keep": filters.keep, "on_unknown": filters.on_unknown} if filters.where else {}
    return {**kept, "rows": {name: shape(test) for name, test in filters.rows}}


def shape(value: Any) -> Any:
    """A tree as lists: a node's kind, then its fields. What a list's file was called does not count."""
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, *(shape(getattr(value, one.name)) for one in fields(value) if one.name != "file")]
    return [shape(one) for one in value] if isinstance(value, tuple) else value


def _identity(network: Network) -> dict[str, Any]:
    """What of a network rows depend on; not when its eras began, which grows as the chain does and stands in the blocks."""
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
