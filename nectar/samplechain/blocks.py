"""Blocks of Shelley and later eras: transactions dealt from the era's deck, and a header.

The body hash is blake2b-256 of the concatenated hashes of the block's segments (three before Alonzo, four since); the
body size is their length.
"""

from __future__ import annotations

from collections.abc import Sequence

from nectar.cardano.point import Era
from nectar.errors import FatalError
from nectar.samplechain import cborwrite as cbor
from nectar.samplechain.byron import RawBlock
from nectar.samplechain.draft import TxDraft
from nectar.samplechain.features import cards_of
from nectar.samplechain.keys import VerificationKey, hash32
from nectar.samplechain.outputs import PER_ASSET
from nectar.samplechain.seal import SealedTx, seal_tx
from nectar.samplechain.world import World

LARGEST_BODY = 70_000  # with one more transaction still below the limit of the genesis file
BUSY = 60
SLOTS_PER_KES_PERIOD = 129_600
VERSIONS = {
    Era.SHELLEY: ((2, 0),),
    Era.ALLEGRA: ((3, 0),),
    Era.MARY: ((4, 0),),
    Era.ALONZO: ((5, 0), (6, 0)),
    Era.BABBAGE: ((7, 0), (7, 2), (8, 0)),
    Era.CONWAY: ((9, 0), (9, 1), (10, 0)),
}


def transactions_wanted(world: World) -> int:
    """One block in five is empty, one in fifty is busy, the others hold a few."""
    wanted = world.draw("transactions", (*(0,) * 10, BUSY, *(1, 1, 2, 2, 3, 4) * 6, 2, 1, 3))
    return world.dice.between(20, BUSY) if wanted == BUSY else wanted


def make_tx(world: World) -> SealedTx:
    """A transaction of some inputs and one to three features. A feature that cannot be played now goes back into the deck."""
    dice = world.dice
    draft = TxDraft(world)
    crowded = len(world.purse.bag("key")) > 2000
    for _ in range(dice.pick((1, 3, 5) if crowded else (1, 1, 2, 3))):
        draft.spend_any()
    deck = world.deck("features", lambda: cards_of(world.era))
    for _ in range(dice.pick((1, 1, 2, 3))):
        card = deck.draw()
        name, feature = card
        if feature(draft):
            draft.names.append(name)
        else:
            deck.put_back(card)
    while not draft.afford(PER_ASSET * sum(len(o.assets) for o in draft.inputs)):
        if not draft.spend_any():
            raise FatalError(
                "the sample chain ran out of money to spend",
                where=f"slot {world.slot}",
                hint="another seed, or fewer blocks",
                code="NEC-G004",
            )
    return seal_tx(draft)


def make_block(world: World, previous: bytes, block_no: int, txs: Sequence[SealedTx]) -> RawBlock:
    pen = world.pen
    auxiliary = [(cbor.uint(i), tx.auxiliary) for i, tx in enumerate(txs) if tx.auxiliary]
    segments = [pen.array([tx.body for tx in txs]), pen.array([tx.witnesses for tx in txs]), pen.map(auxiliary)]
    if world.era >= Era.ALONZO:
        segments.append(pen.array([cbor.uint(i) for i, tx in enumerate(txs) if not tx.draft.valid]))
    body_hash = hash32(b"".join(hash32(segment) for segment in segments))
    header = _header(world, previous, block_no, sum(map(len, segments)), body_hash)
    raw = b"\x82" + cbor.uint(world.era) + cbor.array([header, *segments])
    return RawBlock(raw, (3, len(header)), hash32(header))


def _issuer(world: World) -> VerificationKey:
    """Genesis delegates at first, pools more and more."""
    by_pool = {Era.SHELLEY: 0.4, Era.ALLEGRA: 0.8}.get(world.era, 1.0)
    if len(world.pools) and world.dice.chance(by_pool):
        return world.pools.pick(world.dice)
    return world.dice.pick(world.delegates).delegate


def _header(world: World, previous: bytes, block_no: int, size: int, body_hash: bytes) -> bytes:
    dice = world.dice
    issuer = _issuer(world)
    if dice.chance(0.01):
        world.counters[issuer.hash] = world.counters.get(issuer.hash, 0) + 1
    certificate = [
        cbor.bstr(dice.bytes(32)),
        cbor.uint(world.counters.get(issuer.hash, 0)),
        cbor.uint(world.slot // SLOTS_PER_KES_PERIOD),
        cbor.bstr(dice.bytes(64)),
    ]
    version = [cbor.uint(n) for n in dice.pick(VERSIONS[world.era])]
    praos = world.era >= Era.BABBAGE
    proofs = [_vrf(world)] if praos else [_vrf(world), _vrf(world)]
    tail = [cbor.array(certificate), cbor.array(version)] if praos else [*certificate, *version]
    fields = [
        cbor.uint(block_no),
        cbor.uint(world.slot),
        cbor.bstr(previous),
        cbor.bstr(issuer.vkey),
        cbor.bstr(hash32(issuer.vkey)),  # a VRF key of the issuer's own
        *proofs,
        cbor.uint(size),
        cbor.bstr(body_hash),
        *tail,
    ]
    return cbor.array([cbor.array(fields), cbor.bstr(dice.bytes(448))])


def _vrf(world: World) -> bytes:
    return cbor.array([cbor.bstr(world.dice.bytes(64)), cbor.bstr(world.dice.bytes(80))])
