"""Writes transaction outputs, and shares what is left over among change and payments."""

from __future__ import annotations

from nectar.cardano.point import Era
from nectar.samplechain import cborwrite as cbor
from nectar.samplechain.draft import TxDraft
from nectar.samplechain.keys import OwnedAddress, SampleScript, VerificationKey, enterprise_address
from nectar.samplechain.purse import Assets, Output
from nectar.samplechain.scripts import new_address
from nectar.samplechain.tokens import script_output
from nectar.samplechain.world import ADA, World

LEAST = ADA  # of an output without assets
PER_ASSET = ADA // 5
MOST_ASSETS = 24  # of one output, so that values stay below the ledger's 5,000 bytes


def write_output(world: World, output: Output) -> bytes:
    """The legacy array, or from Babbage on the map, which inline datums and scripts need."""
    pen = world.pen
    value = _value(world, output)
    needs_map = output.script is not None or (output.datum is not None and output.datum.inline)
    if world.era < Era.BABBAGE or not (needs_map or world.dice.chance(0.6)):
        legacy = [cbor.bstr(output.address.raw), value]
        return pen.array(legacy if output.datum is None else [*legacy, cbor.bstr(output.datum.hash)])
    pairs = [(b"\x00", cbor.bstr(output.address.raw)), (b"\x01", value)]
    if output.datum is not None:
        inline = output.datum.inline
        option = [b"\x01", cbor.embedded(output.datum.item)] if inline else [b"\x00", cbor.bstr(output.datum.hash)]
        pairs.append((b"\x02", cbor.array(option)))
    if output.script is not None:
        pairs.append((b"\x03", cbor.embedded(output.script.tagged)))
    return pen.map(pairs)


def _value(world: World, output: Output) -> bytes:
    coin = world.pen.coin(output.coin)
    return cbor.array([coin, write_assets(world, output.assets)]) if output.assets else coin


def write_assets(world: World, assets: Assets) -> bytes:
    """`multiasset`: policy to name to quantity, which may be negative in a mint."""
    policies: dict[bytes, list[tuple[bytes, bytes]]] = {}
    for (policy, name), quantity in assets.items():
        policies.setdefault(policy, []).append((cbor.bstr(name), cbor.integer(quantity)))
    return world.pen.map([(cbor.bstr(p), world.pen.map(names)) for p, names in policies.items()])


def least_coin(assets: Assets) -> int:
    return LEAST + PER_ASSET * len(assets)


def leftover_assets(draft: TxDraft) -> Assets:
    """Inputs plus mint, less what fixed outputs already hold."""
    left: Assets = {}
    for output in draft.inputs:
        for asset, quantity in output.assets.items():
            left[asset] = left.get(asset, 0) + quantity
    for asset, quantity in draft.mint.items():
        left[asset] = left.get(asset, 0) + quantity
    for output in draft.outputs:
        for asset, quantity in output.assets.items():
            left[asset] -= quantity
    return {asset: quantity for asset, quantity in left.items() if quantity}


def deal_assets(world: World, assets: Assets, outputs: int) -> list[Assets]:
    """Each asset goes to one output, or is split between two."""
    dice = world.dice
    hands: list[Assets] = [{} for _ in range(outputs)]
    for asset, quantity in assets.items():
        first = _roomy(hands, dice.below(outputs))
        part = dice.between(1, min(quantity, 1 << 50)) if dice.chance(0.3) else quantity
        hands[first][asset] = part
        if quantity > part:
            second = hands[(first + 1) % outputs]
            second[asset] = second.get(asset, 0) + quantity - part
    return hands


def _roomy(hands: list[Assets], wanted: int) -> int:
    for i in range(len(hands)):
        place = (wanted + i) % len(hands)
        if len(hands[place]) < MOST_ASSETS:
            return place
    return wanted


def share_out(draft: TxDraft, coin: int, assets: Assets) -> list[Output]:
    """One to five outputs that hold exactly `coin` and `assets`; at least one, since fees need change to come from."""
    world, dice = draft.world, draft.world.dice
    count = dice.pick((1, 2, 2, 2, 3, 5)) + len(assets) // MOST_ASSETS
    hands = deal_assets(world, assets, count)
    while len(hands) > 1 and sum(map(least_coin, hands)) > coin:
        last = hands.pop()
        for asset, quantity in last.items():
            hands[0][asset] = hands[0].get(asset, 0) + quantity
    spare = coin - sum(map(least_coin, hands))
    outputs = []
    for i, hand in enumerate(hands):
        is_change = i == len(hands) - 1
        extra = spare if is_change else int(spare * dice.random() ** 2)
        spare -= extra
        address = change_address(world) if is_change else receiver(world)
        outputs.append(script_output(draft, Output(address, least_coin(hand) + extra, hand)))
    return dice.shuffled(outputs)


def change_address(world: World) -> OwnedAddress:
    """The largest share goes to a key in most cases, so that money stays spendable."""
    for _ in range(4):
        address = receiver(world)
        if isinstance(address.owner, VerificationKey):
            return address
    return receiver(world)


def receiver(world: World) -> OwnedAddress:
    """An address: in most cases one that received before."""
    dice = world.dice
    if len(world.receivers) > 50 and dice.chance(0.75):
        return dice.pick(world.receivers)
    if dice.chance(0.3):
        return enterprise_address(world.new_key_credential())
    address = new_address(world)
    owner = address.owner
    rare = isinstance(owner, SampleScript) or not isinstance(owner, VerificationKey)
    return address if rare and dice.chance(0.6) else world.remember(address)
