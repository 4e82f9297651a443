"""Native scripts of all six kinds and the credentials and addresses that scripts and keys make."""

from __future__ import annotations

from nectar.cardano.point import Era
from nectar.samplechain import cborwrite as cbor
from nectar.samplechain.keys import (
    ByronKey,
    HeldCredential,
    OwnedAddress,
    SampleScript,
    VerificationKey,
    base_address,
    byron_address,
    credential_of,
    enterprise_address,
    hashed_script,
    pointer_address,
)
from nectar.samplechain.plutusdata import plutus_script
from nectar.samplechain.world import MAGIC, World

KINDS = (
    "base_kk",
    "base_kk",
    "base_kk",
    "base_kk",
    "base_ks",
    "base_sk",
    "base_ss",
    "enterprise_k",
    "enterprise_s",
    "pointer_k",
    "pointer_s",
    "byron",
)
SIGNATURE, ALL, ANY, N_OF_K, AFTER, BEFORE = range(6)


def native_script(world: World) -> SampleScript:
    """A script that can always be satisfied: everybody signs, and time locks lie behind or far ahead."""
    cards = (SIGNATURE, ALL, ANY, N_OF_K, AFTER, BEFORE) if world.era >= Era.ALLEGRA else (SIGNATURE, ALL, ANY, N_OF_K)
    signers: list[VerificationKey] = []
    kind = world.draw("native", cards)
    body = _native(world, kind, 2, signers)
    return hashed_script(0, body, tuple(signers), kind >= ALL)


def _native(world: World, kind: int, depth: int, signers: list[VerificationKey]) -> bytes:
    dice, pen = world.dice, world.pen
    if kind == SIGNATURE:
        signers.append(world.new_key())
        return cbor.array([cbor.uint(0), cbor.bstr(signers[-1].hash)])
    if kind == AFTER:
        return cbor.array([cbor.uint(4), cbor.uint(dice.below(world.slot + 1))])
    if kind == BEFORE:
        return cbor.array([cbor.uint(5), cbor.uint(world.slot + 10**8 + dice.below(10**8))])
    timed = world.era >= Era.ALLEGRA and dice.chance(0.4)
    inner = [_native(world, SIGNATURE, 0, signers) for _ in range(dice.between(1, 3))]
    if timed:
        inner.append(_native(world, dice.pick((AFTER, BEFORE)), 0, signers))
    if depth and dice.chance(0.2):
        inner.append(_native(world, dice.pick((ALL, ANY, N_OF_K)), depth - 1, signers))
    count = [cbor.uint(dice.between(1, len(inner)))] if kind == N_OF_K else []
    return pen.array([cbor.uint(kind), *count, pen.array(inner)])


def new_script(world: World) -> SampleScript:
    """A native script, or from Alonzo on in half of the cases a Plutus script of a language the era knows."""
    languages = world.plutus_languages
    if languages and world.dice.chance(0.5):
        return plutus_script(world.dice, world.draw("language", languages))
    return native_script(world)


def new_address(world: World) -> OwnedAddress:
    """A new address, each kind in turn."""
    kind = world.draw("address", KINDS)
    if kind == "byron":
        return byron_address(new_byron_key(world))
    form, _, who = kind.partition("_")
    payment = credential_of(new_script(world)) if who[0] == "s" else world.new_key_credential()
    if form == "enterprise":
        return enterprise_address(payment)
    if form == "pointer":
        return pointer_address(payment, world.dice.pick(world.pointers))
    return base_address(payment, _stake(world, who[1] == "s"))


def _stake(world: World, script: bool) -> HeldCredential:
    """A stake credential, often a registered one, as wallets use."""
    known = world.pick_registered(set(), script) if world.dice.chance(0.7) else None
    return known or (credential_of(new_script(world)) if script else world.new_key_credential())


def new_byron_key(world: World) -> ByronKey:
    """Random wallets wrote an encrypted derivation path, testnets write their magic, old ones a stake distribution."""
    dice = world.dice
    pairs = []
    if dice.chance(0.1):
        distribution = [cbor.uint(1)] if dice.chance(0.5) else [cbor.uint(0), cbor.bstr(dice.bytes(28))]
        pairs.append((cbor.uint(0), cbor.bstr(cbor.array(distribution))))
    if dice.chance(0.5):
        size = 28 if dice.chance(0.98) else dice.between(200, 1500)
        pairs.append((cbor.uint(1), cbor.bstr(cbor.bstr(dice.bytes(size)))))
    pairs.append((cbor.uint(2), cbor.bstr(cbor.uint(MAGIC))))
    return ByronKey(dice.bytes(64), cbor.mapping(pairs))
