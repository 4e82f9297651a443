"""Splits the regions of large tables on TiDB before the first row is written (docs/decisions/0012).

A table begins as one region, which one store serves alone until it has grown enough to be split. A fact's id is a position on
the chain, so the plan's range of slots is a range of ids, which is divided evenly. Hashes are spread evenly anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nectar.cardano.position import HIGHEST_ID
from nectar.compiler.compiled import CompiledPlan
from nectar.compiler.field_bounds import bounds_of
from nectar.config.plan.bounds import AtOrigin
from nectar.tables import Kind, Place, Table

Slots = tuple[int, int]
"""The first and the last, both included."""

REGIONS = 16  # of a table; TiDB takes 1,000 at most (split-region-max-num)
LEAST_STEP = 1_000  # ids of a region; TiDB refuses smaller ones
LARGE = frozenset(
    {
        "address",
        "collateral_tx_in",
        "datum",
        "delegation",
        "ma_tx_mint",
        "ma_tx_out",
        "multi_asset",
        "redeemer",
        "redeemer_data",
        "reference_tx_in",
        "stake_address",
        "tx",
        "tx_cbor",
        "tx_in",
        "tx_metadata",
        "tx_out",
        "withdrawal",
    }
)
"""Tables that grow beyond a region on mainnet. The server merges the regions of a table that stays empty."""


def slots_of(compiled: CompiledPlan, open_end: int | None = None) -> Slots | None:
    """The plan's first and last slot; None where only the chain tells. `open_end`: the last slot of an open plan."""
    sync = compiled.plan.sync
    first, last = bounds_of(sync, compiled.network).get(("block", "slot"), (None, None))
    first, last = 0 if isinstance(sync.start, AtOrigin) else first, open_end if last is None else last
    return None if first is None or last is None else (first, last)


def pre_splits(tables: Sequence[Table], slots: Slots | None) -> Iterator[tuple[str, str]]:
    """(table, statement). Every other server reads the statement as a comment. Facts are not split where `slots` is None."""
    for table in tables:
        if table.name not in LARGE:
            continue
        if table.kind is Kind.DIMENSION:
            yield table.name, _statement(table.name, "x'00'", "x'ff'", REGIONS)
        elif table.place is not None and slots is not None:
            unit = 2 if table.place is Place.BLOCK else table.place.value
            low, high = max(slots[0], 0) * unit, min((slots[1] + 1) * unit, HIGHEST_ID)
            regions = min(REGIONS, (high - low) // LEAST_STEP)
            if regions > 1:
                yield table.name, _statement(table.name, str(low), str(high), regions)


def _statement(table: str, low: str, high: str, regions: int) -> str:
    return f"/*T! SPLIT TABLE `{table}` BETWEEN ({low}) AND ({high}) REGIONS {regions} */"
