"""Texts of addresses, kept from block to block: the rows of a run ask for the same ones again and again."""

from __future__ import annotations

from collections.abc import Iterable

from nectar.cardano.address import AddressParts, describe, describe_many, stake_view, stake_views
from nectar.cardano.block import Block
from nectar.cardano.certificate import StakeDelegation, StakeDeregistration, StakeRegistration

MOST_KNOWN = 1 << 14
"""Addresses kept of each kind before all are forgotten, about 10 MB. Of 16,000 addresses that one or two real batches show, nearly
all that come again soon come again within this number."""


class AddressCache:
    """What `describe` and `stake_view` answer, computed once. One belongs to each decoding process, in every `Context`."""

    __slots__ = ("_parts", "_views")

    def __init__(self) -> None:
        self._parts: dict[bytes, AddressParts] = {}
        self._views: dict[bytes, str] = {}

    def describe(self, raw: bytes) -> AddressParts:
        """`cardano.address.describe` of an output's address."""
        parts = self._parts.get(raw)
        if parts is None:
            parts = self._parts[raw] = describe(raw)
        return parts

    def stake_view(self, raw: bytes) -> str:
        """`cardano.address.stake_view` of a reward address."""
        view = self._views.get(raw)
        if view is None:
            view = self._views[raw] = stake_view(raw)
        return view

    def learn(self, blocks: Iterable[Block], network_id: int) -> None:
        """Computes the texts that the rows of these blocks will ask for, all at once; an address that is missed is computed when asked.

        Called between batches: the cache is kept within its bound here and nowhere else.
        """
        addresses: set[bytes] = set()
        accounts: set[bytes] = set()
        header = bytes((0xE0 | network_id,))
        for block in blocks:
            for tx in block.txs:
                for output in tx.outputs:
                    addresses.add(output.address)
                for account, _ in tx.withdrawals:
                    accounts.add(account)
                for _, certificate in tx.certificates:
                    if isinstance(certificate, StakeDelegation | StakeRegistration | StakeDeregistration):
                        accounts.add(header + certificate.credential.hash)
        self.learn_outputs(addresses)
        self.learn_accounts(accounts)

    def clear(self) -> None:
        self._parts.clear()
        self._views.clear()

    def learn_outputs(self, addresses: Iterable[bytes]) -> None:
        """Output addresses and their stake addresses, many at a time: several times as quick for each."""
        if len(self._parts) > MOST_KNOWN:
            self._parts.clear()
        learned = describe_many({raw for raw in addresses if raw not in self._parts})
        self._parts.update(learned)
        self.learn_accounts(parts.stake_address for parts in learned.values() if parts.stake_address is not None)

    def learn_accounts(self, accounts: Iterable[bytes]) -> None:
        """Reward addresses."""
        if len(self._views) > MOST_KNOWN:
            self._views.clear()
        self._views.update(stake_views({raw for raw in accounts if raw not in self._views}))
