"""The four shorthands of `[filters]` as tests of the filter language, which `nectar plan explain` shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from nectar.cardano.address import as_read
from nectar.config.plan.filter_entries import AddressEntry, AddressPrefix, PaymentAddress, StakeAddress
from nectar.config.plan.filters import FilterShorthands
from nectar.filterlang import tree
from nectar.filterlang.kinds import T
from nectar.filterlang.scopes import TYPES

STAKE = "stake"  # how the text of every reward address begins (CIP-19)


def desugar(filters: FilterShorthands) -> Iterator[tuple[str, tree.Test]]:
    """(key, test) of each shorthand that is set. Entries of one shorthand combine with `or`, shorthands with `and`."""
    if filters.min_transaction_value:
        value = tree.Value(T.LOVELACE, filters.min_transaction_value)
        yield "min_transaction_value", tree.Compare(">=", tree.Ref("tx", "out_sum", "t"), value)
    if filters.skip_tx_types:
        words = sorted({field for name in filters.skip_tx_types for field in TYPES[name]})
        yield "skip_tx_types", _and([tree.Not(tree.Truth(tree.Ref("tx", word, "t"))) for word in words])
    if filters.pools:
        pools = tuple(sorted(set(filters.pools)))
        yield (
            "pool_filter",
            tree.Or(tuple(_any(scope, tree.In(_of(scope, "pool"), T.POOL, pools)) for scope in ("certs", "votes"))),
        )
    if filters.addresses:
        yield "address_filter", _addresses(filters.addresses)


def _addresses(entries: Iterable[AddressEntry]) -> tree.Test:
    """An output goes to one of the addresses, or a withdrawal is from one. Stake addresses match outputs' stake parts too."""
    exact, stakes, prefixes = set(), set(), set()
    for entry in entries:
        match entry:
            case PaymentAddress(raw):
                exact.add(as_read(raw))
            case StakeAddress(raw):
                stakes.add(raw)
            case AddressPrefix(prefix):
                prefixes.add(prefix)
    payments = sorted(prefix for prefix in prefixes if not prefix.startswith(STAKE))
    accounts = sorted(prefix for prefix in prefixes if prefix.startswith(STAKE))
    outputs = [
        *_matching("outputs", "address", T.ADDRESS, exact, payments),
        *_matching("outputs", "stake_address", T.STAKE_ADDRESS, stakes, accounts),
    ]
    withdrawals = _matching("withdrawals", "stake_address", T.STAKE_ADDRESS, stakes, accounts)
    tests = [_any("outputs", _or(outputs)), *([_any("withdrawals", _or(withdrawals))] if withdrawals else [])]
    return _or(tests)


def _matching(scope: str, field: str, kind: T, exact: set[bytes], prefixes: Sequence[str]) -> list[tree.Test]:
    ref = _of(scope, field)
    tests: list[tree.Test] = [tree.In(ref, kind, tuple(sorted(exact)))] if exact else []
    return [*tests, *(tree.Glob(ref, f"{prefix}*") for prefix in prefixes)]


def _of(scope: str, field: str) -> tree.Ref:
    return tree.Ref(scope, field, "x1")


def _any(scope: str, body: tree.Test) -> tree.Test:
    return tree.Any(tree.Each(scope, "x1", "t"), body)


def _or(tests: list[tree.Test]) -> tree.Test:
    return tests[0] if len(tests) == 1 else tree.Or(tuple(tests))


def _and(tests: list[tree.Test]) -> tree.Test:
    return tests[0] if len(tests) == 1 else tree.And(tuple(tests))
