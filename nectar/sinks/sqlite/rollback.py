"""Delete rows by their position on the chain: for a range that is loaded again, and for a rollback."""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from nectar.cardano.position import HIGHEST_ID
from nectar.tables import Kind, Place, Table


def remove_facts(db: apsw.Connection, tables: Sequence[Table], first: int, last: int | None) -> None:
    """Delete facts and quarantined blocks of slots `first` to `last`, both included. `last` None: to the end.

    A range that is loaded again keeps the rows that were recorded later than its blocks: no block would bring them again.
    """
    for table in tables:
        if table.kind is Kind.FACT and table.place is not None and (last is None or not table.recorded_at):
            unit = ids_a_slot(table.place)
            high = HIGHEST_ID if last is None else (last + 1) * unit - 1
            db.execute(f'DELETE FROM main."{table.name}" WHERE "{table.cut_by}" BETWEEN ? AND ?', (first * unit, high))
    db.execute("DELETE FROM nectar_quarantine WHERE slot BETWEEN ? AND ?", (first, HIGHEST_ID if last is None else last))


def forget_after(db: apsw.Connection, tables: Sequence[Table], slot: int) -> None:
    """Delete dimension rows first seen after `slot`, and references to transactions after it."""
    for table in tables:
        if table.kind is Kind.DIMENSION and table.place is not None:
            bound = (slot + 1) * ids_a_slot(table.place)
            db.execute(f'DELETE FROM main."{table.name}" WHERE "{table.first}" >= ?', (bound,))
    if any(table.name == "tx_out" for table in tables):
        bound = (slot + 1) * Place.TX.value
        db.execute("UPDATE tx_out SET consumed_by_tx_id = NULL WHERE consumed_by_tx_id >= ?", (bound,))


def ids_a_slot(place: Place) -> int:
    """How many ids one slot has."""
    return 2 if place is Place.BLOCK else place.value
