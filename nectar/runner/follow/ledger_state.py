"""Queries to a node's ledger, on a connection of their own: the history of eras, protocol parameters, unspent outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nectar.cardano.block import TxOut
from nectar.cardano.era_history import ERAS, EraHistory
from nectar.cardano.governance import ProtocolParamUpdate
from nectar.cardano.point import Point
from nectar.errors import GenesisError, NectarError
from nectar.runner.report import Report
from nectar.sources.node import state_query
from nectar.sources.node.session import Greeting, NodeSession, open_session
from nectar.sources.node.state_query import EraSummary


class Ledger:
    """Connects with the first query, and again with the first one after an error. Errors: as `NodeSession.ask`."""

    def __init__(self, to: Greeting) -> None:
        self._to = to
        self._session: NodeSession | None = None
        self._era: int | None = None

    def history(self, known: EraHistory) -> EraHistory:
        """The network's history with the eras that the node knows. Errors: GenesisError NEC-N007 when they disagree."""
        start = state_query.read_start(self._ask(state_query.SYSTEM_START))
        eras = state_query.read_eras(self._ask(state_query.INTERPRETER))
        if start != known.start:
            raise _disagree(f"began at {start:%Y-%m-%d %H:%M:%S}", f"at {known.start:%Y-%m-%d %H:%M:%S}")
        return history_with(known, eras)

    def parameters(self, at: Point) -> ProtocolParamUpdate:
        """The protocol parameters in force after the block `at`."""
        return state_query.read_parameters(self._ask(state_query.parameters(self._era_at(at)), at))

    def outputs(self, after: Point, names: Sequence[tuple[bytes, int]]) -> Mapping[tuple[bytes, int], TxOut]:
        """The outputs among `names` that were unspent after the block `after`."""
        era = self._era_at(after)
        return state_query.read_utxo(self._ask(state_query.utxo_of(era, names), after))

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _era_at(self, at: Point) -> int:
        return state_query.read_current_era(self._ask(state_query.CURRENT_ERA, at))

    def _ask(self, query: bytes, at: Point | state_query.Volatile = state_query.TIP) -> bytes:
        if self._session is None:
            self._session = open_session(self._to)
        try:
            return self._session.ask(query, at)
        except NectarError:
            self.close()
            raise


def history_with(known: EraHistory, eras: Sequence[EraSummary]) -> EraHistory:
    """`known`, which is made from genesis, with each era's first epoch from the node. Errors: GenesisError NEC-N007."""
    firsts = {name: era.start.epoch for name, era in zip(ERAS, eras, strict=False)}
    for name, era in zip(ERAS, eras, strict=False):
        byron = name == "byron"
        slots = known.byron_epoch_slots if byron else known.shelley_epoch_slots
        length = known.byron_slot if byron else known.shelley_slot
        if (era.epoch_slots, era.slot_length * 1_000) != (slots, length):
            theirs = f"has epochs of {era.epoch_slots:,} slots of {era.slot_length / 1_000:g} s in {name}"
            raise _disagree(theirs, f"{slots:,} of {length / 1_000_000:g} s")
    first_epochs = {**known.first_epochs, **firsts}
    if len(eras) > 1:
        first_epochs = {name: epoch for name, epoch in first_epochs.items() if name in firsts}
    return replace(known, first_epochs=first_epochs, shelley_epoch=firsts.get("shelley", known.shelley_epoch))


def history_of(ledger: Ledger, known: EraHistory, report: Report) -> EraHistory:
    """The history that the node tells; the one from genesis where the node does not. Errors: GenesisError NEC-N007."""
    try:
        return ledger.history(known)
    except GenesisError:
        raise
    except NectarError as error:
        report.say("note", f"the node does not tell its eras ({error.what}): Nectar takes them from genesis")
        return known


def _disagree(theirs: str, ours: str) -> GenesisError:
    return GenesisError(
        f"the node's network {theirs}, the plan's {ours}",
        hint="check the plan's `network` (its genesis files) against the node's",
        code="NEC-N007",
    )
