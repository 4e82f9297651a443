"""The test that a plan's filters make of a transaction; built in the process that asks it.

What counts is what took effect: of a failed transaction its collateral return and nothing else (no mints, certificates,
withdrawals, votes or metadata).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from nectar.cardano.address import describe
from nectar.cardano.block import Block, Tx, TxOut
from nectar.cardano.certificate import Certificate, PoolRegistration, PoolRetirement, StakeDelegation
from nectar.compiler.filters import Clause, NamesPool, NotOfTypes, OutSumAtLeast, TouchesAddress
from nectar.compiler.tx_types import TX_TYPES

Test: TypeAlias = Callable[[Tx], bool]

POOL_VOTER = 4                 # CDDL `voter`: a stake pool's key


def predicate(clauses: Sequence[Clause]) -> Callable[[Block, Tx], bool] | None:
    """Whether a transaction of a block is kept; None when every one is. Cheap tests come first whatever the order given."""
    ordered = sorted(clauses, key=lambda clause: _CHEAP_FIRST.index(type(clause)))
    tests = tuple(map(_test, ordered))
    if not tests:
        return None
    if len(tests) == 1:
        (only,) = tests
        return lambda _block, tx: only(tx)
    return lambda _block, tx: all(test(tx) for test in tests)


_CHEAP_FIRST: Sequence[type] = (OutSumAtLeast, NotOfTypes, NamesPool, TouchesAddress)


def _test(clause: Clause) -> Test:
    match clause:
        case OutSumAtLeast(lovelace):
            return lambda tx: tx.out_sum >= lovelace
        case NotOfTypes(types):
            return _not_of_types(types)
        case NamesPool(pools):
            return _names_pool(frozenset(pools))
        case TouchesAddress():
            return _touches_address(clause)


def _not_of_types(types: Sequence[str]) -> Test:
    unwanted = tuple(TX_TYPES[name].has for name in types)
    script = "script" in types

    def test(tx: Tx) -> bool:
        if not tx.is_valid:
            return not script
        return not any(has(tx) for has in unwanted)

    return test


def _names_pool(pools: frozenset[bytes]) -> Test:
    def test(tx: Tx) -> bool:
        if not tx.is_valid:
            return False
        if any(_pool_of(certificate) in pools for _, certificate in tx.certificates):
            return True
        return any(vote.voter_kind == POOL_VOTER and vote.voter_hash in pools for vote in tx.votes)

    return test


def _pool_of(certificate: Certificate) -> bytes | None:
    if isinstance(certificate, StakeDelegation | PoolRegistration | PoolRetirement):
        return certificate.pool
    return None


def _touches_address(clause: TouchesAddress) -> Test:
    addresses, prefixes = frozenset(clause.addresses), clause.prefixes
    by_text = bool(prefixes or clause.stake_prefixes)
    credentials = frozenset(raw[1:] for raw in clause.stake_addresses)
    account = _account_test(frozenset(clause.stake_addresses), clause.stake_prefixes)

    def goes_there(raw: bytes) -> bool:
        """Texts are dear, so without beginnings to compare only an address that holds one of the credentials is taken apart."""
        if raw in addresses:
            return True
        if not by_text and raw[29:57] not in credentials:
            return False
        text, _, _, stake = describe(raw)
        return text.startswith(prefixes) or (stake is not None and account(stake))

    def test(tx: Tx) -> bool:
        if any(goes_there(out.address) for out in created(tx)):
            return True
        return tx.is_valid and any(account(withdrawn) for withdrawn, _ in tx.withdrawals)

    return test


def _account_test(accounts: frozenset[bytes], prefixes: tuple[str, ...]) -> Callable[[bytes], bool]:
    if not prefixes:
        return accounts.__contains__
    return lambda account: account in accounts or describe(account)[0].startswith(prefixes)


def created(tx: Tx) -> Sequence[TxOut]:
    """The outputs that came into being: of a failed transaction the collateral return, if it named one."""
    if tx.is_valid:
        return tx.outputs
    return () if tx.collateral_return is None else (tx.collateral_return,)
