"""What exists on the sample chain right now: everything a later transaction may refer to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from nectar.cardano.point import Era
from nectar.samplechain.dice import Dice, Pen
from nectar.samplechain.keys import Address, ByronKey, Credential, Key, Script, credential_of, key_of
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
    """Cards in random order, every one before any comes again: rare features occur, however short the chain."""

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
        """Could not be played now: the next round has it once more."""
        if card not in self.waiting:
            self.waiting.append(card)


class Action(NamedTuple):
    """A governance action that was proposed."""

    tx_id: bytes
    place: int
    kind: int


class Delegate(NamedTuple):
    """A genesis key and the key that makes its blocks."""

    genesis: Key
    delegate: Key
    byron: ByronKey
    byron_delegate: ByronKey


def _is_plutus(credential: Credential) -> bool:
    return isinstance(credential.holder, Script) and credential.holder.language > 0


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
        self.policies: dict[bytes, Script] = {}
        self.receivers: list[Address] = []
        self.stakes: dict[Credential, int] = {}
        self.registered: Bag[Credential] = Bag()
        self.pointers: list[tuple[int, int, int]] = [(0, 0, 0)]
        self.pools: Bag[Key] = Bag()
        self.delegates: list[Delegate] = []
        self.dreps: Bag[Credential] = Bag()
        self.cold: Bag[Credential] = Bag()
        self.hot: dict[Credential, Credential] = {}
        self.actions: list[Action] = []
        self.guardrail: Script | None = None
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
        found = self._decks.get(name)
        if found is None:
            found = Deck[object](self.dice, cards())
            self._decks[name] = found
        return found  # type: ignore[return-value]

    def draw(self, name: str, cards: Sequence[T]) -> T:
        return self.deck(name, lambda: cards).draw()

    def new_key(self) -> Key:
        return key_of(self.dice.bytes(32))

    def new_key_credential(self) -> Credential:
        return credential_of(self.new_key())

    def remember(self, address: Address) -> Address:
        """Keep an address for re-use; old ones are forgotten at random."""
        if len(self.receivers) < REMEMBERED:
            self.receivers.append(address)
        else:
            self.receivers[self.dice.below(REMEMBERED)] = address
        return address

    def remember_action(self, action: Action) -> None:
        self.actions.append(action)
        if len(self.actions) > REMEMBERED:
            del self.actions[: REMEMBERED // 2]

    def pick_registered(self, taken: set[bytes], script: bool | None = None, plutus: bool = False) -> Credential | None:
        """A registered stake credential that this transaction has not touched yet, of the kind asked for."""
        for _ in range(20 if len(self.registered) else 0):
            found = self.registered.pick(self.dice)
            fits = script is None or found.script is script
            if fits and found.hash not in taken and (not plutus or _is_plutus(found)):
                return found
        return None

    @property
    def plutus_languages(self) -> tuple[int, ...]:
        if self.era >= Era.CONWAY:
            return (1, 2, 3)
        return (1, 2) if self.era is Era.BABBAGE else (1,) if self.era is Era.ALONZO else ()
