"""Which columns follow from other rows, in which order: each database family spells the statements (see `seam.Closing`).

Each statement touches only rows that miss the value and whose sources are all present, so that it can run after any range,
twice, or in another order and come to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from nectar.cardano.network import Network
from nectar.sinks.base import DerivedColumns
from nectar.sinks.in_force import in_force
from nectar.tables import Table

# Names stand in the closing summary: several statements may share one.
INPUTS, SPENT, FEES, DEPOSITS = "inputs", "spent outputs", "implied fees", "deposits"
LINKS, SCRIPTS, ACTIONS, POOLS = "previous blocks", "redeemers' scripts", "governance actions", "pools' epochs"


class Spelling(NamedTuple):
    """SQL with `:low` and `:high`; several statements are parted by semicolons.

    `resolve(table)`: the spending row learns which transaction made the output it names; `consumed`: that output, which
    transaction spent it. `fee`: Byron's transactions, and failed ones that do not say what they lose; `fee_with_blocks` adds
    them to their blocks', which counted them as nothing. `script_hash(credential, join)`, `action(table, column, hash, index)`.
    """

    previous: str
    resolve: Callable[[str], str]
    consumed: str
    fee: str
    fee_with_blocks: str
    deposit: str
    script_hash: Callable[[str, str], str]
    action: Callable[[str, str, str, str], str]
    active_epoch: str
    divide: str = "/"  # whole numbers by whole numbers


def derived_columns(
    spell: Spelling, tables: Sequence[Table], network: Network, inputs: bool = True
) -> tuple[DerivedColumns, ...]:
    """The statements that a plan with these tables can run, in the order in which they build on each other.

    `inputs` False leaves out whatever asks which output an input spends.
    """
    there = {table.name: table for table in tables}
    chosen: list[DerivedColumns] = []
    if "block" in there:
        chosen.append(DerivedColumns(LINKS, spell.previous))
    if "tx" in there and inputs:
        chosen += [DerivedColumns(INPUTS, spell.resolve(name)) for name in ("tx_in", "collateral_tx_in", "reference_tx_in")]
        chosen += [
            DerivedColumns(SPENT, spell.consumed),
            DerivedColumns(FEES, spell.fee_with_blocks if "block" in there else spell.fee),
        ]
        if "withdrawal" in there:
            chosen.append(DerivedColumns(DEPOSITS, spell.deposit))
        if "redeemer" in there:
            by_id = "address_id" in there["tx_out"].column_names
            join = "JOIN address AS a ON a.id = o.address_id" if by_id else ""
            chosen.append(DerivedColumns(SCRIPTS, spell.script_hash("a.payment_cred" if by_id else "o.payment_cred", join)))
    if {"tx", "gov_action_proposal"} <= there.keys():
        votes = spell.action("voting_procedure", "gov_action_proposal_id", "gov_action_tx_hash", "gov_action_index")
        before = spell.action("gov_action_proposal", "prev_gov_action_proposal", "prev_tx_hash", "prev_index")
        chosen += [DerivedColumns(ACTIONS, votes), DerivedColumns(ACTIONS, before)]
    if {"block", "tx", "pool_update"} <= there.keys():
        chosen.append(DerivedColumns(POOLS, spell.active_epoch, from_origin=True, tables=frozenset(("pool_update",))))
    return (*chosen, *in_force(spell.divide, frozenset(there), network))
