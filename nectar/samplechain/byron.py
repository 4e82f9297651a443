"""Byron: transactions, main blocks and epoch boundary blocks (byron.cddl), with true body proofs.

A header's hash is blake2b-256 of `[0, header]` (boundary) or `[1, header]` (main): the hash covers the era tag. The
transaction proof is the number of transactions, a Merkle root of their bytes and a hash of all witnesses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nectar.samplechain import cborwrite as cbor
from nectar.samplechain.keys import ByronKey, OwnedAddress, byron_address, byron_key_hash, hash32
from nectar.samplechain.purse import Output
from nectar.samplechain.scripts import new_byron_key
from nectar.samplechain.seal import FEE_A, FEE_B
from nectar.samplechain.world import ADA, MAGIC, World

NO_SSC = b"\xd9\x01\x02\x80"
EXTRA = b"\x81\xa0"  # block extra data: one empty attributes map


class ByronTx(NamedTuple):
    tx_id: bytes
    body: bytes
    witnesses: bytes
    inputs: tuple[Output, ...]
    outputs: tuple[Output, ...]
    fee: int


def make_tx(world: World) -> ByronTx:
    """A payment between Byron addresses, or the redemption of a voucher (AVVM), which pays no fee."""
    dice, purse = world.dice, world.purse
    redeems = len(purse.bag("avvm")) > 0 and dice.chance(0.3)
    bag = purse.bag("avvm" if redeems else "byron")
    inputs = []
    for _ in range(1 if redeems else min(dice.pick((1, 1, 2, 4)), len(bag))):
        inputs.append(bag.pick(dice))
        purse.take(inputs[-1])
    income = sum(o.coin for o in inputs)
    receivers = 1 if redeems or income < 10 * ADA else dice.pick((1, 2, 2, 3))
    addresses = [_receiver(world) for _ in range(receivers)]
    size = 150 * len(inputs) + sum(len(a.raw) + 10 for a in addresses)
    fee = 0 if redeems else FEE_B + FEE_A * size + dice.below(300)
    outputs = tuple(_pay(world, addresses, income - fee))
    body = _body(world, inputs, outputs)
    tx_id = hash32(body)
    for i, output in enumerate(outputs):
        output.tx_id, output.index = tx_id, i
        purse.add(output)
    witnesses = cbor.array([_witness(world, o) for o in inputs])
    return ByronTx(tx_id, body, witnesses, tuple(inputs), outputs, fee)


def _receiver(world: World) -> OwnedAddress:
    """In Byron every known address is a Byron address."""
    if len(world.receivers) > 30 and world.dice.chance(0.6):
        return world.dice.pick(world.receivers)
    return world.remember(byron_address(new_byron_key(world)))


def _pay(world: World, addresses: list[OwnedAddress], coin: int) -> list[Output]:
    """Each receives one ada or more, so that every output can be spent again."""
    outputs = []
    for left in range(len(addresses) - 1, -1, -1):
        spare = coin - ADA * (left + 1)
        part = coin if not left else ADA + int(spare * world.dice.random() ** 2)
        outputs.append(Output(addresses[left], part))
        coin -= part
    return outputs


def _body(world: World, inputs: Sequence[Output], outputs: Sequence[Output]) -> bytes:
    spent = [cbor.array([cbor.uint(0), cbor.embedded(cbor.array([cbor.bstr(o.tx_id), cbor.uint(o.index)]))]) for o in inputs]
    paid = [cbor.array([o.address.raw, cbor.uint(o.coin)]) for o in outputs]
    return cbor.array([cbor.array_open(spent), cbor.array_open(paid), cbor.EMPTY_MAP])


def _witness(world: World, output: Output) -> bytes:
    """Kind 0 for a key, 2 for a voucher."""
    owner = output.address.owner
    assert isinstance(owner, ByronKey)
    signed = cbor.array([cbor.bstr(owner.xpub), cbor.bstr(world.dice.bytes(64))])
    return cbor.array([cbor.uint(owner.kind), cbor.embedded(signed)])


# -- blocks --------------------------------------------------------------------------------------------------------


class RawBlock(NamedTuple):
    """`[era, block]`, the header's offset and size in it, and the header's hash."""

    raw: bytes
    header: tuple[int, int]
    hash: bytes


def make_boundary_block(world: World, previous: bytes, difficulty: int) -> RawBlock:
    """The first slot's leaders, epoch by epoch, as the real chain wrote them; every second epoch has an empty list."""
    ids = [cbor.bstr(byron_key_hash(each.byron.xpub)) for each in world.delegates]
    slots = world.timeline.byron_epoch
    leaders = [] if world.epoch_no % 2 else (ids * (slots // len(ids) + 1))[:slots]
    body = cbor.array_open(leaders)
    consensus = cbor.array([cbor.uint(world.epoch_no), cbor.array([cbor.uint(difficulty)])])
    parts = [cbor.uint(MAGIC), cbor.bstr(previous), cbor.bstr(hash32(body)), consensus, EXTRA]
    header = cbor.array(parts)
    raw = b"\x82\x00" + cbor.array([header, body, EXTRA])
    return RawBlock(raw, (3, len(header)), hash32(b"\x82\x00" + header))


def make_main_block(world: World, previous: bytes, difficulty: int, txs: Sequence[ByronTx]) -> RawBlock:
    payload = cbor.array_open([cbor.array([tx.body, tx.witnesses]) for tx in txs])
    ssc, ssc_proof = _shared_seed(world)
    delegations = cbor.array_open(_delegations(world))
    update = _update(world)
    tx_proof = [
        cbor.uint(len(txs)),
        cbor.bstr(merkle_root([tx.body for tx in txs])),
        cbor.bstr(hash32(cbor.array_open([tx.witnesses for tx in txs]))),
    ]
    proof = cbor.array([cbor.array(tx_proof), ssc_proof, cbor.bstr(hash32(delegations)), cbor.bstr(hash32(update))])
    consensus = _consensus(world, difficulty)
    software = cbor.array([cbor.tstr("cardano-sl"), cbor.uint(world.dice.below(3))])
    version = cbor.array([cbor.uint(world.epoch_no > 2), cbor.uint(0), cbor.uint(0)])
    extra = cbor.array([version, software, cbor.EMPTY_MAP, cbor.bstr(hash32(EXTRA))])
    header = cbor.array([cbor.uint(MAGIC), cbor.bstr(previous), proof, consensus, extra])
    body = cbor.array([payload, ssc, delegations, update])
    raw = b"\x82\x01" + cbor.array([header, body, EXTRA])
    return RawBlock(raw, (3, len(header)), hash32(b"\x82\x01" + header))


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Leaves are hashed behind 0, branches behind 1; the left side is the largest power of two that fits."""
    if not leaves:
        return hash32(b"")
    if len(leaves) == 1:
        return hash32(b"\x00" + leaves[0])
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return hash32(b"\x01" + merkle_root(leaves[:left]) + merkle_root(leaves[left:]))


def _consensus(world: World, difficulty: int) -> bytes:
    """Slot, genesis key, difficulty, and a heavyweight-delegated signature."""
    signer = world.delegates[world.slot % len(world.delegates)]
    epoch, slot = divmod(world.slot, world.timeline.byron_epoch)
    issuer = cbor.bstr(signer.byron.xpub)
    certificate = [cbor.uint(0), issuer, cbor.bstr(signer.byron_delegate.xpub), cbor.bstr(world.dice.bytes(64))]
    signature = cbor.array([cbor.uint(2), cbor.array([cbor.array(certificate), cbor.bstr(world.dice.bytes(64))])])
    return cbor.array([cbor.array([cbor.uint(epoch), cbor.uint(slot)]), issuer, cbor.array([cbor.uint(difficulty)]), signature])


def _shared_seed(world: World) -> tuple[bytes, bytes]:
    """The coin-tossing payload by phase of the epoch, empty as in most real blocks, and its proof."""
    kind = world.slot % world.timeline.byron_epoch * 4 // world.timeline.byron_epoch
    no_certificates = cbor.bstr(hash32(cbor.EMPTY_MAP))
    if kind == 3:
        return cbor.array([cbor.uint(3), NO_SSC]), cbor.array([cbor.uint(3), no_certificates])
    payload = NO_SSC if kind == 0 else cbor.EMPTY_MAP
    proof = [cbor.uint(kind), cbor.bstr(hash32(payload)), no_certificates]
    return cbor.array([cbor.uint(kind), payload, NO_SSC]), cbor.array(proof)


def _delegations(world: World) -> list[bytes]:
    if not world.dice.chance(0.03):
        return []
    signer = world.dice.pick(world.delegates)
    keys = [cbor.bstr(signer.byron.xpub), cbor.bstr(signer.byron_delegate.xpub), cbor.bstr(world.dice.bytes(64))]
    return [cbor.array([cbor.uint(world.epoch_no), *keys])]


def _update(world: World) -> bytes:
    """Now and then a software update is proposed and voted on."""
    dice = world.dice
    if not dice.chance(0.04):
        return cbor.array([cbor.EMPTY_ARRAY, cbor.array_open([])])
    proposer = dice.pick(world.delegates).byron_delegate.xpub
    changes = [cbor.EMPTY_ARRAY] * 14
    changes[2] = cbor.array([cbor.uint(2_000_000)])
    version = cbor.array([cbor.uint(0), cbor.uint(1), cbor.uint(0)])
    installer = cbor.array([cbor.bstr(dice.bytes(32)) for _ in range(4)])
    software = cbor.array([cbor.tstr("csl-daedalus"), cbor.uint(dice.below(9))])
    systems = cbor.mapping([(cbor.tstr("linux64"), installer)])
    signed = [cbor.bstr(proposer), cbor.bstr(dice.bytes(64))]
    proposal = cbor.array([version, cbor.array(changes), software, systems, cbor.EMPTY_MAP, *signed])
    votes = [
        cbor.array([cbor.bstr(each.byron_delegate.xpub), cbor.bstr(hash32(proposal)), cbor.TRUE, cbor.bstr(dice.bytes(64))])
        for each in world.delegates[:4]
    ]
    return cbor.array([cbor.array([proposal]), cbor.array_open(votes)])
