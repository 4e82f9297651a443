"""Stake pools, stake certificates, instantaneous rewards and parameter updates: what Shelley brought (shelley.cddl)."""

from __future__ import annotations

from nectar.cardano.point import Era
from nectar.samplechain import cborwrite as cbor
from nectar.samplechain.draft import REWARD, Feature, TxDraft
from nectar.samplechain.keys import HeldCredential, VerificationKey, credential_of, hash32, reward_account
from nectar.samplechain.scripts import new_script
from nectar.samplechain.world import ADA, KEY_DEPOSIT, POOL_DEPOSIT, Delegate, World

RELAYS = ("ipv4", "ipv6", "both", "no address", "no port", "name", "name without port", "service", "none", "many")
FEWEST_POOLS = 3


def new_credential(world: World) -> HeldCredential:
    """A new credential: a key in two of three cases, else a script. It is never one in use (a bare time lock may recur)."""
    if world.dice.chance(0.33):
        script = credential_of(new_script(world))
        if script not in world.stakes and script not in world.dreps:
            return script
    return world.new_key_credential()


def note_registration(draft: TxDraft, credential: HeldCredential, deposit: int) -> None:
    world, pointer = draft.world, (draft.world.slot, draft.world.tx_index, len(draft.certificates) - 1)
    draft.deposit += deposit

    def effect(_: bytes) -> None:
        world.stakes[credential] = deposit
        world.registered.add(credential)
        world.pointers.append(pointer)
        del world.pointers[:-50]

    draft.then(effect)


def note_deregistration(draft: TxDraft, credential: HeldCredential) -> int:
    world, deposit = draft.world, draft.world.stakes[credential]
    draft.refund += deposit

    def effect(_: bytes) -> None:
        del world.stakes[credential]
        world.registered.remove(credential)

    draft.then(effect)
    return deposit


def register_stake(draft: TxDraft) -> bool:
    if not draft.afford(KEY_DEPOSIT):
        return False
    credential = new_credential(draft.world)
    if credential.hash in draft.touched:
        return False
    draft.touched.add(credential.hash)
    draft.certify(cbor.array([cbor.uint(0), credential.item]), None)
    note_registration(draft, credential, KEY_DEPOSIT)
    return True


def deregister_stake(draft: TxDraft) -> bool:
    credential = willing(draft)
    if credential is None or len(draft.world.registered) < 20:
        return False
    draft.certify(cbor.array([cbor.uint(1), credential.item]), credential)
    note_deregistration(draft, credential)
    return True


def willing(draft: TxDraft) -> HeldCredential | None:
    """A registered credential, not touched yet, that can sign or run here."""
    world = draft.world
    credential = None
    if len(world.plutus_languages) > 0 and world.draw("willing", (False, False, True)):
        credential = world.pick_registered(draft.touched, script=True, plutus=True)
    credential = credential or world.pick_registered(draft.touched)
    return credential if credential is not None and draft.may_run(credential) else None


def delegate_stake(draft: TxDraft) -> bool:
    credential = willing(draft)
    if credential is None:
        return False
    pool = draft.world.pools.pick(draft.world.dice)
    draft.certify(cbor.array([cbor.uint(2), credential.item, cbor.bstr(pool.hash)]), credential)
    return True


def register_pool(draft: TxDraft) -> bool:
    if not draft.afford(POOL_DEPOSIT):
        return False
    world, operator = draft.world, draft.world.new_key()
    draft.deposit += POOL_DEPOSIT
    _pool_certificate(draft, operator)
    draft.then(lambda _: world.pools.add(operator))
    return True


def update_pool(draft: TxDraft) -> bool:
    operator = _untouched_pool(draft)
    if operator is None:
        return False
    _pool_certificate(draft, operator)
    return True


def _untouched_pool(draft: TxDraft) -> VerificationKey | None:
    pool = draft.world.pools.pick(draft.world.dice)
    return None if pool.hash in draft.touched else pool


def _pool_certificate(draft: TxDraft, operator: VerificationKey) -> None:
    world, dice, pen = draft.world, draft.world.dice, draft.world.pen
    owners = [world.new_key() for _ in range(dice.between(1, 3))]
    account = world.pick_registered(set()) or world.new_key_credential()
    draft.touched.add(operator.hash)
    for key in (operator, *owners):
        draft.signers[key.hash] = key
    denominator = dice.pick((1, 2, 3, 100, 1000, 7919))
    params = [
        cbor.bstr(operator.hash),
        cbor.bstr(dice.bytes(32)),
        cbor.uint(dice.skewed(0, 10**7) * ADA),
        cbor.uint(dice.pick((170, 340, 341)) * ADA),
        cbor.tagged_ratio(dice.below(denominator + 1), denominator),
        cbor.bstr(reward_account(account)),
        pen.set([cbor.bstr(key.hash) for key in owners]),
        pen.array(_relays(world)),
        _pool_metadata(world),
    ]
    draft.certificates.append(cbor.array([cbor.uint(3), *params]))


def _pool_metadata(world: World) -> bytes:
    if world.dice.chance(0.25):
        return cbor.NULL
    url = f"https://pool-{world.dice.below(10**6)}.example/p.json"
    return cbor.array([cbor.tstr(url), cbor.bstr(world.dice.bytes(32))])


def _relays(world: World) -> list[bytes]:
    shape = world.draw("relays", RELAYS)
    if shape == "none":
        return []
    if shape == "many":
        return [_relay(world, each) for each in RELAYS[:8]]
    return [_relay(world, shape)]


def _relay(world: World, shape: str) -> bytes:
    dice = world.dice
    port = cbor.uint(dice.pick((3001, 6000, 0, 65535)))
    v4, v6 = cbor.bstr(dice.bytes(4)), cbor.bstr(dice.bytes(16))
    none, name = cbor.NULL, cbor.tstr(f"relay{dice.below(100)}.example")
    return cbor.array(
        {
            "ipv4": [cbor.uint(0), port, v4, none],
            "ipv6": [cbor.uint(0), port, none, v6],
            "both": [cbor.uint(0), port, v4, v6],
            "no address": [cbor.uint(0), port, none, none],
            "no port": [cbor.uint(0), none, v4, none],
            "name": [cbor.uint(1), port, name],
            "name without port": [cbor.uint(1), none, name],
            "service": [cbor.uint(2), cbor.tstr("_cardano._tcp.example")],
        }[shape]
    )


def retire_pool(draft: TxDraft) -> bool:
    world, operator = draft.world, _untouched_pool(draft)
    if operator is None or len(world.pools) <= FEWEST_POOLS:
        return False
    epoch = world.epoch_no + world.dice.between(1, 18)
    draft.touched.add(operator.hash)
    draft.signers[operator.hash] = operator
    draft.certificates.append(cbor.array([cbor.uint(4), cbor.bstr(operator.hash), cbor.uint(epoch)]))
    draft.then(lambda _: world.pools.discard(operator))
    return True


def delegate_genesis(draft: TxDraft) -> bool:
    """A genesis key names another delegate."""
    world = draft.world
    place = world.dice.below(len(world.delegates))
    old = world.delegates[place]
    if old.genesis.hash in draft.touched:
        return False
    draft.touched.add(old.genesis.hash)
    new = world.new_key()
    draft.signers[old.genesis.hash] = old.genesis
    parts = [cbor.bstr(old.genesis.hash), cbor.bstr(new.hash), cbor.bstr(hash32(new.vkey))]
    draft.certificates.append(cbor.array([cbor.uint(5), *parts]))

    def effect(_: bytes) -> None:
        world.delegates[place] = Delegate(old.genesis, new, old.byron, old.byron_delegate)

    draft.then(effect)
    return True


def _quorum(draft: TxDraft) -> None:
    for each in draft.world.delegates[:5]:
        draft.signers[each.delegate.hash] = each.delegate


def reward_from(pot: int) -> Feature:
    """MIR certificate paying reward accounts from the reserves (0) or the treasury (1); deltas may be negative later."""

    def feature(draft: TxDraft) -> bool:
        world, dice = draft.world, draft.world.dice
        chosen = {c.hash: c for c in (world.pick_registered(set()) for _ in range(dice.between(1, 4))) if c is not None}
        signs = (1, 1, 1, -1) if world.era >= Era.ALONZO else (1,)
        rewards = [(c.item, cbor.integer(world.draw("sign", signs) * dice.skewed(1, 2000 * ADA))) for c in chosen.values()]
        _quorum(draft)
        draft.certificates.append(cbor.array([cbor.uint(6), cbor.array([cbor.uint(pot), world.pen.map(rewards)])]))
        return True

    return feature


def move_pot(pot: int) -> Feature:
    """MIR certificate moving money to the other pot (from Alonzo on)."""

    def feature(draft: TxDraft) -> bool:
        _quorum(draft)
        amount = cbor.uint(draft.world.dice.between(1, 10**6) * ADA)
        draft.certificates.append(cbor.array([cbor.uint(6), cbor.array([cbor.uint(pot), amount])]))
        return True

    return feature


def _returned(draft: TxDraft) -> int:
    """A share of the deposits that have come back to reward accounts."""
    world = draft.world
    amount = world.owed // 5

    def effect(_: bytes) -> None:
        world.owed -= amount

    draft.then(effect)
    return amount if not draft.withdrawals else 0


def withdraw(draft: TxDraft) -> bool:
    """One to three reward accounts; sometimes nothing is in them, which is how some scripts are made to run."""
    dice = draft.world.dice
    for _ in range(dice.pick((1, 1, 1, 2, 3))):
        credential = willing(draft)
        if credential is None:
            break
        draft.touched.add(credential.hash)
        draft.withdrawals[credential] = 0 if dice.chance(0.1) else dice.skewed(1, 3000 * ADA) + _returned(draft)
    for credential in draft.withdrawals:
        draft.authorise(credential, REWARD, credential)
    return bool(draft.withdrawals)
