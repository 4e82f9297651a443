"""A transaction in the making: features add to it, `seal_tx` (see seal.py) balances and writes it."""

from __future__ import annotations

from collections.abc import Callable

from nectar.samplechain.keys import HeldCredential, SampleScript, VerificationKey
from nectar.samplechain.purse import Assets, Output
from nectar.samplechain.world import ADA, World

SPEND, MINT, CERT, REWARD, VOTE, PROPOSE = range(6)
RESERVE = 25 * ADA  # what must be left for change and fee when a feature asks for money
Effect = Callable[[bytes], None]
Feature = Callable[["TxDraft"], bool]  # adds itself and returns True, or leaves the draft unchanged and returns False


class TxDraft:
    """Everything a transaction will hold, not yet in bytes. Its effects on the world wait until it has succeeded."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.inputs: list[Output] = []
        self.outputs: list[Output] = []
        self.certificates: list[bytes] = []
        self.withdrawals: dict[HeldCredential, int] = {}
        self.mint: Assets = {}
        self.update: bytes | None = None
        self.labels: list[int] = []
        self.auxiliary_scripts: list[SampleScript] = []
        self.votes: dict[tuple[int, bytes], list[tuple[bytes, bytes]]] = {}
        self.proposals: list[bytes] = []
        self.signers: dict[bytes, VerificationKey] = {}
        self.required: dict[bytes, VerificationKey] = {}
        self.scripts: dict[bytes, SampleScript] = {}
        self.runs: list[tuple[int, object]] = []  # redeemers: purpose and its subject, pointer found when sealed
        self.references: list[Output] = []
        self.collateral: list[Output] = []
        self.collateral_return = False
        self.collateral_taken = 0
        self.returned: list[Output] = []
        self.deposit = 0
        self.refund = 0
        self.donation = 0
        self.treasury: int | None = None
        self.network_id = False
        self.timed = False
        self.valid = True
        self.touched: set[bytes] = set()
        self.effects: list[Effect] = []
        self.names: list[str] = []

    # -- money -------------------------------------------------------------------------------------------------

    @property
    def left(self) -> int:
        """What would remain for change and fee."""
        income = sum(o.coin for o in self.inputs) + sum(self.withdrawals.values()) + self.refund
        return income - sum(o.coin for o in self.outputs) - self.deposit - self.donation

    def spend(self, output: Output) -> None:
        self.world.purse.take(output)
        self.inputs.append(output)
        owner = output.address.owner
        if isinstance(owner, VerificationKey):
            self.signers[owner.hash] = owner
        elif isinstance(owner, SampleScript):
            self.use(owner, SPEND, output)

    def afford(self, amount: int) -> bool:
        """Make sure `amount` can be paid, taking more inputs when needed."""
        for _ in range(12):
            if self.left >= amount + RESERVE:
                return True
            if not self.spend_any():
                return False
        return False

    def spend_any(self) -> bool:
        """Spends one more input that only needs a signature."""
        purse, dice = self.world.purse, self.world.dice
        first = dice.pick(("byron", "script0", *("key",) * 10))
        for name in (first, "key", "script0", "byron"):
            bag = purse.bag(name)
            if len(bag):
                self.spend(bag.pick(dice))
                return True
        return False

    # -- witnesses ---------------------------------------------------------------------------------------------

    def use(self, script: SampleScript, purpose: int, subject: object) -> None:
        """Satisfies a script: its signers sign, or a redeemer runs it."""
        self.scripts[script.hash] = script
        if script.language:
            self.runs.append((purpose, subject))
        else:
            self.timed = self.timed or script.timed
            for key in script.signers:
                self.signers[key.hash] = key

    def authorise(self, credential: HeldCredential, purpose: int, subject: object) -> None:
        holder = credential.holder
        if isinstance(holder, SampleScript):
            self.use(holder, purpose, subject)
        else:
            self.signers[holder.hash] = holder

    def may_run(self, credential: HeldCredential) -> bool:
        """Whether the credential can be witnessed: a Plutus script needs collateral, a native script or a key never does."""
        holder = credential.holder
        return not isinstance(holder, SampleScript) or not holder.language or self.secure_collateral()

    def secure_collateral(self) -> bool:
        """Sets collateral aside for scripts: small outputs kept for it, or from Babbage on any output with a return."""
        if self.collateral:
            return True
        world = self.world
        if not world.plutus_languages:
            return False
        small = world.purse.bag("collateral")
        if world.era >= 6 and world.dice.chance(0.5) and len(world.purse.bag("key")):
            self.collateral.append(world.purse.bag("key").pick(world.dice))
            self.collateral_return = True
        elif len(small):
            self.collateral.append(small.pick(world.dice))
        else:
            return False
        for output in self.collateral:
            world.purse.take(output)
            owner = output.address.owner
            assert isinstance(owner, VerificationKey)
            self.signers[owner.hash] = owner
        return True

    # -- certificates and effects ------------------------------------------------------------------------------

    def certify(self, item: bytes, credential: HeldCredential | None) -> None:
        """Add a certificate; `credential` must witness it (None: no witness is needed)."""
        if credential is not None:
            self.touched.add(credential.hash)
            self.authorise(credential, CERT, len(self.certificates))
        self.certificates.append(item)

    def then(self, effect: Effect) -> None:
        """Runs `effect(tx_id)` when the transaction is valid."""
        self.effects.append(effect)
