"""Members that stand twice, in every set and map of every era: the rows are those that the ledger's reading gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.cardano.block import Block
from nectar.cardano.point import Era
from nectar.cardano.position import tx_path
from nectar.decode.block import decode_block
from nectar.decode.repeats import RULES, Repeats
from nectar.decode.want import EVERYTHING, Want
from nectar.errors import DecodeError
from nectar.processors.registry import PROCESSORS
from tests.decode.handmade import (
    ACCOUNT,
    ADDRESS,
    SHELLEY_ON,
    SLOT,
    Pairs,
    Tagged,
    block,
    body,
    key_hash,
    rational,
    tx_hash,
)
from tests.processors.making import rows_of

Entries = list[tuple[int, int]]
"""(member, value); of a set the values stand for nothing."""


class Made(NamedTuple):
    body: Pairs
    witness: Any = None
    auxiliary: Any = None


def _inputs(entries: Entries) -> Any:
    return [[tx_hash(member), 0] for member, _ in entries]


def _hashes(entries: Entries) -> Any:
    return [key_hash(member) for member, _ in entries]


def _policies(entries: Entries) -> Pairs:
    return Pairs([(key_hash(member), {b"a": value}) for member, value in entries])


def _names(entries: Entries) -> Any:
    return {key_hash(1): Pairs([(bytes((member,)), value) for member, value in entries])}


def _out(value: Any) -> tuple[int, Any]:
    return 1, [[ADDRESS, value]]


def _fields(usual: dict[int, Any], entries: Entries) -> Pairs:
    """A map with fixed keys in which one stands as often as `entries` says."""
    return Pairs([*usual.items(), *([(16, 5)] if 16 in usual else [(1, usual[1])]) * (len(entries) - len(dict(entries)))])


def _pool(owners: Any) -> Any:
    return [3, key_hash(1), tx_hash(2), 5, 6, rational(1, 2), ACCOUNT, owners, [], None]


def _update(proposals: Any) -> tuple[int, Any]:
    return 6, [proposals, 400]


def _proposal(action: Any) -> Any:
    return [100, ACCOUNT, action, ["https://a", tx_hash(1)]]


def _proposed(action: Any) -> Made:
    return Made(body((20, [_proposal(action)])))


def _costs(entries: Entries) -> Pairs:
    return Pairs([(member, [value]) for member, value in entries])


def _redeemers(entries: Entries) -> Any:
    return [[1, member, value, [value, value]] for member, value in entries]


MAKERS: dict[str, Callable[[Entries], Made]] = {
    "body": lambda e: Made(_fields(dict(body().pairs), e)),
    "body.inputs": lambda e: Made(body((0, _inputs(e)))),
    "body.outputs": lambda e: Made(body((1, [_fields({0: ADDRESS, 1: 5}, e)]))),
    "body.outputs.policies": lambda e: Made(body(_out([5, _policies(e)]))),
    "body.outputs.assets": lambda e: Made(body(_out([5, _names(e)]))),
    "body.certificates": lambda e: Made(body((4, [[0, [0, key_hash(member)]] for member, _ in e]))),
    "body.certificates.pool_owners": lambda e: Made(body((4, [_pool(_hashes(e))]))),
    "body.certificates.rewards": lambda e: Made(body((4, [[6, [0, Pairs([([0, key_hash(m)], v) for m, v in e])]]]))),
    "body.withdrawals": lambda e: Made(body((5, Pairs([(b"\xe0" + key_hash(member), value) for member, value in e])))),
    "body.update": lambda e: Made(body(_update(Pairs([(key_hash(member), {0: value}) for member, value in e])))),
    "body.update.parameters": lambda e: Made(body(_update({key_hash(1): _fields({16: 5}, e)}))),
    "body.update.cost_models": lambda e: Made(body(_update({key_hash(1): {18: _costs(e)}}))),
    "body.mint": lambda e: Made(body((9, _policies(e)))),
    "body.mint.assets": lambda e: Made(body((9, _names(e)))),
    "body.collateral": lambda e: Made(body((13, _inputs(e)))),
    "body.required_signers": lambda e: Made(body((14, _hashes(e)))),
    "body.collateral_return": lambda e: Made(body((16, _fields({0: ADDRESS, 1: 5}, e)))),
    "body.collateral_return.policies": lambda e: Made(body((16, {0: ADDRESS, 1: [5, _policies(e)]}))),
    "body.collateral_return.assets": lambda e: Made(body((16, [ADDRESS, [5, _names(e)]]))),
    "body.reference_inputs": lambda e: Made(body((18, _inputs(e)))),
    "body.voting_procedures": lambda e: Made(
        body((19, Pairs([([2, key_hash(m)], {(tx_hash(1), 0): [v % 3, None]}) for m, v in e])))
    ),
    "body.voting_procedures.votes": lambda e: Made(
        body((19, {(2, key_hash(1)): Pairs([([tx_hash(1), m], [v % 3, None]) for m, v in e])}))
    ),
    "body.proposal_procedures": lambda e: Made(body((20, [_proposal([2, {ACCOUNT: member}, None]) for member, _ in e]))),
    "body.proposal_procedures.parameters": lambda e: _proposed([0, None, _fields({16: 5}, e), None]),
    "body.proposal_procedures.cost_models": lambda e: _proposed([0, None, {18: _costs(e)}, None]),
    "body.proposal_procedures.withdrawals": lambda e: _proposed([2, Pairs([(b"\xe0" + key_hash(m), v) for m, v in e]), None]),
    "body.proposal_procedures.removed": lambda e: _proposed([4, None, [[0, key_hash(m)] for m, _ in e], {}, rational(1, 2)]),
    "body.proposal_procedures.added": lambda e: _proposed(
        [4, None, [], Pairs([([0, key_hash(m)], v) for m, v in e]), rational(1, 2)]
    ),
    "witness_set": lambda e: Made(body(), Pairs([(1, [[0, key_hash(1)]])] * (1 + len(e) - len(dict(e))))),
    "witness_set.native_scripts": lambda e: Made(body(), {1: [[0, key_hash(member)] for member, _ in e]}),
    "witness_set.plutus_scripts": lambda e: Made(body(), {3: [bytes((member,)) for member, _ in e]}),
    "witness_set.plutus_data": lambda e: Made(body(), {4: [member for member, _ in e]}),
    "witness_set.redeemers": lambda e: Made(body((9, {key_hash(1): {b"": 1}})), {5: _redeemers(e)}),
    "auxiliary_data": lambda e: Made(body(), None, Tagged(259, Pairs([(0, {5: 6})] * (1 + len(e) - len(dict(e)))))),
    "auxiliary_data.metadata": lambda e: Made(body(), None, Pairs([(0, Pairs(e))])),
    "auxiliary_data.metadata.map": lambda e: Made(body(), None, {1: Pairs(e)}),
    "auxiliary_data_set": lambda e: Made(body(), None, Pairs([(member, {1: value}) for member, value in e])),
}
"""Of every field that the table has a rule for; entries are (1 to 3, 1 to 99)."""

SINCE = {
    "body.outputs": Era.BABBAGE,
    "body.collateral_return": Era.BABBAGE,
    "body.reference_inputs": Era.BABBAGE,
    "body.update.cost_models": Era.ALONZO,
    "body.mint": Era.MARY,
    "body.collateral": Era.ALONZO,
    "body.required_signers": Era.ALONZO,
    "body.outputs.policies": Era.MARY,
    "body.outputs.assets": Era.MARY,
    "witness_set.plutus_scripts": Era.ALONZO,
    "witness_set.plutus_data": Era.ALONZO,
    "witness_set.redeemers": Era.ALONZO,
    "auxiliary_data": Era.ALONZO,
}
"""First era that has the field, where that is not Shelley."""


def _since(field: str) -> Era:
    return max((era for name, era in SINCE.items() if field == name or field.startswith(f"{name}.")), default=Era.SHELLEY)


def _rule(field: str, era: Era) -> Repeats | None:
    return RULES[field].conway if era >= Era.CONWAY else RULES[field].before


CASES = [(field, era) for field in RULES for era in SHELLEY_ON if era >= _since(field) and _rule(field, era) is not None]


def _raw(field: str, era: Era, entries: Entries) -> bytes:
    made_entries = MAKERS[field](entries)
    others = [body() for _ in range(3)] if field == "auxiliary_data_set" else []
    return block(era, made_entries.body, *others, witness=made_entries.witness, auxiliary=made_entries.auxiliary)


def _rows(block: Block) -> dict[str, Any]:
    """Everything but what is a hash or a size of the bytes themselves, or a redeemer's place in them."""
    block = block._replace(hash=b"", size=0, txs=[tx._replace(hash=b"", size=0) for tx in block.txs])
    rows: dict[str, Any] = {}
    for name in PROCESSORS:
        rows |= rows_of(name, [block])
    for row in rows["redeemer"]:
        del row["id"]
    return rows


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(CASES), st.lists(st.tuples(st.integers(1, 3), st.integers(1, 99)), min_size=2, max_size=6), st.data())
def test_repeats_are_what_the_ledger_makes_of_them(case: tuple[str, Era], entries: Entries, data: st.DataObject) -> None:
    check(*case, [*entries, data.draw(st.sampled_from(entries))])


@pytest.mark.parametrize(("field", "era"), CASES, ids=lambda value: value if isinstance(value, str) else value.name)
def test_every_field_of_every_era(field: str, era: Era) -> None:
    check(field, era, [(1, 7), (2, 8), (1, 9)])


PARTS = (Want(0), *Want)
"""What a plan may make rows of: nothing of a transaction, or one part alone."""


def check(field: str, era: Era, entries: Entries) -> None:
    rule, raw = _rule(field, era), _raw(field, era, entries)
    assert rule is not None
    if rule is Repeats.REFUSED:
        for want in (EVERYTHING, *PARTS):
            with pytest.raises(DecodeError) as caught:
                decode_block(raw, want)
            error = caught.value
            assert (error.code, error.slot, len(error.block_hash or b"")) == ("NEC-D001", SLOT, 32)
            within = [".".join(field.split(".")[:depth]) for depth in range(1, field.count(".") + 2)]
            assert error.path in (
                ["block.auxiliary_data_set"] if field == "auxiliary_data_set" else [tx_path(0, raw_block) for raw_block in within]
            )
        return
    last_in_place = [(member, dict(entries)[member]) for member in dict.fromkeys(member for member, _ in entries)]
    wanted = {Repeats.DROPPED: last_in_place, Repeats.LAST: last_in_place, Repeats.KEPT: entries}[rule]
    decoded, expected = (decode_block(raw_block, EVERYTHING) for raw_block in (raw, _raw(field, era, wanted)))
    assert _rows(decoded) == _rows(expected)


def test_the_table_has_a_test_of_every_field() -> None:
    assert MAKERS.keys() == RULES.keys()


@pytest.mark.parametrize("era", [Era.BABBAGE, Era.CONWAY])
def test_plutus_data_may_repeat_keys_and_hide_nothing_that_may_not(era: Era) -> None:
    """In data the pairs are a list; what stands beside them is still read as strictly."""
    twice = Pairs([(1, 2), (1, 3)])
    (tx,) = decode_block(block(era, body(), witness={4: [twice]}), EVERYTHING).txs
    assert [datum.raw for datum in tx.datums] == [b"\xa2\x01\x02\x01\x03"]
    with pytest.raises(DecodeError, match="stands twice"):
        decode_block(block(era, body(), witness=Pairs([(4, [twice]), (4, [twice])])), EVERYTHING)
    bad = Pairs([*body().pairs, (2, 1)])
    with pytest.raises(DecodeError, match="stands twice"):
        decode_block(block(era, bad, witness={4: [twice]}), EVERYTHING)


HALVES = (rational(1, 2), rational(2, 4))
COMMITTEES = ([[0, key_hash(1)], [0, key_hash(2)]], [[0, key_hash(2)], [0, key_hash(1)]])
SAME_ACTIONS: dict[str, list[Any]] = {
    "a bare number": [[6], 6],
    "a quorum": [[4, None, [], {}, half] for half in HALVES],
    "members removed": [[4, None, gone, {}, HALVES[0]] for gone in COMMITTEES],
    "a share": [[0, None, {10: half}, None] for half in HALVES],
    "prices": [[0, None, {19: [half, half]}, None] for half in HALVES],
    "pools' thresholds": [[0, None, {25: [half] * 5}, None] for half in HALVES],
    "DReps' thresholds": [[0, None, {26: [half] * 10}, None] for half in HALVES],
    "order of parameters": [[0, None, dict(order), None] for order in (((0, 1), (1, 2)), ((1, 2), (0, 1)))],
    "order of languages": [[0, None, {18: dict(order)}, None] for order in (((0, [1]), (1, [2])), ((1, [2]), (0, [1])))],
}
OTHER_ACTIONS: dict[str, list[Any]] = {
    "units, which are no fraction": [[0, None, {20: units}, None] for units in ([1, 2], [2, 4])],
    "a version": [[1, None, version] for version in ([10, 0], [20, 0])],
    "costs": [[0, None, {18: {0: costs}}, None] for costs in ([1, 2], [2, 1])],
}


@pytest.mark.parametrize("actions", SAME_ACTIONS.values(), ids=SAME_ACTIONS)
def test_a_proposal_that_is_written_differently_is_the_same(actions: list[Any]) -> None:
    """The ledger compares what it has read: fractions are reduced, sets and maps have no order."""
    with pytest.raises(DecodeError, match="stands twice"):
        decode_block(block(Era.CONWAY, body((20, [_proposal(action) for action in actions]))), EVERYTHING)


@pytest.mark.parametrize("actions", OTHER_ACTIONS.values(), ids=OTHER_ACTIONS)
def test_another_proposal_is_another(actions: list[Any]) -> None:
    (tx,) = decode_block(block(Era.CONWAY, body((20, [_proposal(action) for action in actions]))), EVERYTHING).txs
    assert len(tx.proposals) == 2
