"""The features of each era: the cards that its transactions are dealt."""

from __future__ import annotations

from nectar.cardano.point import Era
from nectar.samplechain import governing, pooling, tokens
from nectar.samplechain.draft import Feature, TxDraft
from nectar.samplechain.metadata import pick_labels
from nectar.samplechain.params import propose_update
from nectar.samplechain.plutusdata import plutus_script
from nectar.samplechain.scripts import native_script

LABELS = (721, 721, 20, 674, 674, 0, 1, 1967, (1 << 64) - 1, -1)
Card = tuple[str, Feature]


def attach_metadata(draft: TxDraft) -> bool:
    """Metadata under the usual labels; -1 stands for a random one."""
    world = draft.world
    draft.labels = pick_labels(world.dice, lambda: world.draw("label", LABELS))
    return True


def attach_scripts(draft: TxDraft) -> bool:
    """Scripts in the auxiliary data, with or without metadata: the array and the tagged shape."""
    world = draft.world
    draft.auxiliary_scripts = [native_script(world) for _ in range(world.dice.between(0, 2))]
    languages = world.plutus_languages
    plutus = len(languages) > 0 and world.draw("auxiliary plutus", (False, True))
    for language in languages if plutus else ():
        if world.dice.chance(0.6):
            draft.auxiliary_scripts.append(plutus_script(world.dice, language))
    return bool(draft.auxiliary_scripts)


def require_signers(draft: TxDraft) -> bool:
    keys = [draft.world.new_key() for _ in range(draft.world.dice.between(1, 3))]
    draft.required = {key.hash: key for key in keys}
    draft.signers.update(draft.required)
    return True


def bound_validity(draft: TxDraft) -> bool:
    draft.timed = True
    return True


def name_network(draft: TxDraft) -> bool:
    draft.network_id = True
    return True


def payment_only(_: TxDraft) -> bool:
    """Nothing but a payment."""
    return True


STAKING: tuple[Card, ...] = (
    *(("payment", payment_only),) * 6,
    ("metadata", attach_metadata),
    ("metadata", attach_metadata),
    ("stake registration", pooling.register_stake),
    ("stake registration", pooling.register_stake),
    ("stake deregistration", pooling.deregister_stake),
    ("stake delegation", pooling.delegate_stake),
    ("stake delegation", pooling.delegate_stake),
    ("pool registration", pooling.register_pool),
    ("pool update", pooling.update_pool),
    ("pool retirement", pooling.retire_pool),
    ("withdrawal", pooling.withdraw),
    ("native script input", tokens.spend_native),
)
FEDERATED: tuple[Card, ...] = (
    ("genesis delegation", pooling.delegate_genesis),
    ("rewards from reserves", pooling.reward_from(0)),
    ("rewards from treasury", pooling.reward_from(1)),
    ("parameter update", propose_update),
)
POTS: tuple[Card, ...] = (
    ("reserves to treasury", pooling.move_pot(0)),
    ("treasury to reserves", pooling.move_pot(1)),
)
LOCKING: tuple[Card, ...] = (("validity interval", bound_validity), ("auxiliary scripts", attach_scripts))
MINTING: tuple[Card, ...] = (
    ("mint", tokens.mint),
    ("mint", tokens.mint),
    ("burn", tokens.burn),
    ("whale", tokens.whale),
)
PLUTUS: tuple[Card, ...] = (
    ("collateral set aside", tokens.set_aside_collateral),
    ("lock", tokens.lock),
    ("lock", tokens.lock),
    ("plutus input", tokens.spend_plutus),
    ("plutus input", tokens.spend_plutus),
    ("failed script", tokens.fail),
    ("required signers", require_signers),
    ("network id", name_network),
    ("datum", tokens.attach_datum),
)
REFERENCES: tuple[Card, ...] = (("reference script", tokens.publish), ("reference inputs", tokens.refer))
VOTING: tuple[Card, ...] = (
    ("registration with deposit", governing.stake_certificate(7, register=True)),
    ("deregistration with deposit", governing.unregister_stake),
    ("vote delegation", governing.stake_certificate(9, vote=True)),
    ("vote delegation", governing.stake_certificate(9, vote=True)),
    ("stake and vote delegation", governing.stake_certificate(10, pool=True, vote=True)),
    ("registration and stake delegation", governing.stake_certificate(11, pool=True, register=True)),
    ("registration and vote delegation", governing.stake_certificate(12, vote=True, register=True)),
    ("registration and both", governing.stake_certificate(13, pool=True, vote=True, register=True)),
    ("hot key", governing.authorise_hot),
    ("hot key", governing.authorise_hot),
    ("resignation", governing.resign_cold),
    ("drep registration", governing.register_drep),
    ("drep registration", governing.register_drep),
    ("drep deregistration", governing.unregister_drep),
    ("drep update", governing.update_drep),
    ("vote", governing.vote),
    ("vote", governing.vote),
    ("vote", governing.vote),
    ("donation", governing.donate),
    ("treasury value", governing.state_treasury),
    *((f"proposal {kind}", governing.propose_action(kind)) for kind in range(7)),
)


def cards_of(era: Era) -> tuple[Card, ...]:
    """The deck of an era, Shelley or later."""
    cards = STAKING
    cards += LOCKING if era >= Era.ALLEGRA else ()
    cards += MINTING if era >= Era.MARY else ()
    cards += PLUTUS if era >= Era.ALONZO else ()
    cards += REFERENCES if era >= Era.BABBAGE else ()
    if era >= Era.CONWAY:
        return cards + VOTING
    return cards + FEDERATED + (POTS if era >= Era.ALONZO else ())
