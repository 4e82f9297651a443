"""Makes a transaction of a draft: supplies scripts and datums, finds pointers, sets the fee and balances it.

Ledger rules kept here: redeemer pointers count in the ledger's order of inputs, policies, certificates, withdrawals,
voters and proposals; `script_data_hash` covers redeemers, datums and language views; a failed transaction spends its
collateral only and makes at most its collateral return, whose index is the number of its normal outputs.
"""

from __future__ import annotations

from typing import NamedTuple

from nectar.cardano.point import Era
from nectar.samplechain import cborwrite as cbor
from nectar.samplechain.draft import TxDraft
from nectar.samplechain.keys import enterprise_address, hash32, reward_account
from nectar.samplechain.outputs import leftover_assets, share_out, write_assets, write_output
from nectar.samplechain.purse import Output
from nectar.samplechain.witnesses import ScriptRuns, auxiliary_data, script_runs, witness_set, witnessed_scripts

FEE_A, FEE_B = 44, 155_381


class SealedTx(NamedTuple):
    """The three segments of a transaction, and what it did."""

    tx_id: bytes
    body: bytes
    witnesses: bytes
    auxiliary: bytes
    draft: TxDraft
    fee: int  # as the body says
    created: tuple[Output, ...]  # outputs that now exist
    redeemers: int


def seal_tx(draft: TxDraft) -> SealedTx:
    """Writes the transaction and applies it: the purse changes, effects run."""
    world = draft.world
    if not draft.runs:
        _give_back_collateral(draft)
        draft.valid = True
    auxiliary = auxiliary_data(draft)
    scripts = witnessed_scripts(draft)
    runs = script_runs(draft)
    pieces = _pieces(draft)
    assets = leftover_assets(draft)
    supplied = len(auxiliary) + len(runs.redeemers) + len(runs.datums) + sum(len(s.body) for s in scripts)
    size = _rough_size(draft, pieces) + supplied + 45 * len(assets)
    fee = FEE_B + FEE_A * size + runs.price + world.dice.below(500)
    draft.outputs += share_out(draft, draft.left - fee, assets)
    body = _body(draft, pieces, auxiliary, runs, fee)
    tx_id = hash32(body)
    created = _happen(draft, tx_id)
    return SealedTx(tx_id, body, witness_set(draft, scripts, runs), auxiliary, draft, fee, created, runs.redeemer_count)


def _rough_size(draft: TxDraft, pieces: list[tuple[int, bytes]]) -> int:
    """Close enough for a plausible fee. Change is not known yet."""
    fixed = sum(80 + 50 * len(o.assets) + (len(o.script.body) if o.script else 0) for o in draft.outputs)
    signed = 70 * len(draft.inputs) + 102 * len(draft.signers)
    return 450 + fixed + signed + sum(len(item) + 6 for _, item in pieces)


def _give_back_collateral(draft: TxDraft) -> None:
    for output in draft.collateral:
        draft.world.purse.add(output)
    draft.collateral = []


def _happen(draft: TxDraft, tx_id: bytes) -> tuple[Output, ...]:
    world = draft.world
    if draft.valid:
        for output in draft.collateral:
            world.purse.add(output)
        created = draft.outputs
        for asset, quantity in draft.mint.items():
            world.supply[asset] = world.supply.get(asset, 0) + quantity
        for effect in draft.effects:
            effect(tx_id)
        first = 0
    else:
        for output in draft.inputs:
            world.purse.add(output)
        created, first = draft.returned, len(draft.outputs)
    for i, output in enumerate(created, first):
        output.tx_id, output.index = tx_id, i
        world.purse.add(output)
    return tuple(created)


# -- body ----------------------------------------------------------------------------------------------------------


def _pieces(draft: TxDraft) -> list[tuple[int, bytes]]:
    """Body entries that do not depend on fee and change."""
    world, pen = draft.world, draft.world.pen
    pieces: list[tuple[int, bytes]] = []
    if draft.certificates:
        pieces.append((4, pen.set(draft.certificates)))
    if draft.withdrawals:
        accounts = [(cbor.bstr(reward_account(c)), cbor.uint(n)) for c, n in draft.withdrawals.items()]
        pieces.append((5, pen.map(accounts)))
    if draft.update is not None:
        pieces.append((6, draft.update))
    if draft.mint:
        pieces.append((9, write_assets(world, draft.mint)))
    if draft.required:
        pieces.append((14, pen.set([cbor.bstr(h) for h in draft.required])))
    if draft.network_id:
        pieces.append((15, cbor.uint(0)))
    if draft.references:
        pieces.append((18, pen.set([write_input(o) for o in draft.references])))
    if draft.votes:
        votes = [(cbor.array([cbor.uint(k), cbor.bstr(h)]), pen.map(b)) for (k, h), b in draft.votes.items()]
        pieces.append((19, pen.map(votes)))
    if draft.proposals:
        pieces.append((20, pen.set(draft.proposals)))
    if draft.treasury is not None:
        pieces.append((21, cbor.uint(draft.treasury)))
    if draft.donation:
        pieces.append((22, cbor.uint(draft.donation)))
    return pieces + _interval(draft)


def _interval(draft: TxDraft) -> list[tuple[int, bytes]]:
    """Shelley wants a time to live; later eras take either bound or none, and time locks need both."""
    world, dice = draft.world, draft.world.dice
    until = (3, cbor.uint(world.slot + dice.between(1, 7200)))
    since = (8, cbor.uint(max(0, world.slot - dice.below(50))))
    if world.era is Era.SHELLEY:
        return [until]
    if draft.timed:
        return [until, since]
    return ([until] if dice.chance(0.5) else []) + ([since] if dice.chance(0.1) else [])


def _body(draft: TxDraft, pieces: list[tuple[int, bytes]], auxiliary: bytes, runs: ScriptRuns, fee: int) -> bytes:
    world, pen = draft.world, draft.world.pen
    entries = [
        (0, pen.set([write_input(o) for o in draft.inputs])),
        (1, pen.array([write_output(world, o) for o in draft.outputs])),
        (2, pen.coin(fee)),
        *pieces,
    ]
    if auxiliary:
        entries.append((7, cbor.bstr(hash32(auxiliary))))
    if runs.data_hash:
        entries.append((11, cbor.bstr(runs.data_hash)))
    if draft.collateral:
        entries += _collateral(draft, fee)
    entries.sort()
    if world.dice.chance(0.03):
        entries = world.dice.shuffled(entries)
    return pen.map([(cbor.uint(key), item) for key, item in entries])


def _collateral(draft: TxDraft, fee: int) -> list[tuple[int, bytes]]:
    """Inputs alone (all is lost), or with a return. With a return the total may be missing, and the reader computes it."""
    world = draft.world
    entries = [(13, world.pen.set([write_input(o) for o in draft.collateral]))]
    total = sum(o.coin for o in draft.collateral)
    if not draft.collateral_return:
        draft.collateral_taken = total
        if world.era >= Era.BABBAGE and world.dice.chance(0.3):
            entries.append((17, cbor.uint(total)))
        return entries
    taken = min(total, fee * 3 // 2 + 1)
    draft.collateral_taken = taken
    assets = dict(draft.collateral[0].assets)
    draft.returned = [Output(enterprise_address(world.new_key_credential()), total - taken, assets)]
    entries.append((16, write_output(world, draft.returned[0])))
    if world.dice.chance(0.7):
        entries.append((17, cbor.uint(taken)))
    return entries


def write_input(output: Output) -> bytes:
    return b"\x82\x58\x20" + output.tx_id + cbor.uint(output.index)
