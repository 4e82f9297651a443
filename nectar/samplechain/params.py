"""Protocol parameter updates: Shelley's by genesis keys, Conway's in proposals; each parameter in turn."""

from __future__ import annotations

from collections.abc import Callable

from nectar.cardano.point import Era
from nectar.samplechain import cborwrite as cbor
from nectar.samplechain.dice import Dice
from nectar.samplechain.draft import TxDraft
from nectar.samplechain.world import ADA, World

COST_MODEL_SIZES = {0: 166, 1: 175, 2: 251}
Writer = Callable[[Dice], bytes]


def cost_model(language: int) -> list[int]:
    """Numbers of the right count and believable size; constant, since the script data hash depends on them."""
    return [(i * 7919 + language * 131 + 100) % 150_000 for i in range(COST_MODEL_SIZES[language])]


def _cost_models(dice: Dice) -> bytes:
    languages = (0,) if dice.chance(0.5) else (0, 1)
    return cbor.mapping([(cbor.uint(n), cbor.array([cbor.integer(c) for c in cost_model(n)])) for n in languages])


def _unit(dice: Dice) -> bytes:
    return cbor.tagged_ratio(dice.below(101), 100)


def _ratio(dice: Dice) -> bytes:
    return cbor.tagged_ratio(dice.below(1000), dice.pick((1, 10, 1000, 10_000_000)))


def _number(low: int, high: int) -> Writer:
    return lambda dice: cbor.uint(dice.between(low, high))


def _many(writer: Writer, count: int) -> Writer:
    return lambda dice: cbor.array([writer(dice) for _ in range(count)])


def _entropy(dice: Dice) -> bytes:
    neutral = dice.chance(0.3)
    return cbor.array([cbor.uint(0)]) if neutral else cbor.array([cbor.uint(1), cbor.bstr(dice.bytes(32))])


EX_UNITS = _many(_number(1, 10**10), 2)
WRITERS: dict[int, Writer] = {
    0: _number(40, 50),
    1: _number(150_000, 160_000),
    2: _number(65_536, 90_112),
    3: _number(8_192, 16_384),
    4: _number(1_000, 1_100),
    5: _number(ADA, 3 * ADA),
    6: _number(400 * ADA, 500 * ADA),
    7: _number(1, 18),
    8: _number(100, 500),
    9: _ratio,
    10: _unit,
    11: _unit,
    12: _unit,
    13: _entropy,
    14: _many(_number(2, 9), 2),
    15: _number(ADA, 2 * ADA),
    16: _number(170 * ADA, 340 * ADA),
    17: _number(4_310, 34_482),
    18: _cost_models,
    19: _many(_ratio, 2),
    20: EX_UNITS,
    21: EX_UNITS,
    22: _number(4_000, 5_000),
    23: _number(100, 200),
    24: _number(1, 5),
    25: _many(_unit, 5),
    26: _many(_unit, 10),
    27: _number(0, 7),
    28: _number(50, 300),
    29: _number(3, 30),
    30: _number(1_000 * ADA, 100_000 * ADA),
    31: _number(100 * ADA, 500 * ADA),
    32: _number(5, 40),
    33: _ratio,
}


def parameters_of(era: Era) -> tuple[int, ...]:
    """Keys of `protocol_param_update` in each era's CDDL."""
    shelley = tuple(range(16)) if era < Era.ALONZO else tuple(range(15 if era is Era.ALONZO else 12))
    if era is Era.BABBAGE:
        shelley += (14,)
    if era < Era.ALONZO:
        return shelley + ((16,) if era >= Era.ALLEGRA else ())
    if era < Era.CONWAY:
        return (*shelley, *range(16, 25))
    return (*range(12), *range(16, 34))


def parameter_map(world: World) -> bytes:
    """One to four parameters, each in its turn."""
    deck = world.deck("parameters", lambda: parameters_of(world.era))
    chosen = sorted({deck.draw() for _ in range(world.dice.between(1, 4))})
    return world.pen.map([(cbor.uint(key), WRITERS[key](world.dice)) for key in chosen])


def propose_update(draft: TxDraft) -> bool:
    """`update` of a transaction body: some genesis keys propose for this epoch or the next."""
    if draft.update is not None:
        return False
    world, dice = draft.world, draft.world.dice
    proposers = dice.shuffled(world.delegates)[: dice.between(1, len(world.delegates))]
    same = parameter_map(world)
    for each in proposers:
        draft.signers[each.delegate.hash] = each.delegate
    proposals = [(cbor.bstr(each.genesis.hash), same) for each in proposers]
    epoch = cbor.uint(world.epoch_no + dice.below(2))
    draft.update = cbor.array([world.pen.map(proposals), epoch])
    return True
