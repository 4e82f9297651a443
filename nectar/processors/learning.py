"""Texts of addresses worked out for a whole batch at once, before any row asks for them."""

from __future__ import annotations

from collections.abc import Iterable

from nectar.cardano.address import learn, learn_views
from nectar.cardano.block import Block
from nectar.cardano.certificate import StakeDelegation, StakeDeregistration, StakeRegistration


def learn_addresses(blocks: Iterable[Block], network_id: int) -> None:
    """What the rows of these blocks will ask of `describe` and `stake_view`; what is missed is worked out when asked."""
    raws: set[bytes] = set()
    accounts: set[bytes] = set()
    header = bytes((0xE0 | network_id,))
    for block in blocks:
        for tx in block.txs:
            for one in tx.outputs:
                raws.add(one.address)
            for account, _ in tx.withdrawals:
                accounts.add(account)
            for _, certificate in tx.certificates:
                if isinstance(certificate, StakeDelegation | StakeRegistration | StakeDeregistration):
                    accounts.add(header + certificate.credential.hash)
    learn(raws)
    learn_views(accounts)
