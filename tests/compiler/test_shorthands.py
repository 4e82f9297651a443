"""The four shorthands on real blocks, against counts made with cbor2 alone."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from nectar.cardano import bech32
from nectar.cardano.block import Tx
from nectar.compiler.filters import CompiledFilters, wanted_by
from nectar.compiler.shorthands import desugar
from nectar.config.plan.filter_entries import AddressEntry, AddressPrefix, PaymentAddress, StakeAddress
from nectar.config.plan.filters import FilterShorthands, TxType
from nectar.decode.block import decode_block
from nectar.decode.metadata_json import metadata_json
from nectar.decode.want import Want
from nectar.filterlang import tree
from nectar.filterlang.scopes import TYPES as TX_TYPES
from nectar.filterlang.to_python import functions, to_python
from nectar.filterlang.write_tree import text_of
from nectar.genesis.files import network
from tests.compiler import brute_force as brute
from tests.compiler.brute_force import RawTx

BUSY = "mainnet/immutable/01000.chunk"  # Allegra: delegations, registrations, withdrawals
CONWAY = "runs/preview-conway-3319101-3319200.chunk"
POOL_VOTES = "blocks/146179467.Conway.*.block"
FAILED = "blocks/49503576.Alonzo.*.block"  # seventy transactions, one of them failed


def meant(shorthands: FilterShorthands) -> tree.Test:
    parts = tuple(test for _, test in desugar(shorthands))
    return parts[0] if len(parts) == 1 else tree.And(parts)


def kept_transactions(chain: Path, pattern: str, shorthands: FilterShorthands) -> list[Tx]:
    """The transactions that they keep, with only those parts decoded that they ask for."""
    test: tree.Test = pickle.loads(pickle.dumps(meant(shorthands)))
    keep = to_python(test, functions(network("preview"), lambda metadatum: metadata_json(metadatum.raw))).true
    (path,) = chain.glob(pattern)
    blocks = (decode_block(raw, wanted_by(CompiledFilters(test))) for raw in brute.blocks(path))
    return [tx for block in blocks for tx in block.txs if keep(tx, block)]


def count(chain: Path, pattern: str, test: Callable[[RawTx], bool]) -> int:
    (path,) = chain.glob(pattern)
    return sum(test(tx) for raw in brute.blocks(path) for tx in brute.transactions(raw))


def transactions(chain: Path, pattern: str) -> list[RawTx]:
    (path,) = chain.glob(pattern)
    return [tx for raw in brute.blocks(path) for tx in brute.transactions(raw)]


def headers(tx: RawTx) -> set[int]:
    return {address[0] for address, _ in brute.created(tx)}


PREFIXES: dict[str, Callable[[RawTx], bool]] = {
    "addr1": lambda tx: any(h < 0x80 and h & 15 == 1 for h in headers(tx)),
    "addr1q": lambda tx: 0x01 in headers(tx),  # base address: the first five bits of 0x01 are 0, written q
    "addr1v": lambda tx: 0x61 in headers(tx),  # enterprise address
    "Ae2": lambda tx: any(0x80 <= h < 0x90 for h in headers(tx)) and _byron(tx, "Ae2"),
    "addr_test1": lambda tx: any(h < 0x80 and h & 15 == 0 for h in headers(tx)),
    "stake1": lambda tx: bool(brute.withdrawals(tx)) or any(h < 0x40 for h in headers(tx)),
    "stake1u9": lambda tx: any(a[0] == 0xE1 and a[1] >> 6 == 1 for a in accounts(tx)),  # 9 is 5: the header's 001, then 01
}


def accounts(tx: RawTx) -> list[bytes]:
    return brute.withdrawals(tx) + [stake for address, _ in brute.created(tx) if (stake := brute.stake_part(address))]


def _byron(tx: RawTx, prefix: str) -> bool:
    return any(_base58(address).startswith(prefix) for address, _ in brute.created(tx) if 0x80 <= address[0] < 0x90)


def _base58(raw: bytes) -> str:
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[digit] + text
    return text


@pytest.mark.parametrize("prefix", PREFIXES)
def test_beginnings_of_addresses(chain: Path, prefix: str) -> None:
    expected = count(chain, BUSY, PREFIXES[prefix])
    assert len(kept_transactions(chain, BUSY, FilterShorthands(addresses=(AddressPrefix(prefix),)))) == expected
    assert expected > 0 or prefix == "addr_test1"
    assert expected < 7360


def test_exact_addresses_and_a_stake_address_of_which_only_withdrawals_tell(chain: Path) -> None:
    txs = transactions(chain, BUSY)
    addresses = Counter(address for tx in txs for address, _ in brute.created(tx)).most_common(3)
    stakes = Counter(stake for tx in txs for address, _ in brute.created(tx) if (stake := brute.stake_part(address)))
    busy_stake = stakes.most_common(1)[0][0]
    withdrawn = next(a for tx in txs for a in brute.withdrawals(tx) if a not in stakes)
    chosen = {address for address, _ in addresses}

    def test(tx: RawTx) -> bool:
        outputs = [address for address, _ in brute.created(tx)]
        return bool(chosen & set(outputs) or set(accounts(tx)) & {busy_stake, withdrawn})

    entries: tuple[AddressEntry, ...] = (*map(PaymentAddress, chosen), StakeAddress(busy_stake), StakeAddress(withdrawn))
    assert len(kept_transactions(chain, BUSY, FilterShorthands(addresses=entries))) == sum(map(test, txs)) > 3
    alone = FilterShorthands(addresses=(StakeAddress(withdrawn),))
    assert len(kept_transactions(chain, BUSY, alone)) == sum(withdrawn in brute.withdrawals(tx) for tx in txs) > 0


@pytest.mark.parametrize("pattern", [BUSY, CONWAY, FAILED])
@pytest.mark.parametrize("lovelace", [1, 1_000_000, 5_000_000, 1_234_567_890_123])
def test_the_least_value(chain: Path, pattern: str, lovelace: int) -> None:
    expected = count(chain, pattern, lambda tx: sum(value for _, value in brute.created(tx)) >= lovelace)
    assert len(kept_transactions(chain, pattern, FilterShorthands(min_transaction_value=lovelace))) == expected


TYPES: dict[TxType, Callable[[RawTx], bool]] = {
    "mint": lambda tx: any(quantity > 0 for quantity in brute.minted(tx)),
    "burn": lambda tx: any(quantity < 0 for quantity in brute.minted(tx)),
    "script": lambda tx: bool(tx.witnesses.get(5)),
    "certificate": lambda tx: not tx.failed and bool(tx.body.get(4)),
    "withdrawal": lambda tx: bool(brute.withdrawals(tx)),
    "metadata": lambda tx: not tx.failed and tx.has_metadata,
    "governance": lambda tx: not tx.failed and bool(tx.body.get(19) or tx.body.get(20)),
}


@pytest.mark.parametrize("pattern", [BUSY, CONWAY, FAILED])
@pytest.mark.parametrize("types", [(name,) for name in TYPES] + [("mint", "burn"), tuple(TYPES)])
def test_types_that_are_skipped(chain: Path, pattern: str, types: tuple[TxType, ...]) -> None:
    expected = count(chain, pattern, lambda tx: not any(TYPES[name](tx) for name in types))
    assert len(kept_transactions(chain, pattern, FilterShorthands(skip_tx_types=types))) == expected


def test_every_type_occurs_in_the_data(chain: Path) -> None:
    txs = [tx for pattern in (BUSY, CONWAY, FAILED) for tx in transactions(chain, pattern)]
    assert {name for tx in txs for name in TYPES if TYPES[name](tx)} == set(TYPES) == set(TX_TYPES)


@pytest.mark.parametrize("pattern", [BUSY, CONWAY])
def test_pools(chain: Path, pattern: str) -> None:
    txs = transactions(chain, pattern)
    named = Counter(pool for tx in txs for pool in brute.pools_named(tx))
    for pools in [{named.most_common(1)[0][0]}, set(sorted(named)[:5]), set(named)]:
        expected = sum(bool(brute.pools_named(tx) & pools) for tx in txs)
        assert len(kept_transactions(chain, pattern, FilterShorthands(pools=tuple(pools)))) == expected > 0


def test_a_vote_of_a_pool_counts(chain: Path) -> None:
    txs = transactions(chain, POOL_VOTES)
    voters = {voter[1] for tx in txs for voter in tx.body.get(19, {}) if voter[0] == 4}
    assert voters
    expected = sum(bool(brute.pools_named(tx) & voters) for tx in txs)
    assert len(kept_transactions(chain, POOL_VOTES, FilterShorthands(pools=tuple(voters)))) == expected > 0


def test_a_failed_transaction_has_its_collateral_alone(chain: Path) -> None:
    """It names no collateral return, so it created nothing; its body's outputs and mints do not count."""
    (failed,) = [tx for tx in transactions(chain, FAILED) if tx.failed]
    outputs = [out[0] for out in failed.body[1]]
    assert outputs
    for shorthands in (
        FilterShorthands(addresses=tuple(map(PaymentAddress, outputs))),
        FilterShorthands(skip_tx_types=("script",)),
        FilterShorthands(min_transaction_value=1),
    ):
        assert not [tx for tx in kept_transactions(chain, FAILED, shorthands) if not tx.is_valid]
    harmless = FilterShorthands(skip_tx_types=("mint", "burn", "metadata", "withdrawal"))
    assert len([tx for tx in kept_transactions(chain, FAILED, harmless) if not tx.is_valid]) == 1


def test_shorthands_combine_with_and(chain: Path) -> None:
    txs = transactions(chain, BUSY)
    shorthands = FilterShorthands(
        addresses=(AddressPrefix("addr1q"), AddressPrefix("stake1")),
        min_transaction_value=100_000_000,
        skip_tx_types=("withdrawal",),
    )
    expected = sum(
        sum(value for _, value in brute.created(tx)) >= 100_000_000
        and not brute.withdrawals(tx)
        and (PREFIXES["addr1q"](tx) or PREFIXES["stake1"](tx))
        for tx in txs
    )
    assert 0 < len(kept_transactions(chain, BUSY, shorthands)) == expected < len(txs)


def test_what_is_decoded_is_no_more_than_asked() -> None:
    assert wanted_by(CompiledFilters()) == Want(0)
    for shorthands, want in (
        (FilterShorthands(min_transaction_value=1), Want.TXS),
        (FilterShorthands(skip_tx_types=("mint",)), Want.TXS | Want.ASSETS),
        (FilterShorthands(pools=(bytes(28),)), Want.TXS | Want.CERTIFICATES | Want.GOVERNANCE),
        (FilterShorthands(addresses=(AddressPrefix("addr1"),)), Want.TXS | Want.OUTPUTS),
    ):
        assert wanted_by(CompiledFilters(meant(shorthands))) == want


def test_no_shorthand_is_no_test() -> None:
    assert list(desugar(FilterShorthands())) == []


def test_what_they_stand_for() -> None:
    shorthands = FilterShorthands(
        addresses=(AddressPrefix("addr1"), StakeAddress(bytes([0xE1]) + bytes(28))),
        min_transaction_value=1_000_000,
        skip_tx_types=("mint", "governance"),
        pools=(bytes(28),),
    )
    zero = bytes(28)
    stake, pool = bech32.encode("stake", bytes([0xE1]) + zero), bech32.encode("pool", zero)
    assert text_of(meant(shorthands)) == (
        "out_sum >= 1 ada and not has_mint and not has_proposals and not has_votes"
        f" and (any(certs, pool in [{pool}]) or any(votes, pool in [{pool}]))"
        f' and (any(outputs, address like "addr1*" or stake_address in [{stake}])'
        f" or any(withdrawals, stake_address in [{stake}]))"
    )
