"""Delete rows by their position on the chain, as `sinks.sqlite.rollback` does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nectar.cardano.position import HIGHEST_ID
from nectar.tables import Kind, Place, Table


def facts_of_slots(tables: Sequence[Table], first: int, last: int | None) -> Iterator[str]:
    """SQL that deletes facts and quarantined blocks of slots `first` to `last`, both included. `last` None: to the end."""
    for table in tables:
        if table.kind is Kind.FACT and table.place is not None and (last is None or not table.recorded_at):
            unit = _ids_a_slot(table.place)
            high = HIGHEST_ID if last is None else (last + 1) * unit - 1
            yield f"DELETE FROM `{table.name}` WHERE `{table.cut_by}` BETWEEN {first * unit} AND {high}"
    yield f"DELETE FROM `nectar_quarantine` WHERE `slot` BETWEEN {first} AND {HIGHEST_ID if last is None else last}"


def dimensions_after(tables: Sequence[Table], slot: int) -> Iterator[str]:
    """SQL that deletes dimension rows first seen after `slot`, and references to transactions after it."""
    for table in tables:
        if table.kind is Kind.DIMENSION and table.place is not None:
            yield f"DELETE FROM `{table.name}` WHERE `{table.first}` >= {(slot + 1) * _ids_a_slot(table.place)}"
    if any(table.name == "tx_out" for table in tables):
        bound = (slot + 1) * Place.TX.value
        yield f"UPDATE `tx_out` SET `consumed_by_tx_id` = NULL WHERE `consumed_by_tx_id` >= {bound}"


def _ids_a_slot(place: Place) -> int:
    return 2 if place is Place.BLOCK else place.value
