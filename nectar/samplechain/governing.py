"""Conway: certificates with deposits, DReps, the committee, proposals of all seven actions, votes (conway.cddl)."""

from __future__ import annotations

from nectar.samplechain import cborwrite as cbor
from nectar.samplechain.draft import PROPOSE, VOTE, Feature, TxDraft
from nectar.samplechain.keys import HeldCredential, credential_of, reward_account
from nectar.samplechain.params import parameter_map
from nectar.samplechain.pooling import new_credential, note_deregistration, note_registration, willing
from nectar.samplechain.scripts import new_script
from nectar.samplechain.world import ACTION_DEPOSIT, ADA, DREP_DEPOSIT, KEY_DEPOSIT, ProposedAction, World

DREP_KINDS = ("key", "script", "abstain", "no confidence")
FEWEST_DREPS = 4
VOTERS = ("committee key", "committee script", "drep key", "drep script", "pool")


def new_anchor(world: World) -> bytes:
    url = f"https://gov.example/{world.dice.below(500)}.jsonld"
    return cbor.array([cbor.tstr(url), cbor.bstr(world.dice.bytes(32))])


def maybe_anchor(world: World) -> bytes:
    return new_anchor(world) if world.dice.chance(0.6) else cbor.NULL


def pick_drep(world: World) -> bytes:
    """`drep` of the CDDL, all four kinds in turn."""
    kind = world.draw("drep", DREP_KINDS)
    if kind in ("abstain", "no confidence"):
        return b"\x81" + (b"\x02" if kind == "abstain" else b"\x03")
    known = _drep_of(world, kind == "script")
    return (known or new_credential(world)).item


def _drep_of(world: World, script: bool) -> HeldCredential | None:
    fitting = [c for c in world.dreps if c.script is script]
    return world.dice.pick(fitting) if fitting else None


def stake_certificate(number: int, *, pool: bool = False, vote: bool = False, register: bool = False) -> Feature:
    """Certificates 7 and 9-13: any mix of registration (with deposit), delegation and vote delegation."""

    def feature(draft: TxDraft) -> bool:
        world = draft.world
        if register and not draft.afford(KEY_DEPOSIT):
            return False
        credential: HeldCredential | None = new_credential(world) if register else willing(draft)
        if credential is None or credential.hash in draft.touched or not draft.may_run(credential):
            return False
        parts = [cbor.uint(number), credential.item]
        parts += [cbor.bstr(world.pools.pick(world.dice).hash)] if pool else []
        parts += [pick_drep(world)] if vote else []
        parts += [cbor.uint(KEY_DEPOSIT)] if register else []
        draft.certify(cbor.array(parts), credential)
        if register:
            note_registration(draft, credential, KEY_DEPOSIT)
        return True

    return feature


def unregister_stake(draft: TxDraft) -> bool:
    credential = willing(draft)
    if credential is None or len(draft.world.registered) < 20:
        return False
    deposit = draft.world.stakes[credential]
    draft.certify(cbor.array([cbor.uint(8), credential.item, cbor.uint(deposit)]), credential)
    note_deregistration(draft, credential)
    return True


def authorise_hot(draft: TxDraft) -> bool:
    world = draft.world
    cold = world.cold.pick(world.dice) if len(world.cold) else None
    if cold is None or cold.hash in draft.touched or not draft.may_run(cold):
        return False
    hot = credential_of(new_script(world)) if world.draw("hot", (False, True)) else world.new_key_credential()
    draft.certify(cbor.array([cbor.uint(14), cold.item, hot.item]), cold)

    def effect(_: bytes) -> None:
        world.hot[cold] = hot

    draft.then(effect)
    return True


def resign_cold(draft: TxDraft) -> bool:
    """A committee member resigns; another is elected at once, so that the committee never becomes empty."""
    world = draft.world
    cold = world.cold.pick(world.dice)
    if len(world.hot) < 2 or cold.hash in draft.touched or not draft.may_run(cold):
        return False
    draft.certify(cbor.array([cbor.uint(15), cold.item, maybe_anchor(world)]), cold)
    successor = new_credential(world)

    def effect(_: bytes) -> None:
        world.cold.discard(cold)
        world.hot.pop(cold, None)
        world.cold.add(successor)

    draft.then(effect)
    return True


def register_drep(draft: TxDraft) -> bool:
    world = draft.world
    new = credential_of(new_script(world)) if world.draw("new drep", (False, True)) else world.new_key_credential()
    known = new in world.dreps or new.hash in draft.touched
    if known or not draft.afford(DREP_DEPOSIT) or not draft.may_run(new):
        return False
    draft.certify(cbor.array([cbor.uint(16), new.item, cbor.uint(DREP_DEPOSIT), maybe_anchor(world)]), new)
    draft.deposit += DREP_DEPOSIT
    draft.then(lambda _: world.dreps.add(new))
    return True


def _willing_drep(draft: TxDraft) -> HeldCredential | None:
    world = draft.world
    known = world.dreps.pick(world.dice) if len(world.dreps) else None
    return None if known is None or known.hash in draft.touched or not draft.may_run(known) else known


def unregister_drep(draft: TxDraft) -> bool:
    world, known = draft.world, _willing_drep(draft)
    if known is None or len(world.dreps) <= FEWEST_DREPS:
        return False
    draft.certify(cbor.array([cbor.uint(17), known.item, cbor.uint(DREP_DEPOSIT)]), known)
    draft.refund += DREP_DEPOSIT
    draft.then(lambda _: world.dreps.discard(known))
    return True


def update_drep(draft: TxDraft) -> bool:
    known = _willing_drep(draft)
    if known is None:
        return False
    draft.certify(cbor.array([cbor.uint(18), known.item, maybe_anchor(draft.world)]), known)
    return True


# -- proposals -----------------------------------------------------------------------------------------------------


def propose_action(kind: int) -> Feature:
    """A governance action: 0 parameters, 1 hard fork, 2 treasury, 3 no confidence, 4 committee, 5 constitution, 6 info."""

    def feature(draft: TxDraft) -> bool:
        world = draft.world
        account = world.pick_registered(set())
        guarded = kind in (0, 2) and world.guardrail is not None and world.dice.chance(0.6)
        if account is None or not draft.afford(ACTION_DEPOSIT) or (guarded and not draft.secure_collateral()):
            return False
        index = len(draft.proposals)
        if guarded and world.guardrail is not None:
            draft.use(world.guardrail, PROPOSE, index)
        action = cbor.array([cbor.uint(kind), *_action_parts(world, kind, guarded)])
        parts = [cbor.uint(ACTION_DEPOSIT), cbor.bstr(reward_account(account)), action, new_anchor(world)]
        draft.proposals.append(cbor.array(parts))
        draft.deposit += ACTION_DEPOSIT

        def effect(tx_id: bytes) -> None:
            world.remember_action(ProposedAction(tx_id, index, kind))
            world.owed += ACTION_DEPOSIT

        draft.then(effect)
        return True

    return feature


def _action_parts(world: World, kind: int, guarded: bool) -> list[bytes]:
    guardrail = cbor.bstr(world.guardrail.hash) if guarded and world.guardrail is not None else cbor.NULL
    if kind == 2:
        accounts = [c for c in (world.pick_registered(set()) for _ in range(2)) if c is not None]
        paid = {reward_account(c): cbor.uint(world.dice.between(1, 10**6) * ADA) for c in accounts}
        return [world.pen.map([(cbor.bstr(a), coin) for a, coin in paid.items()]), guardrail]
    if kind == 6:
        return []
    previous = _previous(world, kind)
    if kind == 0:
        return [previous, parameter_map(world), guardrail]
    if kind == 1:
        return [previous, cbor.array([cbor.uint(10), cbor.uint(world.dice.below(3))])]
    if kind == 4:
        return [previous, *_committee(world)]
    if kind == 5:
        constitution = [new_anchor(world), cbor.bstr(world.dice.bytes(28)) if world.dice.chance(0.5) else cbor.NULL]
        return [previous, cbor.array(constitution)]
    return [previous]


def _previous(world: World, kind: int) -> bytes:
    """An earlier action of the same purpose, or none."""
    same = [a for a in world.actions if a.kind == kind]
    if not same or world.dice.chance(0.3):
        return cbor.NULL
    return _action_id(world.dice.pick(same))


def _action_id(action: ProposedAction) -> bytes:
    return cbor.array([cbor.bstr(action.tx_id), cbor.uint(action.place)])


def _committee(world: World) -> list[bytes]:
    dice = world.dice
    removed = [world.cold.pick(dice).item] if len(world.cold) and dice.chance(0.5) else []
    added = [(new_credential(world).item, cbor.uint(world.epoch_no + dice.between(1, 100))) for _ in range(dice.below(4))]
    return [world.pen.set(removed), world.pen.map(added), cbor.tagged_ratio(2, 3)]


# -- votes ---------------------------------------------------------------------------------------------------------


def vote(draft: TxDraft) -> bool:
    """One to three voters, of all five credentials in turn, on one to three actions."""
    world = draft.world
    if not world.actions:
        return False
    voted = False
    for _ in range(world.dice.pick((1, 1, 2, 3))):
        deck = world.deck("voter", lambda: VOTERS)
        kind = deck.draw()
        voter = _voter(world, kind)
        if voter is None or not draft.may_run(voter):
            deck.put_back(kind)
            continue
        key = (VOTERS.index(kind), voter.hash)
        if key in draft.votes:
            continue
        draft.votes[key] = _ballots(world)
        draft.authorise(voter, VOTE, key)
        voted = True
    return voted


def _voter(world: World, kind: str) -> HeldCredential | None:
    if kind == "pool":
        return credential_of(world.pools.pick(world.dice))
    script = kind.endswith("script")
    if kind.startswith("drep"):
        return _drep_of(world, script)
    fitting = [hot for hot in world.hot.values() if hot.script is script]
    return world.dice.pick(fitting) if fitting else None


def _ballots(world: World) -> list[tuple[bytes, bytes]]:
    chosen = {world.dice.pick(world.actions[-30:]) for _ in range(world.dice.pick((1, 1, 2, 3)))}
    answers = [cbor.array([cbor.uint(world.draw("vote", (0, 1, 2))), maybe_anchor(world)]) for _ in chosen]
    return [(_action_id(a), answer) for a, answer in zip(sorted(chosen), answers, strict=True)]


def donate(draft: TxDraft) -> bool:
    amount = draft.world.dice.between(1, 5000) * ADA
    if draft.donation or not draft.afford(amount):
        return False
    draft.donation = amount
    return True


def state_treasury(draft: TxDraft) -> bool:
    """The current treasury value, as scripts may ask for it. The generator does not track it: the value is only plausible."""
    draft.treasury = draft.world.dice.between(10**9, 10**15)
    return True
