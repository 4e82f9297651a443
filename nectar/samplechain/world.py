"""What exists on the sample chain at this slot: everything that a later transaction may refer to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from nectar.cardano.point import Era
from nectar.samplechain.dice import Dice, Pen
from nectar.samplechain.keys import (
    ByronKey,
    HeldCredential,
    OwnedAddress,
    SampleScript,
    VerificationKey,
    credential_of,
    verification_key,
)
from nectar.samplechain.purse import Asset, Bag, Purse
from nectar.samplechain.timeline import Timeline

T = TypeVar("T")

ADA = 1_000_000
KEY_DEPOSIT = 2 * ADA
POOL_DEPOSIT = 500 * ADA
DREP_DEPOSIT = 500 * ADA
ACTION_DEPOSIT = 100_000 * ADA
MAGIC = 4242
REMEMBERED = 400  # addresses, actions, policies kept for re-use


class Deck(Generic[T]):
    """Cards in random order. Every card is drawn before any is drawn again, so that rare features occur on short chains too."""

    def __init__(self, dice: Dice, cards: Sequence[T]) -> None:
        self.dice = dice
        self.cards = tuple(cards)
        self.left: list[T] = []
        self.waiting: list[T] = []

    def draw(self) -> T:
        if not self.left:
            self.left = self.dice.shuffled([*self.cards, *self.waiting])
            self.waiting = []
        return self.left.pop()

    def put_back(self, card: T) -> None:
        """Keeps a card that could not be played for the next round."""
        if card not in self.waiting:
            self.waiting.append(card)


class ProposedAction(NamedTuple):
    """A governance action on the chain: `place` is its index in its transaction."""

    tx_id: bytes
    place: int
    kind: int


class Delegate(NamedTuple):
    """A genesis key and the key that makes its blocks."""

    genesis: VerificationKey
    delegate: VerificationKey
    byron: ByronKey
    byron_delegate: ByronKey


def _is_plutus(credential: HeldCredential) -> bool:
    return isinstance(credential.holder, SampleScript) and credential.holder.language > 0


class World:
    """The generator's own ledger state."""

    def __init__(self, dice: Dice, timeline: Timeline) -> None:
        self.dice = dice
        self.pen = Pen(dice)
        self.timeline = timeline
        self.era = Era.BYRON
        self.slot = 0
        self.epoch_no = 0
        self.tx_index = 0
        self.purse = Purse()
        self.supply: dict[Asset, int] = {}
        self.policies: dict[bytes, SampleScript] = {}
        self.receivers: list[OwnedAddress] = []
        self.stakes: dict[HeldCredential, int] = {}
        self.registered: Bag[HeldCredential] = Bag()
        self.pointers: list[tuple[int, int, int]] = [(0, 0, 0)]
        self.pools: Bag[VerificationKey] = Bag()
        self.delegates: list[Delegate] = []
        self.dreps: Bag[HeldCredential] = Bag()
        self.cold: Bag[HeldCredential] = Bag()
        self.hot: dict[HeldCredential, HeldCredential] = {}
        self.actions: list[ProposedAction] = []
        self.guardrail: SampleScript | None = None
        self.owed = 0  # deposits of ended actions and pools: paid to reward accounts, to be withdrawn
        self.counters: dict[bytes, int] = {}
        self._decks: dict[str, Deck[object]] = {}

    def enter(self, era: Era, slot: int, epoch_no: int) -> None:
        """A new block begins."""
        if era is not self.era:
            self._decks.clear()
        self.era, self.slot, self.epoch_no, self.tx_index = era, slot, epoch_no, 0
        self.pen.tagged_sets = era >= Era.CONWAY

    def deck(self, name: str, cards: Callable[[], Sequence[T]]) -> Deck[T]:
        """The deck of this name, made on first use in an era."""
        deck = self._decks.get(name)
        if deck is None:
            deck = Deck[object](self.dice, cards())
            self._decks[name] = deck
        return deck  # type: ignore[return-value]

    def draw(self, name: str, cards: Sequence[T]) -> T:
        return self.deck(name, lambda: cards).draw()

    def new_key(self) -> VerificationKey:
        return verification_key(self.dice.bytes(32))

    def new_key_credential(self) -> HeldCredential:
        return credential_of(self.new_key())

    def remember(self, address: OwnedAddress) -> OwnedAddress:
        """Keep an address for re-use; old ones are forgotten at random."""
        if len(self.receivers) < REMEMBERED:
            self.receivers.append(address)
        else:
            self.receivers[self.dice.below(REMEMBERED)] = address
        return address

    def remember_action(self, action: ProposedAction) -> None:
        self.actions.append(action)
        if len(self.actions) > REMEMBERED:
            del self.actions[: REMEMBERED // 2]

    def pick_registered(self, taken: set[bytes], script: bool | None = None, plutus: bool = False) -> HeldCredential | None:
        """A registered stake credential that this transaction has not touched yet, of the kind asked for."""
        for _ in range(20 if len(self.registered) else 0):
            credential = self.registered.pick(self.dice)
            fits = script is None or credential.script is script
            if fits and credential.hash not in taken and (not plutus or _is_plutus(credential)):
                return credential
        return None

    @property
    def plutus_languages(self) -> tuple[int, ...]:
        if self.era >= Era.CONWAY:
            return (1, 2, 3)
        return (1, 2) if self.era is Era.BABBAGE else (1,) if self.era is Era.ALONZO else ()
