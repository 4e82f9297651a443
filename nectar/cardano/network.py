"""A network: its magic, its time and its constant parameters, all read from its genesis files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nectar.cardano.era_history import EraHistory

Price = tuple[int, int]
"""Lovelace per unit as numerator and denominator."""

PUBLIC: Mapping[int, str] = {764824073: "mainnet", 1: "preprod", 2: "preview"}
"""Network magic -> name."""


@dataclass(frozen=True, slots=True)
class Network:
    """`home` names its genesis files: the name of a built-in network, or a folder.

    `delegates` maps a Shelley genesis delegate's 28-byte key hash to the text db-sync shows for its blocks.
    """

    name: str
    home: str
    magic: int
    network_id: int  # 1 mainnet, 0 every other, as in addresses
    security_parameter: int
    history: EraHistory
    byron_genesis_hash: bytes
    shelley_genesis_hash: bytes
    delegates: Mapping[bytes, str]
    execution_prices: tuple[Price, Price]  # per unit of memory, per step (Alonzo genesis)
    gov_action_lifetime: int  # epochs (Conway genesis)
    key_deposit: int  # lovelace (Shelley genesis)
    pool_deposit: int  # lovelace (Shelley genesis)

    @property
    def slots_per_chunk(self) -> int:
        """Slots in a chunk file of the node's immutable database: 10 k (ouroboros-consensus, `simpleChunkInfo`)."""
        return 10 * self.security_parameter

    @property
    def byron_epoch_slots(self) -> int:
        return self.history.byron_epoch_slots

    @property
    def start_time_text(self) -> str:
        return self.history.time_text(0)

    def era_tags(self) -> tuple[tuple[int, str], ...]:
        """First slot and name of each era that has slots, in order."""
        firsts = {self.history.first_slot_of_era(era): era for era in self.history.first_epochs}
        return tuple(sorted(firsts.items()))
