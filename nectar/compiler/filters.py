"""The four filter shorthands as small frozen values: which transactions a plan keeps.

A compiled plan travels to decoding processes as plain data; the test itself is built there (see `predicate`). Clauses combine
with `and`, the entries of one with `or`; entries are sorted and each stands once, so that two spellings of a list are one clause.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from nectar.cardano.address import describe
from nectar.cardano.ids import pool_id_view
from nectar.compiler.tx_types import TX_TYPES
from nectar.config.filters import AddressEntry, AddressPrefix, FilterShorthands, PaymentAddress, StakeAddress
from nectar.decode.want import Want


@dataclass(frozen=True, slots=True)
class OutSumAtLeast:
    """`min_transaction_value`: the lovelace it created is at least this much."""

    lovelace: int


@dataclass(frozen=True, slots=True)
class NotOfTypes:
    """`skip_tx_types`: none of these things (keys of `TX_TYPES`) happened in it. Sorted."""

    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamesPool:
    """`pool_filter`: a certificate registers or retires one of these pools (28 bytes) or delegates to it, or it votes. Sorted."""

    pools: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TouchesAddress:
    """`address_filter`: an output it created goes to one of these, or a withdrawal is from one of these. Sorted.

    `addresses` and `stake_addresses` are raw bytes, compared whole; prefixes are beginnings of the text forms. Stake addresses
    are looked for in the outputs' stake parts and among the withdrawals' accounts.
    """

    addresses: tuple[bytes, ...] = ()
    prefixes: tuple[str, ...] = ()
    stake_addresses: tuple[bytes, ...] = ()
    stake_prefixes: tuple[str, ...] = ()


STAKE = "stake"                # how the text of every reward address begins (CIP-19)

Clause: TypeAlias = OutSumAtLeast | NotOfTypes | NamesPool | TouchesAddress


def desugar(shorthands: FilterShorthands) -> tuple[Clause, ...]:
    """One clause for each shorthand that says something; none keeps everything."""
    clauses: list[Clause] = []
    if shorthands.min_transaction_value:
        clauses.append(OutSumAtLeast(shorthands.min_transaction_value))
    if shorthands.skip_tx_types:
        clauses.append(NotOfTypes(tuple(sorted(set(shorthands.skip_tx_types)))))
    if shorthands.pools:
        clauses.append(NamesPool(tuple(sorted(set(shorthands.pools)))))
    if shorthands.addresses:
        clauses.append(_touches(shorthands.addresses))
    return tuple(clauses)


def _touches(entries: Iterable[AddressEntry]) -> TouchesAddress:
    addresses, stakes, prefixes = set(), set(), set()
    for entry in entries:
        match entry:
            case PaymentAddress(raw):
                addresses.add(raw)
            case StakeAddress(raw):
                stakes.add(raw)
            case AddressPrefix(prefix):
                prefixes.add(prefix)
    return TouchesAddress(
        addresses=tuple(sorted(addresses)),
        prefixes=tuple(sorted(p for p in prefixes if not p.startswith(STAKE))),
        stake_addresses=tuple(sorted(stakes)),
        stake_prefixes=tuple(sorted(p for p in prefixes if p.startswith(STAKE))),
    )


def wanted_by(clauses: Iterable[Clause]) -> Want:
    """What must be decoded so that the clauses can be tested."""
    want = Want(0)
    for clause in clauses:
        want |= Want.TXS
        match clause:
            case NotOfTypes(types):
                for name in types:
                    want |= TX_TYPES[name].want
            case NamesPool():
                want |= Want.CERTIFICATES | Want.GOVERNANCE
            case TouchesAddress():
                want |= Want.OUTPUTS | Want.WITHDRAWALS
    return want


def in_words(clauses: Iterable[Clause]) -> str:
    """The clauses as one expression of the filter language; empty when there are none."""
    return " and ".join(map(_words, clauses))


def _words(clause: Clause) -> str:
    match clause:
        case OutSumAtLeast(lovelace):
            return f"out_sum >= {lovelace:_} lovelace"
        case NotOfTypes(types):
            return " and ".join(f"not {TX_TYPES[name].word}" for name in types)
        case NamesPool(pools):
            listed = ", ".join(map(pool_id_view, pools))
            return f"(any(certs, pool in [{listed}]) or any(votes, pool in [{listed}]))"
        case TouchesAddress():
            return f"({' or '.join(_touching(clause))})"


def _touching(clause: TouchesAddress) -> Iterator[str]:
    here = [*_matching("address", clause.addresses, clause.prefixes)]
    stake = [*_matching("stake_address", clause.stake_addresses, clause.stake_prefixes)]
    yield from (f"any(outputs, {test})" for test in here + stake)
    yield from (f"any(withdrawals, {test})" for test in stake)


def _matching(field: str, exact: Sequence[bytes], prefixes: Sequence[str]) -> Iterator[str]:
    if exact:
        yield f"{field} in [{', '.join(describe(raw).text for raw in exact)}]"
    yield from (f'{field} like "{prefix}*"' for prefix in prefixes)
