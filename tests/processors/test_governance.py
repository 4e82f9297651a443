"""`governance`: proposals of all seven kinds, votes, representatives, the committee; on real Conway blocks too."""

from __future__ import annotations

import json
from pathlib import Path

import cbor2
import pytest

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
from nectar.processors.governance.describe import describe_action
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
    proposals = rows["gov_action_proposal"]
    assert [row["type"] for row in proposals] == [
        "ParameterChange",
        "HardForkInitiation",
        "TreasuryWithdrawals",
        "NoConfidence",
        "NewCommittee",
        "NewConstitution",
        "InfoAction",
    ]
    tags = [json.loads(row["description"])["tag"] for row in proposals]
    assert tags == [row["type"].replace("NewCommittee", "UpdateCommittee") for row in proposals]
    assert (proposals[0]["prev_tx_hash"], proposals[0]["prev_index"]) == BEFORE
    (parameters,) = rows["param_proposal"]
    assert proposals[0]["param_proposal"] == parameters["id"]
    assert (parameters["min_fee_a"], parameters["committee_min_size"]) == (50, 2**64 - 1)
    assert [row["amount"] for row in rows["treasury_withdrawal"]] == [5, 6]
    assert [row["expiration_epoch"] for row in rows["committee_member"]] == [600, 601]
    assert [(row["quorum_numerator"], row["quorum_denominator"]) for row in rows["committee"]] == [(2, 3)]
    assert [row["script_hash"] for row in rows["constitution"]] == [b"g" * 28]
    assert {row["type"] for row in rows["voting_anchor"]} == {"gov_action", "constitution"}
    assert stake_view(ACCOUNT) in {row["view"] for row in rows["stake_address"]}


PREVIOUS = '{"txId":"' + "74" * 32 + '","govActionIx":3}'
ONE, TWO = "6b" * 28, "73" * 28


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (InfoAction(), '{"tag":"InfoAction"}'),
        (NoConfidence(BEFORE), f'{{"tag":"NoConfidence","contents":{PREVIOUS}}}'),
        (NoConfidence(None), '{"tag":"NoConfidence","contents":null}'),
        (HardForkInitiation(BEFORE, 11, 0), f'{{"tag":"HardForkInitiation","contents":[{PREVIOUS},{{"major":11,"minor":0}}]}}'),
        (
            TreasuryWithdrawals(((bytes([0xE1]) + b"k" * 28, 10), (bytes([0xF1]) + b"s" * 28, 120_000_000_000_000)), b"k" * 28),
            '{"tag":"TreasuryWithdrawals","contents":['
            f'[[{{"network":"Mainnet","credential":{{"scriptHash":"{TWO}"}}}},120000000000000],'
            f'[{{"network":"Mainnet","credential":{{"keyHash":"{ONE}"}}}},10]],"{ONE}"]}}',
        ),
        (
            UpdateCommittee(BEFORE, (KEY, SCRIPT), ((SCRIPT, 653), (KEY, 372)), (4, 6)),
            f'{{"tag":"UpdateCommittee","contents":[{PREVIOUS},[{{"scriptHash":"{TWO}"}},{{"keyHash":"{ONE}"}}],'
            f'{{"keyHash-{ONE}":372,"scriptHash-{TWO}":653}},{{"numerator":2,"denominator":3}}]}}',
        ),
        (
            NewConstitution(None, Anchor("https://é.org", b"h" * 32), None),
            f'{{"tag":"NewConstitution","contents":[null,{{"anchor":{{"url":"https://é.org","dataHash":"{"68" * 32}"}}}}]}}',
        ),
        (
            ParameterChange(
                None,
                ProtocolParamUpdate(
                    {27: 5, 10: [3, 1000], 11: [1, 3], 18: {2: [7, -8]}, 19: [[577, 10_000], [721, 10_000_000]], 20: [14, 2**60]}
                ),
                None,
            ),
            '{"tag":"ParameterChange","contents":[null,{"costModels":{"PlutusV3":[7,-8]},'
            '"treasuryCut":{"numerator":1,"denominator":3},"committeeMinSize":5,"monetaryExpansion":0.003,'
            '"executionUnitPrices":{"priceSteps":0.0000721,"priceMemory":0.0577},'
            '"maxTxExecutionUnits":{"steps":"1152921504606846976","memory":14}},null]}',
        ),
    ],
)
def test_descriptions_are_the_ledgers_json(action: GovAction, text: str) -> None:
    """Shapes as Koios and Blockfrost show them from db-sync's jsonb: its order of keys too."""
    assert describe_action(action) == text
    json.loads(text)


def test_all_thresholds_are_named() -> None:
    update = ProtocolParamUpdate({25: [[51, 100]] * 5, 26: [[67, 100]] * 10, **dict.fromkeys(range(27, 33), 1), 33: [15, 1]})
    parameters_of_action = json.loads(describe_action(ParameterChange(None, update, None)))["contents"][1]
    assert set(parameters_of_action["poolVotingThresholds"].values()) == {0.51}
    assert len(parameters_of_action["poolVotingThresholds"]) == 5
    assert len(parameters_of_action["dRepVotingThresholds"]) == 10
    assert parameters_of_action["minFeeRefScriptCostPerByte"] == 15
    assert not any(name.isdigit() for name in parameters_of_action)


def test_a_quorum_is_in_lowest_terms() -> None:
    """The ledger reads it as a rational; db-sync shows that one's parts."""
    tx = EMPTY_TX._replace(proposals=[proposed(UpdateCommittee(None, (), (), quorum)) for quorum in ((4, 6), (0, 7), (1, 1))])
    rows = rows_of("governance", [block_of(tx)])["committee"]
    assert [(row["quorum_numerator"], row["quorum_denominator"]) for row in rows] == [(2, 3), (0, 1), (1, 1)]


def test_a_votes_index_counts_within_its_voter_in_the_order_of_actions() -> None:
    """db-sync: `zip [0 ..]` over each voter's map."""
    first, second, third = GovActionId(b"a" * 32, 0), GovActionId(b"a" * 32, 2), GovActionId(b"b" * 32, 0)
    cast = [(4, b"p", third), (4, b"p", first), (4, b"p", second), (2, b"d", second), (3, b"d", first)]
    votes = [Vote(kind, who * 28, action, 1, None) for kind, who, action in cast]
    rows = rows_of("governance", [block_of(EMPTY_TX._replace(votes=votes))])["voting_procedure"]
    assert [row["index"] for row in rows] == [2, 0, 1, 0, 0]
    assert [row["id"] & 4095 for row in rows] == [0, 1, 2, 3, 4]


def test_votes_of_all_voters() -> None:
    votes = [Vote(kind, bytes([kind]) * 28, BEFORE, kind % 3, ANCHOR if kind else None) for kind in range(5)]
    rows = rows_of("governance", [block_of(EMPTY_TX._replace(votes=votes))])
    vote_rows = rows["voting_procedure"]
    assert [row["voter_role"] for row in vote_rows] == [
        "ConstitutionalCommittee",
        "ConstitutionalCommittee",
        "DRep",
        "DRep",
        "SPO",
    ]
    assert [row["vote"] for row in vote_rows] == ["No", "Yes", "Abstain", "No", "Yes"]
    for row in vote_rows:
        assert sum(row[name] is not None for name in ("committee_voter", "drep_voter", "pool_voter")) == 1
        assert (row["gov_action_tx_hash"], row["gov_action_index"]) == BEFORE
    assert len(rows["voting_anchor"]) == 1
    assert [row["has_script"] for row in rows["drep_hash"]] == [0, 1]


def test_representatives_and_the_committee() -> None:
    certificates: list[Certificate] = [
        DRepRegistration(KEY, 500, ANCHOR),
        DRepUpdate(KEY, None),
        DRepDeregistration(SCRIPT, 500),
        CommitteeHotAuth(KEY, SCRIPT),
        CommitteeResignation(KEY, ANCHOR),
        *(VoteDelegation(KEY, DRep(kind, None if kind > 1 else b"d" * 28)) for kind in range(4)),
    ]
    rows = rows_of("governance", [block_of(EMPTY_TX._replace(certificates=list(enumerate(certificates))))])
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
