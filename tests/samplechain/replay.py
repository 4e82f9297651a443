"""A small ledger of its own: replays a sample chain from its genesis files and checks that every transaction balances."""

from __future__ import annotations

import base64
import json
import zlib
from hashlib import sha3_256
from pathlib import Path
from typing import Any, NamedTuple

import cbor2

from tests.samplechain.reading import Block, Tx, hash28, hash32, items, output, txs, unbase58, value

Assets = dict[tuple[bytes, bytes], int]
Ref = tuple[bytes, int]
KEY_DEPOSIT = 2_000_000
POOL_DEPOSIT = 500_000_000


class Unspent(NamedTuple):
    address: bytes
    coin: int
    assets: Assets
    datum: Any = None
    script: Any = None


class Replayed(NamedTuple):
    """What one transaction really did."""

    hash: bytes
    valid: bool
    fee: int
    out_sum: int
    inputs: int
    outputs: int
    deposit: int
    donation: int


class Ledger:
    """Unspent outputs, registered stake credentials (with deposits) and pools; raises AssertionError at once."""

    def __init__(self, genesis: Path) -> None:
        byron = json.loads((genesis / "byron-genesis.json").read_text())
        shelley = json.loads((genesis / "shelley-genesis.json").read_text())
        self.unspent: dict[Ref, Unspent] = {}
        magic = byron["protocolConsts"]["protocolMagic"]
        for key, coin in byron["avvmDistr"].items():
            self._create(voucher_address(base64.urlsafe_b64decode(key), magic), int(coin))
        for text, coin in byron["nonAvvmBalances"].items():
            address = unbase58(text)
            (payload, crc) = cbor2.loads(address)
            assert zlib.crc32(payload.value) == crc
            self._create(address, int(coin))
        for raw, coin in shelley["initialFunds"].items():
            self._create(bytes.fromhex(raw), coin)
        self.pools = {bytes.fromhex(pool) for pool in shelley["staking"]["pools"]}
        self.stakes = {bytes.fromhex(key): KEY_DEPOSIT for key in shelley["staking"]["stake"]}

    def _create(self, address: bytes, coin: int) -> None:
        self.unspent[hash32(address), 0] = Unspent(address, coin, {})

    @property
    def total(self) -> int:
        return sum(u.coin for u in self.unspent.values())

    def byron(self, parsed: Block) -> list[Replayed]:
        payload = items(items(parsed.parts[1])[0])
        return [self._byron_tx(*items(pair)) for pair in payload]

    def _byron_tx(self, raw: bytes, witnesses: bytes) -> Replayed:
        spent, paid, _ = value(raw)
        refs = [tuple(cbor2.loads(tagged.value)) for _, tagged in spent]
        assert len(value(witnesses)) == len(refs)
        come = sum(self.unspent.pop(ref).coin for ref in refs)
        tx_id = hash32(raw)
        for i, (address, (_, coin)) in enumerate(zip(_addresses(raw), paid, strict=True)):
            self.unspent[tx_id, i] = Unspent(address, coin, {})
        made = sum(coin for _, coin in paid)
        assert come >= made > 0
        return Replayed(tx_id, True, come - made, made, len(refs), len(paid), 0, 0)

    def later(self, parsed: Block) -> list[Replayed]:
        return [self._tx(tx) for tx in txs(parsed)]

    def _tx(self, tx: Tx) -> Replayed:
        tx_id, body = hash32(tx.raw), tx.body
        for ref in map(tuple, body.get(18, [])):
            assert ref in self.unspent, "a reference input that is not there"
        if not tx.valid:
            return self._failed(tx_id, body)
        for ref in map(tuple, body.get(13, [])):
            assert ref in self.unspent, "collateral that is not there"
        spent = [self.unspent.pop(tuple(ref)) for ref in body[0]]
        made = [Unspent(*output(o)) for o in body[1]]
        for i, each in enumerate(made):
            self.unspent[tx_id, i] = each
        deposit, refund = self._deposits(body)
        donation, fee, out_sum = body.get(22, 0), body[2], sum(u.coin for u in made)
        come = sum(u.coin for u in spent) + sum(body.get(5, {}).values()) + refund
        assert come == out_sum + fee + deposit + donation, "the coin does not balance"
        _balance_assets(spent, made, body.get(9, {}))
        return Replayed(tx_id, True, fee, out_sum, len(spent), len(made), deposit - refund, donation)

    def _failed(self, tx_id: bytes, body: dict[int, Any]) -> Replayed:
        for ref in map(tuple, body[0]):
            assert ref in self.unspent, "an input that is not there"
        taken = [self.unspent.pop(tuple(ref)) for ref in body[13]]
        come = sum(u.coin for u in taken)
        made = []
        if 16 in body:
            made.append(Unspent(*output(body[16])))
            self.unspent[tx_id, len(body[1])] = made[0]
            assert made[0].assets == taken[0].assets
        fee = come - sum(u.coin for u in made)
        assert body.get(17, fee) == fee
        return Replayed(tx_id, False, fee, come - fee, len(taken), len(made), 0, 0)

    def _deposits(self, body: dict[int, Any]) -> tuple[int, int]:
        paid = sum(deposit for deposit, *_ in body.get(20, []))
        refunded = 0
        for certificate in body.get(4, []):
            kind = certificate[0]
            if kind in (0, 7, 11, 12, 13):
                amount = KEY_DEPOSIT if kind == 0 else certificate[-1]
                assert certificate[1][1] not in self.stakes, "registered twice"
                self.stakes[certificate[1][1]] = amount
                paid += amount
            elif kind in (1, 8):
                amount = self.stakes.pop(certificate[1][1])
                assert kind == 1 or certificate[2] == amount
                refunded += amount
            elif kind == 3 and certificate[1] not in self.pools:
                self.pools.add(certificate[1])
                paid += POOL_DEPOSIT
            elif kind == 16:
                paid += certificate[2]
            elif kind == 17:
                refunded += certificate[2]
        return paid, refunded


def _balance_assets(spent: list[Unspent], made: list[Unspent], mint: dict[bytes, dict[bytes, int]]) -> None:
    left: Assets = {}
    for sign, group in ((1, spent), (-1, made)):
        for unspent in group:
            for asset, quantity in unspent.assets.items():
                assert 0 < quantity < 1 << 64
                left[asset] = left.get(asset, 0) + sign * quantity
    for policy, names in mint.items():
        for name, quantity in names.items():
            assert -(1 << 63) <= quantity < 1 << 63
            assert quantity
            left[policy, name] = left.get((policy, name), 0) + quantity
    assert not any(left.values()), "the assets do not balance"


def _addresses(raw: bytes) -> list[bytes]:
    """The address bytes of a Byron transaction's outputs, as they stand."""
    return [items(pair)[0] for pair in items(items(raw)[1])]


def voucher_address(key: bytes, magic: int) -> bytes:
    """A redeem address of a testnet (byron.cddl), built with cbor2."""
    attributes = {2: cbor2.dumps(magic)}
    root = hash28(sha3_256(cbor2.dumps([2, [2, key], attributes])).digest())
    payload = cbor2.dumps([root, attributes, 2])
    return cbor2.dumps([cbor2.CBORTag(24, payload), zlib.crc32(payload)])
