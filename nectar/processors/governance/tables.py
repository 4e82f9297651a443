"""The tables of the `governance` processor, with db-sync's columns."""

from __future__ import annotations

from dataclasses import replace

from nectar.tables import ITEM_PLACE, Column, Index, Kind, Place, Table, Type

_ID = Column("id", Type.ID, f"{ITEM_PLACE} + the certificate's index.", source="position on the chain")
_COUNTED = Column(
    "id", Type.ID, f"{ITEM_PLACE} + place among the transaction's rows of this table.", source="position on the chain"
)
_TX = Column("tx_id", Type.ID, "The transaction.", references="tx.id")
_CERT = Column("cert_index", Type.INT, "Place among the transaction's certificates.", source="CDDL transaction_body 4")
_ANCHOR = Column("voting_anchor_id", Type.HASH32, "The text.", null=True, references="voting_anchor.id", source="CDDL anchor")
_PROPOSAL = Column("gov_action_proposal_id", Type.ID, "The proposal.", references="gov_action_proposal.id")
_PROPOSED = replace(_PROPOSAL, doc="The proposal; NULL for what Conway's genesis sets up.", null=True)


def _fact(name: str, doc: str, columns: tuple[Column, ...], *indexed: str) -> Table:
    return Table(name, doc, Kind.FACT, columns, Place.IN_TX, tuple(Index(f"idx_{name}_{c}", (c,)) for c in indexed))


DREP_REGISTRATION = _fact(
    "drep_registration",
    "DReps registering, updating (no deposit) and retiring (a negative one).",
    (
        _ID,
        _TX,
        _CERT,
        Column(
            "deposit",
            Type.LOVELACE,
            "Deposit; negative when given back; NULL for an update.",
            null=True,
            source="CDDL reg_drep_cert",
        ),
        Column("drep_hash_id", Type.BYTES, "The DRep.", references="drep_hash.id"),
        _ANCHOR,
    ),
    "drep_hash_id",
)
DELEGATION_VOTE = _fact(
    "delegation_vote",
    "Stake addresses choosing DReps.",
    (
        _ID,
        Column("addr_id", Type.HASH29, "The stake address.", references="stake_address.id", source="CDDL stake_credential"),
        _CERT,
        Column("drep_hash_id", Type.BYTES, "The DRep.", references="drep_hash.id"),
        _TX,
        Column("redeemer_id", Type.ID, "The redeemer of a script's certificate.", null=True, references="redeemer.id"),
    ),
    "addr_id",
    "drep_hash_id",
)
_COLD = Column("cold_key_id", Type.BYTES, "The member.", references="committee_hash.id")
COMMITTEE_REGISTRATION = _fact(
    "committee_registration",
    "Committee members naming the key they vote with.",
    (_ID, _TX, _CERT, _COLD, Column("hot_key_id", Type.BYTES, "The key they vote with.", references="committee_hash.id")),
)
COMMITTEE_DE_REGISTRATION = _fact("committee_de_registration", "Committee members resigning.", (_ID, _TX, _CERT, _COLD, _ANCHOR))


def _epoch(what: str, when: str) -> Column:
    differs = "Always NULL: ratification is ledger state, in no block."
    return Column(f"{what}_epoch", Type.INT, f"Epoch in which {when}.", null=True, differs=differs)


GOV_ACTION_PROPOSAL = _fact(
    "gov_action_proposal",
    "Governance actions that were proposed.",
    (
        Column("id", Type.ID, f"{ITEM_PLACE} + the proposal's index.", source="position on the chain"),
        _TX,
        Column("index", Type.INT, "Place among the transaction's proposals.", source="CDDL proposal_procedures"),
        Column(
            "prev_gov_action_proposal",
            Type.ID,
            "The last action of its kind that was enacted.",
            null=True,
            references="gov_action_proposal.id",
            source="closing pass over prev_tx_hash and prev_index",
        ),
        Column("deposit", Type.LOVELACE, "Deposit.", source="CDDL proposal_procedure"),
        Column("return_address", Type.HASH29, "Where the deposit goes back to.", references="stake_address.id"),
        Column(
            "expiration",
            Type.INT,
            "Last epoch in which it can be voted on.",
            null=True,
            source="closing pass: its epoch and the lifetime in force",
            differs="NULL unless the history is complete from the origin, and once another lifetime than genesis' can have been enacted.",
        ),
        _ANCHOR,
        Column(
            "type",
            Type.LABEL,
            "ParameterChange, HardForkInitiation, TreasuryWithdrawals, NoConfidence, NewCommittee, NewConstitution or InfoAction.",
            source="CDDL gov_action",
        ),
        Column(
            "description",
            Type.JSON,
            "The action as JSON.",
            source="CDDL gov_action",
            differs="Nectar's own JSON: tag and contents, where db-sync shows the ledger's.",
        ),
        Column("param_proposal", Type.ID, "The parameters it would change.", null=True, references="param_proposal.id"),
        _epoch("ratified", "it was accepted"),
        _epoch("enacted", "it took effect"),
        _epoch("dropped", "it fell with another"),
        _epoch("expired", "its time was over"),
        Column(
            "prev_tx_hash",
            Type.HASH32,
            "Transaction of the action it builds on.",
            null=True,
            source="CDDL gov_action_id",
            differs="Nectar's own.",
        ),
        Column(
            "prev_index",
            Type.INT,
            "Place of that action in its transaction.",
            null=True,
            source="CDDL gov_action_id",
            differs="Nectar's own.",
        ),
    ),
    "tx_id",
)
TREASURY_WITHDRAWAL = _fact(
    "treasury_withdrawal",
    "What a proposal would pay out of the treasury.",
    (
        _COUNTED,
        _PROPOSAL,
        Column("stake_address_id", Type.HASH29, "To whom.", references="stake_address.id"),
        Column("amount", Type.U64, "Lovelace.", source="CDDL treasury_withdrawals_action"),
    ),
    "gov_action_proposal_id",
)
COMMITTEE = _fact(
    "committee",
    "Committees that proposals would set up, and that of Conway's genesis.",
    (
        Column("id", Type.ID, "Id of its proposal.", source="position on the chain"),
        _PROPOSED,
        Column("quorum_numerator", Type.U64, "Share of votes needed, above.", source="CDDL update_committee"),
        Column("quorum_denominator", Type.U64, "Share of votes needed, below.", source="CDDL update_committee"),
    ),
)
COMMITTEE_MEMBER = _fact(
    "committee_member",
    "Members that proposals would add, and those of Conway's genesis.",
    (
        _COUNTED,
        Column(
            "committee_id",
            Type.ID,
            "The committee.",
            references="committee.id",
            differs="Under a proposal stand the members that it adds; db-sync lists all that its committee would have, which is ledger state.",
        ),
        Column("committee_hash_id", Type.BYTES, "The member.", references="committee_hash.id"),
        Column("expiration_epoch", Type.U64, "Last epoch of the term.", source="CDDL update_committee"),
    ),
    "committee_id",
)
CONSTITUTION = _fact(
    "constitution",
    "Constitutions that proposals would adopt, and that of Conway's genesis.",
    (
        Column("id", Type.ID, "Id of its proposal.", source="position on the chain"),
        _PROPOSED,
        Column("voting_anchor_id", Type.HASH32, "The text.", references="voting_anchor.id", source="CDDL constitution"),
        Column("script_hash", Type.HASH28, "The guardrails script.", null=True, source="CDDL constitution"),
    ),
)
VOTING_PROCEDURE = _fact(
    "voting_procedure",
    "Votes.",
    (
        _COUNTED,
        _TX,
        Column("index", Type.INT, "Place among the transaction's votes.", source="CDDL voting_procedures"),
        Column(
            "gov_action_proposal_id",
            Type.ID,
            "The proposal.",
            null=True,
            references="gov_action_proposal.id",
            source="closing pass over gov_action_tx_hash and gov_action_index",
        ),
        Column("voter_role", Type.LABEL, "ConstitutionalCommittee, DRep or SPO.", source="CDDL voter"),
        Column("committee_voter", Type.BYTES, "A committee member's key.", null=True, references="committee_hash.id"),
        Column("drep_voter", Type.BYTES, "A DRep.", null=True, references="drep_hash.id"),
        Column("pool_voter", Type.HASH28, "A pool.", null=True, references="pool_hash.id"),
        Column("vote", Type.LABEL, "Yes, No or Abstain.", source="CDDL vote"),
        _ANCHOR,
        Column(
            "invalid",
            Type.INT,
            "Always NULL: which votes the ledger dropped is not in blocks.",
            null=True,
            differs="Always NULL.",
        ),
        Column(
            "gov_action_tx_hash",
            Type.HASH32,
            "Transaction of the proposal.",
            source="CDDL gov_action_id",
            differs="Nectar's own.",
        ),
        Column(
            "gov_action_index", Type.INT, "Place of the proposal in it.", source="CDDL gov_action_id", differs="Nectar's own."
        ),
    ),
    "gov_action_proposal_id",
    "tx_id",
)
