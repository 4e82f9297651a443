"""Which columns are derived from other rows, and in which order. Each family spells the statements (see `base.DerivedColumns`).

A statement changes only rows that lack the value and whose sources all exist. So it may run after any range, twice, or in another
order, with the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from nectar.cardano.network import Network
from nectar.sinks.base import DerivedColumns
from nectar.sinks.in_force import in_force
from nectar.tables import Table

# The job's summary shows these names; several statements may share one.
INPUTS, SPENT, FEES, DEPOSITS = "inputs", "spent outputs", "implied fees", "deposits"
LINKS, SCRIPTS, ACTIONS, POOLS = "previous blocks", "redeemers' scripts", "governance actions", "pools' epochs"


class Spelling(NamedTuple):
    """SQL with `:low` and `:high`; semicolons separate several statements.

    `resolve(table)`: writes into each input the id of the transaction that made the output.
    `consumed`: writes into that output the id of the transaction that spent it.
    `fee`: fees of Byron's transactions, and of failed ones that do not say what they lose.
    `fee_with_blocks`: the same, and adds them to their blocks' fees, which counted them as 0.
    `script_hash(credential, join)`, `action(table, column, hash, index)`.
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
    divide: str = "/"  # the operator that divides whole numbers by whole numbers


def derived_columns(
    spell: Spelling, tables: Sequence[Table], network: Network, inputs: bool = True
) -> tuple[DerivedColumns, ...]:
    """The statements that a plan with these tables can run, each after those that it builds on.

    `inputs`: False leaves out every statement that asks which output an input spends.
    """
    by_name = {table.name: table for table in tables}
    chosen: list[DerivedColumns] = []
    if "block" in by_name:
        chosen.append(DerivedColumns(LINKS, spell.previous))
    if "tx" in by_name and inputs:
        chosen += [DerivedColumns(INPUTS, spell.resolve(name)) for name in ("tx_in", "collateral_tx_in", "reference_tx_in")]
        chosen += [
            DerivedColumns(SPENT, spell.consumed),
            DerivedColumns(FEES, spell.fee_with_blocks if "block" in by_name else spell.fee),
        ]
        if "withdrawal" in by_name:
            chosen.append(DerivedColumns(DEPOSITS, spell.deposit))
        if "redeemer" in by_name:
            has_address_id = "address_id" in by_name["tx_out"].column_names
            join = "JOIN address AS a ON a.id = o.address_id" if has_address_id else ""
            chosen.append(
                DerivedColumns(SCRIPTS, spell.script_hash("a.payment_cred" if has_address_id else "o.payment_cred", join))
            )
    if {"tx", "gov_action_proposal"} <= by_name.keys():
        votes = spell.action("voting_procedure", "gov_action_proposal_id", "gov_action_tx_hash", "gov_action_index")
        before = spell.action("gov_action_proposal", "prev_gov_action_proposal", "prev_tx_hash", "prev_index")
        chosen += [DerivedColumns(ACTIONS, votes), DerivedColumns(ACTIONS, before)]
    if {"block", "tx", "pool_update"} <= by_name.keys():
        chosen.append(DerivedColumns(POOLS, spell.active_epoch, from_origin=True, tables=frozenset(("pool_update",))))
    return (*chosen, *in_force(spell.divide, frozenset(by_name), network))
