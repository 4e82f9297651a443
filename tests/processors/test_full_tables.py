"""Every table whose ids count within a transaction holds exactly as many rows of one as its ids have room for, and not one more."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any

import pytest

from nectar.cardano.block import Metadatum, Tx, TxOut
from nectar.cardano.certificate import (
    Anchor,
    Certificate,
    CommitteeHotAuth,
    CommitteeResignation,
    Credential,
    DRep,
    DRepRegistration,
    InstantaneousRewards,
    PoolRegistration,
    PoolRetirement,
    Relay,
    StakeDelegation,
    StakeDeregistration,
    StakeRegistration,
    VoteDelegation,
)
from nectar.cardano.governance import (
    GovAction,
    GovActionId,
    InfoAction,
    Proposal,
    ProtocolParamUpdate,
    TreasuryWithdrawals,
    Update,
    UpdateCommittee,
    Vote,
)
from nectar.cardano.position import ITEMS
from nectar.cardano.script import Datum, Purpose, Redeemer
from nectar.errors import OverflowFatal
from nectar.processors.registry import PROCESSORS
from nectar.tables import Kind, Place
from tests.processors.making import EMPTY_TX, block_of, rows_of

KEY, ACCOUNT, ADDRESS = Credential(False, b"k" * 28), b"\xe1" + b"r" * 28, b"\x61" + bytes(28)
SPENT, DATA = (bytes(32), 0), Datum(bytes(32), b"\0")
POOL = PoolRegistration(b"p" * 28, b"v" * 32, 0, 0, (0, 1), ACCOUNT, (), (), None)
RELAY = Relay(None, IPv4Address(1), None, None, None)
ACTION = GovActionId(bytes(32), 0)


def number(at: int) -> bytes:
    return at.to_bytes(28, "big")


def certified(one: Certificate) -> Callable[[int], Tx]:
    return lambda count: EMPTY_TX._replace(certificates=[(at, one) for at in range(count)])


def pool(**values: Any) -> Tx:
    return EMPTY_TX._replace(certificates=[(0, POOL._replace(**values))])


def rewards(pot: int) -> Callable[[int], Tx]:
    def made(count: int) -> Tx:
        paid = tuple((Credential(False, number(at)), 1) for at in range(count))
        return EMPTY_TX._replace(certificates=[(0, InstantaneousRewards(pot, paid, None))])

    return made


def proposed(action: GovAction) -> Tx:
    return EMPTY_TX._replace(proposals=[Proposal(1, ACCOUNT, action, Anchor("a", bytes(32)), b"")])


def outputs(count: int) -> Tx:
    return EMPTY_TX._replace(outputs=[TxOut(at, ADDRESS, 1, (), None, None, None) for at in range(count)])


def assets(count: int) -> Tx:
    """In several outputs, as a transaction has them."""
    held = [[(b"a" * 28, b"", 1)] * (count // 4)] * 3 + [[(b"a" * 28, b"", 1)] * (count - 3 * (count // 4))]
    return EMPTY_TX._replace(outputs=[TxOut(at, ADDRESS, 1, each, None, None, None) for at, each in enumerate(held)])


def returned(count: int) -> Tx:
    """The return counts after the outputs: `count` - 1 of them."""
    back = TxOut(count - 1, ADDRESS, 1, (), None, None, None)
    return EMPTY_TX._replace(collateral_return=back)


FULL: dict[str, tuple[str, Callable[[int], Tx]]] = {
    "tx_in": ("transactions", lambda n: EMPTY_TX._replace(inputs=[SPENT] * n)),
    "tx_out": ("transactions", outputs),
    "collateral_tx_in": ("transactions", lambda n: EMPTY_TX._replace(collateral_inputs=[SPENT] * n)),
    "reference_tx_in": ("transactions", lambda n: EMPTY_TX._replace(reference_inputs=[SPENT] * n)),
    "collateral_tx_out": ("transactions", returned),
    "extra_key_witness": ("transactions", lambda n: EMPTY_TX._replace(required_signers=[bytes(28)] * n)),
    "ma_tx_out": ("multi_assets", assets),
    "ma_tx_mint": ("multi_assets", lambda n: EMPTY_TX._replace(mint=[(b"a" * 28, b"", -1)] * n)),
    "tx_metadata": ("metadata", lambda n: EMPTY_TX._replace(metadata=[Metadatum(at, b"\0") for at in range(n)])),
    "redeemer": ("scripts", lambda n: EMPTY_TX._replace(redeemers=[Redeemer(Purpose.MINT, at, DATA, 0, 0) for at in range(n)])),
    "withdrawal": ("withdrawals", lambda n: EMPTY_TX._replace(withdrawals=[(b"\xe1" + number(at), 1) for at in range(n)])),
    "stake_registration": ("certificates", certified(StakeRegistration(KEY, None))),
    "stake_deregistration": ("certificates", certified(StakeDeregistration(KEY, None))),
    "delegation": ("certificates", certified(StakeDelegation(KEY, b"p" * 28))),
    "pool_update": ("certificates", certified(POOL)),
    "pool_owner": ("certificates", lambda n: pool(owners=tuple(number(at) for at in range(n)))),
    "pool_relay": ("certificates", lambda n: pool(relays=(RELAY,) * n)),
    "pool_retire": ("certificates", certified(PoolRetirement(b"p" * 28, 9))),
    "treasury": ("certificates", rewards(1)),
    "reserve": ("certificates", rewards(0)),
    "pot_transfer": ("certificates", certified(InstantaneousRewards(0, (), 5))),
    "param_proposal": (
        "certificates",
        lambda n: EMPTY_TX._replace(update=Update(tuple((number(at), ProtocolParamUpdate({})) for at in range(n)), 5)),
    ),
    "drep_registration": ("governance", certified(DRepRegistration(KEY, 1, None))),
    "delegation_vote": ("governance", certified(VoteDelegation(KEY, DRep(2, None)))),
    "committee_registration": ("governance", certified(CommitteeHotAuth(KEY, KEY))),
    "committee_de_registration": ("governance", certified(CommitteeResignation(KEY, None))),
    "gov_action_proposal": (
        "governance",
        lambda n: EMPTY_TX._replace(proposals=[Proposal(1, ACCOUNT, InfoAction(), Anchor("a", bytes(32)), b"")] * n),
    ),
    "treasury_withdrawal": ("governance", lambda n: proposed(TreasuryWithdrawals(((ACCOUNT, 1),) * n, None))),
    "committee_member": ("governance", lambda n: proposed(UpdateCommittee(None, (), ((KEY, 1),) * n, (1, 2)))),
    "voting_procedure": (
        "governance",
        lambda n: EMPTY_TX._replace(votes=[Vote(4, number(at), ACTION, 1, None) for at in range(n)]),
    ),
}
ONE_A_TRANSACTION = {"tx_cbor"}
WITH_A_PROPOSAL = {"committee", "constitution"}  # they have their proposal's id


def test_every_such_table_is_tried() -> None:
    counted = {
        table.name
        for one in PROCESSORS.values()
        for table in one.TABLES
        if table.kind is Kind.FACT and table.place is Place.IN_TX
    }
    assert set(FULL) == counted - ONE_A_TRANSACTION - WITH_A_PROPOSAL


@pytest.mark.parametrize("table", FULL)
def test_the_last_id_is_used_and_one_more_row_is_refused(table: str) -> None:
    processor, made = FULL[table]
    rows = rows_of(processor, [block_of(made(ITEMS))])[table]
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids)
    assert ids[-1] == (140_000_000 << 31) + ITEMS - 1
    assert table == "collateral_tx_out" or len(ids) == ITEMS
    with pytest.raises(OverflowFatal, match=f"more rows for {table} than") as caught:
        rows_of(processor, [block_of(EMPTY_TX, made(ITEMS + 1))])
    assert (caught.value.slot, caught.value.path) == (140_000_000, "block.transaction_bodies[1]")


def test_a_block_of_as_many_transactions_as_ids_have_room_for() -> None:
    """And a failed transaction's return counts after its outputs, although those are no rows."""
    assert len(rows_of("transactions", [block_of(*[EMPTY_TX] * 32_768)])["tx"]) == 32_768
    with pytest.raises(OverflowFatal, match="32,768 transactions"):
        rows_of("transactions", [block_of(*[EMPTY_TX] * 32_769)])
    failed = returned(ITEMS + 1)._replace(is_valid=False)
    with pytest.raises(OverflowFatal, match="tx_out"):
        rows_of("transactions", [block_of(failed)])
