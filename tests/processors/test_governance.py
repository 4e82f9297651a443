"""`governance`: proposals of all seven kinds, votes, representatives, the committee; on real Conway blocks too."""

from __future__ import annotations

import json
from pathlib import Path

import cbor2

from nectar.cardano.address import stake_view
from nectar.cardano.certificate import (
    Anchor,
    Certificate,
    CommitteeHotAuth,
    CommitteeResignation,
    Credential,
    DRep,
    DRepDeregistration,
    DRepRegistration,
    DRepUpdate,
    VoteDelegation,
)
from nectar.cardano.governance import (
    GovAction,
    GovActionId,
    HardForkInitiation,
    InfoAction,
    NewConstitution,
    NoConfidence,
    ParameterChange,
    Proposal,
    ProtocolParamUpdate,
    TreasuryWithdrawals,
    UpdateCommittee,
    Vote,
)
from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING
from tests.decode.chunks import cut
from tests.processors.making import EMPTY_TX, block_of, rows_of, singles

ANCHOR = Anchor("https://example.org/a.json", b"h" * 32)
ACCOUNT = bytes([0xE1]) + b"r" * 28
BEFORE = GovActionId(b"t" * 32, 3)
KEY, SCRIPT = Credential(False, b"k" * 28), Credential(True, b"s" * 28)


def proposed(action: GovAction) -> Proposal:
    return Proposal(100_000_000_000, ACCOUNT, action, ANCHOR, b"")


def test_all_seven_kinds_of_proposals() -> None:
    actions: list[GovAction] = [
        ParameterChange(BEFORE, ProtocolParamUpdate({0: 50, 27: 2**64 - 1}), b"p" * 28),
        HardForkInitiation(None, 10, 0),
        TreasuryWithdrawals(((ACCOUNT, 5), (bytes([0xF1]) + b"q" * 28, 6)), None),
        NoConfidence(BEFORE),
        UpdateCommittee(None, (KEY,), ((SCRIPT, 600), (KEY, 601)), (2, 3)),
        NewConstitution(None, ANCHOR, b"g" * 28),
        InfoAction(),
    ]
    tx = EMPTY_TX._replace(proposals=[proposed(action) for action in actions])
    rows = rows_of("governance", [block_of(tx)])
    found = rows["gov_action_proposal"]
    assert [row["type"] for row in found] == [
        "ParameterChange", "HardForkInitiation", "TreasuryWithdrawals", "NoConfidence", "NewCommittee", "NewConstitution", "InfoAction",
    ]  # fmt: skip
    assert [json.loads(row["description"])["tag"] for row in found] == [row["type"] for row in found]
    assert (found[0]["prev_tx_hash"], found[0]["prev_index"]) == BEFORE
    (parameters,) = rows["param_proposal"]
    assert found[0]["param_proposal"] == parameters["id"]
    assert (parameters["min_fee_a"], parameters["committee_min_size"]) == (50, 2**64 - 1)
    assert [row["amount"] for row in rows["treasury_withdrawal"]] == [5, 6]
    assert [row["expiration_epoch"] for row in rows["committee_member"]] == [600, 601]
    assert [(row["quorum_numerator"], row["quorum_denominator"]) for row in rows["committee"]] == [(2, 3)]
    assert [row["script_hash"] for row in rows["constitution"]] == [b"g" * 28]
    assert {row["type"] for row in rows["voting_anchor"]} == {"gov_action", "constitution"}
    assert stake_view(ACCOUNT) in {row["view"] for row in rows["stake_address"]}


def test_votes_of_all_voters() -> None:
    votes = [Vote(kind, bytes([kind]) * 28, BEFORE, kind % 3, ANCHOR if kind else None) for kind in range(5)]
    rows = rows_of("governance", [block_of(EMPTY_TX._replace(votes=votes))])
    found = rows["voting_procedure"]
    assert [row["voter_role"] for row in found] == ["ConstitutionalCommittee", "ConstitutionalCommittee", "DRep", "DRep", "SPO"]
    assert [row["vote"] for row in found] == ["No", "Yes", "Abstain", "No", "Yes"]
    for row in found:
        assert sum(row[name] is not None for name in ("committee_voter", "drep_voter", "pool_voter")) == 1
        assert (row["gov_action_tx_hash"], row["gov_action_index"]) == BEFORE
    assert len(rows["voting_anchor"]) == 1
    assert [row["has_script"] for row in rows["drep_hash"]] == [0, 1]


def test_representatives_and_the_committee() -> None:
    found: list[Certificate] = [
        DRepRegistration(KEY, 500, ANCHOR), DRepUpdate(KEY, None), DRepDeregistration(SCRIPT, 500),
        CommitteeHotAuth(KEY, SCRIPT), CommitteeResignation(KEY, ANCHOR),
        *(VoteDelegation(KEY, DRep(kind, None if kind > 1 else b"d" * 28)) for kind in range(4)),
    ]  # fmt: skip
    rows = rows_of("governance", [block_of(EMPTY_TX._replace(certificates=list(enumerate(found))))])
    assert [row["deposit"] for row in rows["drep_registration"]] == [500, None, -500]
    assert len(rows["committee_registration"]) == len(rows["committee_de_registration"]) == 1
    assert len(rows["delegation_vote"]) == 4
    assert {row["view"] for row in rows["drep_hash"]} >= {"drep_always_abstain", "drep_always_no_confidence"}
    assert len({row["id"] for row in rows["drep_hash"]}) == len(rows["drep_hash"])


def test_real_conway_blocks_against_a_count_over_plain_cbor(chain: Path) -> None:
    """Votes and proposals counted by cbor2 alone, in a run of linked blocks and in single ones."""
    raws = list(cut(chain / "runs/preview-conway-3319101-3319200.chunk"))
    raws += [path.read_bytes() for path in sorted((chain / "blocks").glob("*.Conway.*.block"))]
    raws = list(dict.fromkeys(raws))
    votes = proposals = 0
    for raw in raws:
        bodies, invalid = cbor2.loads(raw)[1][1], set(cbor2.loads(raw)[1][4])
        for index, body in enumerate(bodies):
            if index not in invalid:
                votes += sum(len(ballots) for ballots in body.get(19, {}).values())
                proposals += len(body.get(20, ()))
    blocks = {block.hash: block for block in (decode_block(raw, EVERYTHING) for raw in raws)}
    rows = rows_of("governance", blocks.values(), "preview")
    assert len(blocks) == len(raws)
    assert (len(rows["voting_procedure"]), len(rows["gov_action_proposal"])) == (votes, proposals)
    assert votes >= 10
    assert proposals > 3


def test_a_failed_transaction_says_nothing() -> None:
    tx = EMPTY_TX._replace(is_valid=False, votes=[Vote(4, b"p" * 28, BEFORE, 1, None)], proposals=[proposed(InfoAction())])
    assert all(not rows for rows in rows_of("governance", [block_of(tx)]).values())


def test_nothing_of_it_before_conway() -> None:
    early = [block for block in singles() if block.era < 7]
    rows = rows_of("governance", early)
    assert not rows["voting_procedure"]
    assert not rows["gov_action_proposal"]
