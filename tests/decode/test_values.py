"""Every value that becomes a column, at the edges of its column and of the wrong kind: itself in the rows, or an error of its block
that quarantine catches. Nothing else, for a file and for a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from nectar.cardano.point import Era
from nectar.decode.block import decode_block
from nectar.decode.checked import SIGNED, UNSIGNED
from nectar.decode.want import EVERYTHING
from nectar.errors import DecodeError
from nectar.processors.registry import PROCESSORS
from tests.decode.handmade import ACCOUNT, ADDRESS, Raw, Tagged, block, body, byron_block, key_hash, rational, tx_hash, wrapped
from tests.fuzz import blocks
from tests.processors.making import rows_of

NUMBERS = (
    0,
    SIGNED,
    SIGNED + 1,
    UNSIGNED,
    UNSIGNED + 1,
    -1,
    -SIGNED - 1,
    -SIGNED - 2,
    -UNSIGNED - 1,
    -UNSIGNED - 2,
    1 << 128,
    256**5_000 - 1,
    -(256**5_000),
)
BIGNUMS = (Tagged(2, b"\x05"), Tagged(2, b""), Tagged(3, b"\x05"), Tagged(2, bytes(5_000)), Tagged(2, b"\xff" * 5_000))
OTHERS: tuple[Any, ...] = (
    None,
    True,
    "text",
    "x" * 28,
    b"",
    b"\x00" * 27,
    b"\x00" * 28,
    b"\x00" * 33,
    [],
    [1, 2],
    {},
    {1: 2},
    Tagged(24, b"\x01"),
    Tagged(30, [1, 0]),
    Tagged(258, [1]),
    Tagged(6, 1),
    Tagged(4, [1, 2]),
    Tagged(4, [-1, 2]),
    Raw(b"\xf9\x7e\x00"),
    Raw(b"\xfb\x3f\xf0" + bytes(6)),
    Raw(b"\xf7"),
    Raw(b"\xe5"),
)
"""Floats (not a number, 1.0), a decimal fraction, a set, simple values, lengths that are nearly right."""


class Field(NamedTuple):
    """`make`: a block with the value there; `most`: the largest that must come through, into `column`."""

    make: Callable[[Any], bytes]
    column: str = ""
    most: int = 0


def in_body(key: int, value: Callable[[Any], Any], era: Era = Era.CONWAY) -> Callable[[Any], bytes]:
    return lambda odd: block(era, body((key, value(odd))))


def certified(*parts: Any, at: int, era: Era = Era.CONWAY) -> Callable[[Any], bytes]:
    """One certificate with the odd value at a place of it."""
    return in_body(4, lambda odd: [[odd if place == at else part for place, part in enumerate(parts)]], era)


def pool(at: int) -> Callable[[Any], bytes]:
    return certified(3, key_hash(1), tx_hash(1), 5, 6, rational(1, 2), ACCOUNT, [key_hash(2)], [], None, at=at)


def relayed(relay: Callable[[Any], Any]) -> Callable[[Any], bytes]:
    return in_body(4, lambda odd: [[3, key_hash(1), tx_hash(1), 5, 6, rational(1, 2), ACCOUNT, [], [relay(odd)], None]])


def updated(key: int, value: Callable[[Any], Any] = lambda odd: odd) -> Callable[[Any], bytes]:
    return in_body(6, lambda odd: [{key_hash(1): {key: value(odd)}}, 400], Era.BABBAGE)


def proposed(action: Callable[[Any], Any]) -> Callable[[Any], bytes]:
    return in_body(20, lambda odd: [[100, ACCOUNT, action(odd), ["https://a", tx_hash(1)]]])


def witnessed(key: int, value: Callable[[Any], Any]) -> Callable[[Any], bytes]:
    return lambda odd: block(Era.CONWAY, body((9, {key_hash(1): {b"": 1}})), witness={key: value(odd)})


def headed(name: str, era: Era = Era.CONWAY) -> Callable[[Any], bytes]:
    return lambda odd: block(era, body(), **{name: odd})


WHO = [0, key_hash(1)]
ACTION_ID = [tx_hash(1), 0]

FIELDS: dict[str, Field] = {
    "block_number": Field(headed("block_number"), "block.block_no", SIGNED),
    "slot": Field(headed("slot")),
    "prev_hash": Field(headed("prev_hash")),
    "issuer_vkey": Field(headed("issuer_vkey")),
    "vrf_vkey": Field(headed("vrf_vkey")),
    "block_body_size": Field(headed("block_body_size"), "block.size", SIGNED),
    "hot_vkey": Field(headed("hot_vkey")),
    "sequence_number": Field(headed("sequence_number"), "block.op_cert_counter", UNSIGNED),
    "major": Field(headed("major"), "block.proto_major", SIGNED),
    "minor": Field(headed("minor"), "block.proto_minor", SIGNED),
    "minor (Alonzo)": Field(headed("minor", Era.ALONZO), "block.proto_minor", SIGNED),
    "slot (Alonzo)": Field(headed("slot", Era.ALONZO)),
    "byron epoch": Field(lambda odd: byron_block(epoch=odd)),
    "byron slot": Field(lambda odd: byron_block(in_epoch=odd)),
    "byron difficulty": Field(lambda odd: byron_block(difficulty=odd), "block.block_no", SIGNED),
    "byron major": Field(lambda odd: byron_block(major=odd), "block.proto_major", SIGNED),
    "byron issuer": Field(lambda odd: byron_block(issuer=odd)),
    "byron value": Field(lambda odd: byron_block(value=odd), "tx_out.value", SIGNED),
    "byron index": Field(lambda odd: byron_block(index=odd), "tx_in.tx_out_index", 65_535),
    "byron input": Field(lambda odd: byron_block(spent=odd)),
    "byron checksum": Field(lambda odd: byron_block(checksum=odd)),
    "byron payload": Field(lambda odd: byron_block(payload=odd)),
    "input": Field(in_body(0, lambda odd: [[odd, 0]])),
    "input index": Field(in_body(0, lambda odd: [[tx_hash(1), odd]]), "tx_in.tx_out_index", 65_535),
    "inputs": Field(in_body(0, lambda odd: odd)),
    "address": Field(in_body(1, lambda odd: [[odd, 5]])),
    "value": Field(in_body(1, lambda odd: [[ADDRESS, odd]]), "tx_out.value", SIGNED),
    "value (map)": Field(in_body(1, lambda odd: [{0: ADDRESS, 1: odd}]), "tx_out.value", SIGNED),
    "two values": Field(in_body(1, lambda odd: [[ADDRESS, odd], [ADDRESS, odd]])),
    "policy": Field(in_body(1, lambda odd: [[ADDRESS, [5, {odd: {b"": 1}}]]])),
    "asset name": Field(in_body(1, lambda odd: [[ADDRESS, [5, {key_hash(1): {odd: 1}}]]])),
    "quantity": Field(in_body(1, lambda odd: [[ADDRESS, [5, {key_hash(1): {b"": odd}}]]]), "ma_tx_out.quantity", UNSIGNED),
    "datum hash": Field(in_body(1, lambda odd: [[ADDRESS, 5, odd]])),
    "datum option": Field(in_body(1, lambda odd: [{0: ADDRESS, 1: 5, 2: odd}])),
    "inline datum": Field(in_body(1, lambda odd: [{0: ADDRESS, 1: 5, 2: [1, wrapped(odd)]}])),
    "inline datum, unwrapped": Field(in_body(1, lambda odd: [{0: ADDRESS, 1: 5, 2: [1, odd]}])),
    "script": Field(in_body(1, lambda odd: [{0: ADDRESS, 1: 5, 3: wrapped([1, odd])}])),
    "script kind": Field(in_body(1, lambda odd: [{0: ADDRESS, 1: 5, 3: wrapped([odd, b""])}])),
    "reference native script": Field(in_body(1, lambda odd: [{0: ADDRESS, 1: 5, 3: wrapped([0, [4, odd]])}])),
    "fee": Field(in_body(2, lambda odd: odd), "tx.fee", SIGNED),
    "ttl": Field(in_body(3, lambda odd: odd), "tx.invalid_hereafter", UNSIGNED),
    "start": Field(in_body(8, lambda odd: odd), "tx.invalid_before", UNSIGNED),
    "withdrawal": Field(in_body(5, lambda odd: {ACCOUNT: odd}), "withdrawal.amount", SIGNED),
    "account": Field(in_body(5, lambda odd: {odd: 1})),
    "minted": Field(in_body(9, lambda odd: {key_hash(1): {b"": odd}}), "ma_tx_mint.quantity", SIGNED),
    "collateral": Field(in_body(13, lambda odd: [[tx_hash(1), odd]]), "collateral_tx_in.tx_out_index", 65_535),
    "signer": Field(in_body(14, lambda odd: [odd])),
    "collateral return": Field(in_body(16, lambda odd: [ADDRESS, odd]), "collateral_tx_out.value", SIGNED),
    "total collateral": Field(lambda odd: block(Era.CONWAY, body((17, odd)), invalid=[0]), "tx.fee", SIGNED),
    "reference input": Field(in_body(18, lambda odd: [[odd, 0]])),
    "donation": Field(in_body(22, lambda odd: odd), "tx.treasury_donation", SIGNED),
    "certificate": Field(in_body(4, lambda odd: [odd])),
    "certificate kind": Field(certified(0, WHO, at=0)),
    "credential": Field(certified(0, WHO, at=1)),
    "credential hash": Field(in_body(4, lambda odd: [[0, [0, odd]]])),
    "deposit": Field(certified(7, WHO, 5, at=2), "stake_registration.deposit", SIGNED),
    "pool of a delegation": Field(certified(2, WHO, key_hash(1), at=2)),
    **{f"pool registration {at}": Field(pool(at)) for at in range(1, 10)},
    "pledge": Field(pool(3), "pool_update.pledge", UNSIGNED),
    "cost": Field(pool(4), "pool_update.fixed_cost", UNSIGNED),
    "margin above": Field(certified(3, key_hash(1), tx_hash(1), 5, 6, None, ACCOUNT, [], [], None, at=99)),
    "margin": Field(in_body(4, lambda odd: [[3, key_hash(1), tx_hash(1), 5, 6, rational(1, odd), ACCOUNT, [], [], None]])),
    "pool metadata": Field(
        in_body(4, lambda odd: [[3, key_hash(1), tx_hash(1), 5, 6, rational(1, 2), ACCOUNT, [], [], [odd, tx_hash(1)]]])
    ),
    "port": Field(relayed(lambda odd: [0, odd, b"\x7f\x00\x00\x01", None]), "pool_relay.port", 65_535),
    "ipv4": Field(relayed(lambda odd: [0, 1, odd, None])),
    "ipv6": Field(relayed(lambda odd: [0, 1, None, odd])),
    "dns name": Field(relayed(lambda odd: [1, 1, odd])),
    "service name": Field(relayed(lambda odd: [2, odd])),
    "retiring epoch": Field(certified(4, key_hash(1), 5, at=2), "pool_retire.retiring_epoch", SIGNED),
    "pot": Field(in_body(4, lambda odd: [[6, [odd, 5]]], Era.BABBAGE)),
    "to the other pot": Field(in_body(4, lambda odd: [[6, [0, odd]]], Era.BABBAGE), "pot_transfer.treasury", SIGNED),
    "reward": Field(in_body(4, lambda odd: [[6, [0, {(0, key_hash(1)): odd}]]], Era.BABBAGE), "reserve.amount", SIGNED),
    "drep": Field(certified(9, WHO, [0, key_hash(1)], at=2)),
    "drep kind": Field(in_body(4, lambda odd: [[9, WHO, [odd, key_hash(1)]]])),
    "drep deposit": Field(certified(16, WHO, 5, None, at=2), "drep_registration.deposit", SIGNED),
    "drep refund": Field(certified(17, WHO, 5, at=2)),
    "drep anchor": Field(certified(18, WHO, None, at=2)),
    "update epoch": Field(in_body(6, lambda odd: [{key_hash(1): {0: 1}}, odd], Era.BABBAGE), "param_proposal.epoch_no", UNSIGNED),
    "update key": Field(in_body(6, lambda odd: [{odd: {0: 1}}, 400], Era.BABBAGE)),
    **{f"parameter {key}": Field(updated(key)) for key in range(35)},
    "min_fee_a": Field(updated(0), "param_proposal.min_fee_a", UNSIGNED),
    "parameter key": Field(in_body(6, lambda odd: [{key_hash(1): {odd: 1}}, 400], Era.BABBAGE)),
    "rho above": Field(updated(10, lambda odd: rational(odd, 3))),
    "rho below": Field(updated(10, lambda odd: rational(1, odd))),
    "memory": Field(updated(20, lambda odd: [odd, 1]), "param_proposal.max_tx_ex_mem", UNSIGNED),
    "price": Field(updated(19, lambda odd: [rational(odd, 7), rational(1, 2)])),
    "cost model": Field(updated(18, lambda odd: {0: [odd]})),
    "language": Field(updated(18, lambda odd: {odd: [1]})),
    "voter": Field(in_body(19, lambda odd: {(2, odd): {(tx_hash(1), 0): [1, None]}})),
    "voter kind": Field(in_body(19, lambda odd: {(odd, key_hash(1)): {(tx_hash(1), 0): [1, None]}})),
    "voted index": Field(
        in_body(19, lambda odd: {(2, key_hash(1)): {(tx_hash(1), odd): [1, None]}}), "voting_procedure.gov_action_index", 65_535
    ),
    "vote": Field(in_body(19, lambda odd: {(2, key_hash(1)): {(tx_hash(1), 0): [odd, None]}})),
    "vote anchor": Field(in_body(19, lambda odd: {(2, key_hash(1)): {(tx_hash(1), 0): [1, [odd, tx_hash(1)]]}})),
    "proposal deposit": Field(
        in_body(20, lambda odd: [[odd, ACCOUNT, [6], ["a", tx_hash(1)]]]), "gov_action_proposal.deposit", SIGNED
    ),
    "proposal account": Field(in_body(20, lambda odd: [[1, odd, [6], ["a", tx_hash(1)]]])),
    "action": Field(proposed(lambda odd: odd)),
    "action kind": Field(proposed(lambda odd: [odd, None])),
    "previous index": Field(proposed(lambda odd: [3, [tx_hash(1), odd]]), "gov_action_proposal.prev_index", 65_535),
    "new major": Field(proposed(lambda odd: [1, None, [odd, 0]])),
    "proposed parameter": Field(proposed(lambda odd: [0, None, {30: odd}, None]), "param_proposal.gov_action_deposit", UNSIGNED),
    "treasury withdrawal": Field(proposed(lambda odd: [2, {ACCOUNT: odd}, None]), "treasury_withdrawal.amount", UNSIGNED),
    "policy hash": Field(proposed(lambda odd: [2, {ACCOUNT: 1}, odd])),
    "term": Field(
        proposed(lambda odd: [4, None, [], {(0, key_hash(1)): odd}, rational(1, 2)]),
        "committee_member.expiration_epoch",
        UNSIGNED,
    ),
    "quorum": Field(proposed(lambda odd: [4, None, [], {}, rational(odd, 1)]), "committee.quorum_numerator", UNSIGNED),
    "quorum below": Field(proposed(lambda odd: [4, None, [], {}, rational(1, odd)])),
    "constitution": Field(proposed(lambda odd: [5, None, [["a", tx_hash(1)], odd]])),
    "redeemer purpose": Field(witnessed(5, lambda odd: [[odd, 0, 1, [1, 1]]])),
    "redeemer index": Field(witnessed(5, lambda odd: [[1, odd, 1, [1, 1]]]), "redeemer.index", SIGNED),
    "unit_mem": Field(witnessed(5, lambda odd: [[1, 0, 1, [odd, 1]]]), "redeemer.unit_mem", SIGNED),
    "unit_steps": Field(witnessed(5, lambda odd: [[1, 0, 1, [1, odd]]]), "redeemer.unit_steps", SIGNED),
    "redeemer data": Field(witnessed(5, lambda odd: [[1, 0, odd, [1, 1]]])),
    "datum": Field(witnessed(4, lambda odd: [odd])),
    "plutus script": Field(witnessed(3, lambda odd: [odd])),
    "native script": Field(witnessed(1, lambda odd: [odd])),
    "native kind": Field(witnessed(1, lambda odd: [[odd, 1]])),
    "native slot": Field(witnessed(1, lambda odd: [[4, odd]])),
    "native required": Field(witnessed(1, lambda odd: [[3, odd, []]])),
    "native key": Field(witnessed(1, lambda odd: [[0, odd]])),
    "label": Field(lambda odd: block(Era.CONWAY, body(), auxiliary={odd: 1}), "tx_metadata.key", UNSIGNED),
    "metadata": Field(lambda odd: block(Era.CONWAY, body(), auxiliary={1: odd})),
    "metadata key": Field(lambda odd: block(Era.CONWAY, body(), auxiliary={1: {odd: 1}})),
    "auxiliary scripts": Field(lambda odd: block(Era.CONWAY, body(), auxiliary=Tagged(259, {2: odd}))),
    "failed": Field(lambda odd: block(Era.CONWAY, body(), invalid=[odd])),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_value_is_in_the_rows_or_an_error_of_its_block(name: str) -> None:
    make = FIELDS[name].make
    for odd in (*NUMBERS, *BIGNUMS, *OTHERS):
        try:
            raw = make(odd)
        except TypeError:  # no key of a Python mapping
            continue
        for database in ("sqlite", "mysql"):
            assert blocks.index(raw, database) in {"rows", "NEC-D001", "NEC-O001"}


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.column])
def test_the_largest_value_is_kept_exactly_and_the_next_is_refused(name: str) -> None:
    make, column, most = FIELDS[name]
    table, _, field = column.partition(".")
    decoded = decode_block(make(most), EVERYTHING)
    tables = [rows_of(processor, [decoded], "preview").get(table, []) for processor in PROCESSORS]
    assert most in [row[field] for rows in tables for row in rows]
    for over in (most + 1, -(256**5_000)):
        with pytest.raises(DecodeError) as caught:
            decode_block(make(over), EVERYTHING)
        assert caught.value.code == "NEC-D001"
        assert caught.value.path.startswith("block.")
        assert caught.value.path != "block.transaction_bodies[0]", "the field must be named"


def test_the_pool_of_an_overlong_hash_is_its_first_28_bytes() -> None:
    raw = block(Era.CONWAY, body((4, [[2, WHO, key_hash(7) * 2]])))
    (row,) = rows_of("certificates", [decode_block(raw, EVERYTHING)])["delegation"]
    assert row["pool_hash_id"] == key_hash(7)
