"""Columns that hold the value of a protocol parameter: that of genesis, for as long as nothing can have changed it.

Only the ledger state says whether an update was adopted. But no update is adopted before it is proposed: the value of genesis
is in force until a proposal of another value can have taken effect. From then on the column stays NULL.
"""

from __future__ import annotations

from collections.abc import Iterator

from nectar.cardano.network import Network
from nectar.sinks.base import DerivedColumns
from nectar.tables import Place, item_ids

NAME = "parameters in force"

_UPDATE = 1  # epochs: an update by genesis keys takes effect after this many, at the earliest
_ACTION = 2  # epochs: an action of epoch N is ratified in N + 1 at the earliest, and N + 2 begins with it
_ACTIVE_AFTER = 2  # epochs until a pool is active that was not registered before: only such a pool pays a deposit


def in_force(divide: str, tables: frozenset[str], network: Network) -> Iterator[DerivedColumns]:
    """The statements that a plan with these tables can run. `divide`: the operator that divides whole numbers."""

    def epoch(id_: str) -> str:
        """SQL for the epoch of a row, by its id. Every such row belongs to an era with Shelley's epochs."""
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
    before = _all_proposals_known(tables, network)
    if before is not None and "stake_registration" in tables:
        value = str(network.key_deposit)
        yield closing("stake_registration", "deposit", value, "key_deposit", network.key_deposit, _UPDATE, before)
    if before is not None and {"pool_update", "block", "tx"} <= tables:
        new = f"{before} AND active_epoch_no = {epoch('id')} + {_ACTIVE_AFTER}"
        value = str(network.pool_deposit)
        yield closing("pool_update", "deposit", value, "pool_deposit", network.pool_deposit, _UPDATE, new)


def _all_proposals_known(tables: frozenset[str], network: Network) -> str | None:
    """SQL: rows before which every proposal is a row. Without governance actions: those up to Babbage's end, if it is known."""
    if "gov_action_proposal" in tables:
        return ""
    if "conway" not in network.history.first_epochs:
        return None
    return f" AND id < {network.history.first_slot_of_era('conway') * Place.IN_TX.value}"
