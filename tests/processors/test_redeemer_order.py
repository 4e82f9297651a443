"""What a redeemer's index points at, purpose by purpose, in bodies whose members stand in any order.

The orders are written out by hand after the ledger's types: inputs by hash and index, policies by their bytes, reward accounts and
voters by constructor (testnet before mainnet, a script's credential before a key's; committee, DReps, pools), the rest as written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.cardano.point import Era
from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING
from nectar.processors.registry import PROCESSORS
from tests.decode.handmade import Pairs, block, body, key_hash, rational, tx_hash
from tests.processors.making import Rows, rows_of

SPEND, MINT, CERT, REWARD, VOTE, PROPOSE = range(6)

INPUTS = [(tx_hash(1), 2), (tx_hash(1), 10), (tx_hash(2), 0), (tx_hash(256), 1), (b"\xff" * 32, 0)]
POLICIES = [key_hash(1), key_hash(2), key_hash(256), b"\x80" + bytes(27), b"\xff" * 28]
ACCOUNTS = [
    b"\xf0" + key_hash(2),
    b"\xf0" + key_hash(9),
    b"\xe0" + key_hash(1),
    b"\xe0" + key_hash(5),
    b"\xf1" + key_hash(1),
    b"\xe1" + bytes(28),
]
VOTERS = [
    (1, key_hash(7)),
    (1, key_hash(8)),
    (0, key_hash(1)),
    (3, key_hash(5)),
    (2, key_hash(2)),
    (2, key_hash(3)),
    (4, bytes(28)),
]
"""Each in the ledger's order."""


def rows(redeemed: int, count: int, *fields: tuple[int, Any], era: Era = Era.CONWAY) -> Rows:
    """Rows of a transaction with a redeemer for each of `count` things of a purpose; the redeemers too stand in no order."""
    redeemers = [[redeemed, index, index, [index, 0]] for index in reversed(range(count))]
    decoded = decode_block(block(era, body(*fields), witness={5: redeemers}), EVERYTHING)
    together: Rows = {}
    for name in PROCESSORS:
        for table, some in rows_of(name, [decoded], "preview").items():
            together[table] = some or together.get(table, [])
    return together


def pointed(rows_by_table: Rows, table: str) -> list[tuple[dict[str, Any], int | None]]:
    """Each row of the table with the index of its redeemer."""
    index_of = {row["id"]: row["index"] for row in rows_by_table["redeemer"]}
    return [(row, index_of.get(row["redeemer_id"])) for row in rows_by_table[table]]


def scripts(rows_by_table: Rows) -> list[bytes | None]:
    """The script of each redeemer, by index."""
    return [row["script_hash"] for row in sorted(rows_by_table["redeemer"], key=lambda row: int(row["index"]))]


@settings(max_examples=25, deadline=None)
@given(st.permutations(INPUTS))
def test_inputs(written: list[tuple[bytes, int]]) -> None:
    rows_by_table = rows(SPEND, len(INPUTS), (0, [list(spent) for spent in written]))
    assert [(row["tx_out_hash"], row["tx_out_index"], index) for row, index in pointed(rows_by_table, "tx_in")] == [
        (*spent, INPUTS.index(spent)) for spent in written
    ]


def test_inputs_that_repeat_are_counted_once() -> None:
    """Before Conway: the index counts in the set."""
    written = [INPUTS[3], INPUTS[0], INPUTS[0], INPUTS[4], INPUTS[3], INPUTS[1]]
    rows_by_table = rows(SPEND, 4, (0, [list(spent) for spent in written]), era=Era.BABBAGE)
    redeemed = [(row["tx_out_hash"], row["tx_out_index"], index) for row, index in pointed(rows_by_table, "tx_in")]
    assert redeemed == [(*INPUTS[3], 2), (*INPUTS[0], 0), (*INPUTS[4], 3), (*INPUTS[1], 1)]


@settings(max_examples=25, deadline=None)
@given(st.permutations(POLICIES))
def test_policies(written: list[bytes]) -> None:
    assert scripts(rows(MINT, len(POLICIES), (9, {policy: {b"": 1} for policy in written}))) == POLICIES


def test_policies_that_mint_nothing_are_not_counted() -> None:
    """Before Conway: a quantity of zero, which the last of two for one asset can make, drops its policy."""
    minted = Pairs([(POLICIES[2], {b"": 1}), (POLICIES[0], {b"": 5}), (POLICIES[1], {b"": 1}), (POLICIES[0], {b"": 0})])
    assert scripts(rows(MINT, 2, (9, minted), era=Era.BABBAGE)) == [POLICIES[1], POLICIES[2]]


@settings(max_examples=25, deadline=None)
@given(st.permutations(ACCOUNTS))
def test_reward_accounts(written: list[bytes]) -> None:
    rows_by_table = rows(REWARD, len(ACCOUNTS), (5, dict.fromkeys(written, 1)))
    assert [(row["addr_id"], index) for row, index in pointed(rows_by_table, "withdrawal")] == [
        (account, ACCOUNTS.index(account)) for account in written
    ]
    assert scripts(rows_by_table) == [account[1:] if account[0] & 0x10 else None for account in ACCOUNTS]


@settings(max_examples=25, deadline=None)
@given(st.permutations([5, 1, 3, 2]))
def test_certificates_count_as_written(written: list[int]) -> None:
    """Of every kind that has a redeemer's column."""
    makers: tuple[Callable[[bytes], Any], ...] = (
        lambda who: [1, [1, who]],
        lambda who: [2, [1, who], key_hash(9)],
        lambda who: [9, [1, who], [2]],
        lambda who: [10, [1, who], key_hash(9), [3]],
    )
    certificates = [make(key_hash(number)) for make, number in zip(makers, written, strict=True)]
    rows_by_table = rows(CERT, 4, (4, certificates))
    assert scripts(rows_by_table) == [key_hash(number) for number in written]
    for table in ("stake_deregistration", "delegation", "delegation_vote"):
        redeemed = [(row["addr_id"][1:], row["cert_index"], index) for row, index in pointed(rows_by_table, table)]
        assert redeemed
        assert all((credential, place) == (key_hash(written[place]), index) for credential, place, index in redeemed)


@settings(max_examples=25, deadline=None)
@given(st.permutations(VOTERS))
def test_voters(written: list[tuple[int, bytes]]) -> None:
    ballots = Pairs([(list(voter), {(tx_hash(1), 0): [1, None]}) for voter in written])
    assert scripts(rows(VOTE, len(VOTERS), (19, ballots))) == [who if kind in (1, 3) else None for kind, who in VOTERS]


@settings(max_examples=25, deadline=None)
@given(st.permutations([9, 2, 7]))
def test_proposals_count_as_written(written: list[int]) -> None:
    proposals = [[5, ACCOUNTS[2], [2, {ACCOUNTS[2]: 1}, key_hash(number)], ["a", tx_hash(1)]] for number in written]
    proposals.insert(1, [5, ACCOUNTS[2], [4, None, [], {}, rational(1, 2)], ["a", tx_hash(1)]])
    first, *rest = (key_hash(number) for number in written)
    assert scripts(rows(PROPOSE, 4, (20, proposals))) == [first, None, *rest]
