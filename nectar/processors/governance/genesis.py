"""The committee and the constitution that Conway's genesis sets up, without a proposal."""

from __future__ import annotations

from nectar.cardano.genesis import GenesisGovernance
from nectar.cardano.position import item_id
from nectar.processors.dimensions import committee_hash, voting_anchor
from nectar.processors.rows import RowBuffers


def governance_rows(genesis: GenesisGovernance, this: int, block: int, out: RowBuffers) -> None:
    """Adds their rows. `this`: a transaction id of genesis that no transaction has. `block`: genesis' block."""
    committee = item_id(this, 0, "committee")
    out.facts["committee"].append((committee, None, *genesis.quorum))
    for place, (who, epoch) in enumerate(genesis.members):
        row = (item_id(this, place, "committee_member"), committee, committee_hash(out, who, this), epoch)
        out.facts["committee_member"].append(row)
    anchor = voting_anchor(out, genesis.constitution, "constitution", block)
    out.facts["constitution"].append((item_id(this, 0, "constitution"), None, anchor, genesis.guardrails))
