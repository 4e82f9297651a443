"""Mints, burns and Plutus spending: features that touch inputs, outputs and scripts (Mary, Alonzo, Babbage)."""

from __future__ import annotations

from nectar.cardano.point import Era
from nectar.samplechain.draft import MINT, TxDraft
from nectar.samplechain.keys import HeldCredential, SampleScript, base_address, credential_of, enterprise_address
from nectar.samplechain.plutusdata import new_datum, plutus_script
from nectar.samplechain.purse import Output
from nectar.samplechain.scripts import native_script, new_script
from nectar.samplechain.world import ADA, REMEMBERED, World

MAX_MINT = (1 << 63) - 1
MAX_QUANTITY = (1 << 64) - 1
COLLATERAL = 5 * ADA
NAMES = (b"", b"\x00", b"HONEY", b"\xff\xfe\x00not utf-8\xc3", "蜂蜜".encode(), b"\x00\x06\x43\xb0ref", b"\x00\x0d\xe1\x40nft")
WHALE = "whale"
QUANTITIES = (*(1,) * 12, *(0,) * 7, MAX_MINT)  # 0: any
MOST_PUBLISHED = 60


def _policy(draft: TxDraft) -> SampleScript | None:
    """A known policy in half of the cases, else a new one; Plutus ones need collateral."""
    world = draft.world
    known = list(world.policies.values())
    script = world.dice.pick(known) if len(known) > 3 and world.dice.chance(0.5) else new_script(world)
    if script.language and not draft.secure_collateral():
        script = native_script(world)
    return script


def _use_policy(draft: TxDraft, script: SampleScript) -> None:
    if not any(policy == script.hash for policy, _ in draft.mint):
        draft.use(script, MINT, script.hash)
    world = draft.world

    def effect(_: bytes) -> None:
        world.policies[script.hash] = script
        if len(world.policies) > REMEMBERED:
            del world.policies[next(iter(world.policies))]

    draft.then(effect)


def _asset_name(world: World) -> bytes:
    dice = world.dice
    return dice.pick(NAMES) if dice.chance(0.4) else dice.bytes(dice.pick((1, 4, 16, 31, 32, 32)))


def mint(draft: TxDraft) -> bool:
    """One asset or a whole collection, quantities from 1 to 2^63-1."""
    world, dice = draft.world, draft.world.dice
    if not draft.afford(10 * ADA):
        return False
    script = _policy(draft)
    if script is None:
        return False
    quantities: dict[bytes, int] = {}
    for _ in range(dice.pick((1, 1, 1, 2, 3, 12))):
        name = _asset_name(world)
        quantity = world.draw("quantity", QUANTITIES) or dice.skewed(1, 10**15)
        if world.supply.get((script.hash, name), 0) + quantity <= MAX_QUANTITY:
            quantities[name] = quantity
    quantities = {n: q for n, q in quantities.items() if (script.hash, n) not in draft.mint}
    if not quantities:
        return False
    _use_policy(draft, script)
    for name, quantity in quantities.items():
        draft.mint[script.hash, name] = quantity
    return True


def burn(draft: TxDraft) -> bool:
    """Burns an asset of the inputs, all of it or a part."""
    world, dice = draft.world, draft.world.dice
    for _ in range(6):
        for output in draft.inputs:
            for asset in output.assets:
                script = world.policies.get(asset[0])
                if script is None or asset in draft.mint or (script.language and not draft.secure_collateral()):
                    continue
                quantity = output.assets[asset] if dice.chance(0.8) else dice.between(1, min(output.assets[asset], 10**6))
                _use_policy(draft, script)
                draft.mint[asset] = -min(quantity, MAX_MINT)
                return True
        if not draft.spend_any():
            return False
    return False


def whale(draft: TxDraft) -> bool:
    """One asset climbs to a single output of 2^64-1, in three mints, and is then burned by 2^63-1."""
    world, bag = draft.world, draft.world.purse.bag(WHALE)
    if not draft.afford(10 * ADA):
        return False
    if not len(bag):
        script = native_script(world)
        asset, held, old = (script.hash, b"whale"), 0, None
    else:
        old = next(iter(bag))
        asset, held = next(iter(old.assets.items()))
        known = world.policies.get(asset[0])
        if known is None:
            return False
        script = known
        draft.spend(old)
    change = -MAX_MINT if held == MAX_QUANTITY else min(MAX_MINT, MAX_QUANTITY - held)
    _use_policy(draft, script)
    draft.mint[asset] = change
    address = old.address if old else base_address(world.new_key_credential(), world.new_key_credential())
    draft.outputs.append(Output(address, 3 * ADA, {asset: held + change}, bag=WHALE))
    return True


# -- scripts -------------------------------------------------------------------------------------------------------


def spend_native(draft: TxDraft) -> bool:
    bag = draft.world.purse.bag("script0")
    if not len(bag):
        return False
    draft.spend(bag.pick(draft.world.dice))
    return True


def spend_plutus(draft: TxDraft) -> bool:
    """Runs one to three validators, of any language of the era."""
    world, spent = draft.world, False
    for _ in range(world.dice.pick((1, 1, 2, 3))):
        language = world.draw("spend", world.plutus_languages)
        bag = world.purse.bag(f"script{language}")
        if len(bag) and draft.secure_collateral():
            draft.spend(bag.pick(world.dice))
            spent = True
    return spent


def lock(draft: TxDraft) -> bool:
    """Pay to a Plutus script with a datum: by hash, or inline from Babbage on; PlutusV3 needs none."""
    world = draft.world
    if not draft.afford(200 * ADA):
        return False
    language = world.draw("lock", world.plutus_languages)
    payment = credential_of(plutus_script(world.dice, language))
    address = enterprise_address(payment) if world.dice.chance(0.5) else base_address(payment, _any_stake(world))
    draft.outputs.append(script_output(draft, Output(address, world.dice.between(3, 150) * ADA)))
    return True


def _any_stake(world: World) -> HeldCredential:
    return world.pick_registered(set()) or world.new_key_credential()


def script_output(draft: TxDraft, output: Output) -> Output:
    """Give an output at a Plutus script the datum that lets it be spent."""
    world, owner = draft.world, output.address.owner
    if isinstance(owner, SampleScript) and owner.language and not (owner.language == 3 and world.dice.chance(0.3)):
        inline = world.era >= Era.BABBAGE and world.dice.chance(0.5)
        output.datum = new_datum(world.dice, inline)
    return output


def publish(draft: TxDraft) -> bool:
    """An output that carries a script for others to refer to."""
    world = draft.world
    if not draft.afford(200 * ADA):
        return False
    old = world.purse.bag("reference")
    if len(old) > MOST_PUBLISHED:
        draft.spend(old.pick(world.dice))
    kind = world.draw("publish", (0, *world.plutus_languages))
    script = native_script(world) if kind == 0 else plutus_script(world.dice, kind)
    if world.dice.chance(0.5):  # better a script that locks an output
        locked = world.purse.bag(f"script{kind}")
        owner = locked.pick(world.dice).address.owner if len(locked) else script
        script = owner if isinstance(owner, SampleScript) else script
    address = base_address(world.new_key_credential(), world.new_key_credential())
    output = Output(address, world.dice.between(5, 60) * ADA, script=script)
    if world.dice.chance(0.2):
        output.datum = new_datum(world.dice, True)
    draft.outputs.append(output)
    return True


def refer(draft: TxDraft) -> bool:
    """Reference inputs: other people's outputs, read and not spent."""
    world = draft.world
    for _ in range(world.dice.between(1, 3)):
        bag = world.purse.bag(world.dice.pick(("reference", "key", "script2", "script3")))
        if len(bag):
            output = bag.pick(world.dice)
            if output not in draft.references:
                draft.references.append(output)
    return bool(draft.references)


def attach_datum(draft: TxDraft) -> bool:
    """A datum on an output at a plain address: only its hash, or inline."""
    world = draft.world
    if not draft.afford(10 * ADA):
        return False
    address = enterprise_address(world.new_key_credential())
    inline = world.era >= Era.BABBAGE and world.dice.chance(0.5)
    draft.outputs.append(Output(address, 3 * ADA, datum=new_datum(world.dice, inline)))
    return True


def set_aside_collateral(draft: TxDraft) -> bool:
    """Small outputs without assets, as wallets keep for their scripts."""
    if not draft.afford(4 * COLLATERAL):
        return False
    for _ in range(draft.world.dice.between(2, 4)):
        address = enterprise_address(draft.world.new_key_credential())
        draft.outputs.append(Output(address, COLLATERAL, bag="collateral"))
    return True


def fail(draft: TxDraft) -> bool:
    """The scripts refuse: phase-2 validation fails and the collateral is taken."""
    if not draft.runs and not spend_plutus(draft):
        return False
    draft.valid = False
    return True
