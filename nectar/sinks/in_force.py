"""Columns that say what a protocol parameter was: genesis' value, for as long as nothing can have changed it.

Whether an update was adopted is ledger state. But none is before it is proposed: until a proposal of another value can have taken
effect, the value of genesis is in force. From there on the column stays NULL.
"""

from __future__ import annotations

from collections.abc import Iterator

from nectar.cardano.network import Network
from nectar.sinks.base import DerivedColumns
from nectar.tables import Place, item_ids

NAME = "parameters in force"

_UPDATE = 1  # epochs after which an update by genesis keys takes effect at the earliest
_ACTION = 2  # ... and a governance action: the epoch after its own votes on it, the next one begins with it
_ACTIVE_AFTER = 2  # epochs, of a pool that was not registered: only such a one pays a deposit


def in_force(divide: str, tables: frozenset[str], network: Network) -> Iterator[DerivedColumns]:
    """Those that a plan with these tables can fill. `divide`: the database's operator for whole numbers."""

    def epoch(id_: str) -> str:
        """Of a row's id; every such row is of an era with Shelley's epochs."""
        history = network.history
        slot = f"{id_} {divide} {Place.IN_TX.value}"
        return f"{history.shelley_epoch} + ({slot} - {history.first_shelley_slot}) {divide} {history.shelley_epoch_slots}"

    def closing(table: str, column: str, value: str, parameter: str, genesis: int, delay: int, also: str = "") -> DerivedColumns:
        changed = f"SELECT {epoch('MIN(p.id)')} + {delay} FROM param_proposal AS p WHERE p.{parameter} <> {genesis}"
        sql = f"""UPDATE {table} SET {column} = {value}
        WHERE {column} IS NULL AND id {item_ids(":low", ":high")} AND id >= 0{also}
          AND {epoch("id")} < COALESCE(({changed}), {1 << 40})"""
        return DerivedColumns(NAME, sql, from_origin=True, tables=frozenset((table,)))

    if "gov_action_proposal" in tables:
        lifetime = network.gov_action_lifetime
        value = f"{epoch('id')} + {lifetime}"
        yield closing("gov_action_proposal", "expiration", value, "gov_action_lifetime", lifetime, _ACTION)
    before = _told_of(tables, network)
    if before is not None and "stake_registration" in tables:
        value = str(network.key_deposit)
        yield closing("stake_registration", "deposit", value, "key_deposit", network.key_deposit, _UPDATE, before)
    if before is not None and {"pool_update", "block", "tx"} <= tables:
        new = f"{before} AND active_epoch_no = {epoch('id')} + {_ACTIVE_AFTER}"
        value = str(network.pool_deposit)
        yield closing("pool_update", "deposit", value, "pool_deposit", network.pool_deposit, _UPDATE, new)


def _told_of(tables: frozenset[str], network: Network) -> str | None:
    """Up to where every proposal is a row: without governance actions, to the end of Babbage, if that is known."""
    if "gov_action_proposal" in tables:
        return ""
    if "conway" not in network.history.first_epochs:
        return None
    return f" AND id < {network.history.first_slot_of_era('conway') * Place.IN_TX.value}"
