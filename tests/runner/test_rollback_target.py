"""How deep a rollback may be, and to which block the database rolls back: without a node."""

from __future__ import annotations

import pytest

from nectar.cardano.point import ORIGIN, Numbered, Point
from nectar.coverage import Coverage
from nectar.errors import FatalError, SourceError
from nectar.genesis.files import network
from nectar.runner.follow.rollback import STABLE, RollbackLimit, nearest, refuse_too_deep, rollback_target
from nectar.sinks.null import NullSink
from nectar.sources.events import RollBackward
from nectar.sources.node.chain_sync import Tip
from tests.runner.chains import blocks, filled

PREVIEW, PREPROD = network("preview"), network("preprod")
K = PREVIEW.security_parameter
LONG = blocks(1_000)
TIP = Tip(*LONG[-1])


def code_of(to: Numbered, highest: int, accepted: int = 0) -> str:
    """Of the refusal; empty when there is none."""
    try:
        refuse_too_deep(to, filled(LONG), TIP, RollbackLimit(PREVIEW, highest, accepted))
    except SourceError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("highest", "depth", "accepted", "code"),
    [
        (999, K, 0, ""),
        (999, K + 1, 0, "NEC-W012"),
        (999, K + 1, K + 1, ""),
        (999, K + 2, K + 1, "NEC-W012"),
        (999, K, 1, ""),  # what a person accepts never makes the limit smaller
        (999 + 5, K - 4, 0, "NEC-W012"),  # rolled back before: several forks go no deeper than one
        (999 + 5, K - 5, 0, ""),
    ],
)
def test_k_blocks_count_from_the_highest_that_was_ever_committed(highest: int, depth: int, accepted: int, code: str) -> None:
    assert code_of(LONG[999 - depth], highest, accepted) == code


def test_the_origin_has_no_number_and_is_as_deep_as_the_chain_is_long() -> None:
    assert code_of(Numbered(ORIGIN), K - 1) == ""
    assert code_of(Numbered(ORIGIN), K) == "NEC-W012"


@pytest.mark.parametrize(("slots", "code"), [(STABLE * K, ""), (STABLE * K + 1, "NEC-W012")])
def test_where_numbers_are_not_known_slots_tell(slots: int, code: str) -> None:
    sparse = blocks(2, step=STABLE * K + 5_000)
    to = Numbered(Point(sparse[-1].point.slot - slots, bytes(32)))
    try:
        refuse_too_deep(to, filled(sparse), TIP, RollbackLimit(PREVIEW, -1))
        refused = ""
    except SourceError as error:
        refused = error.code
        assert f"{slots:,} slots back" in error.what
    assert refused == code


def test_a_refusal_says_both_ends_and_what_would_accept_it() -> None:
    with pytest.raises(SourceError) as caught:
        refuse_too_deep(LONG[0], filled(LONG), TIP, RollbackLimit(PREVIEW, 999))
    assert caught.value.what == (
        f"the newest block that the database and the node's chain surely share is {LONG[0].point} (number 0), "
        f"999 blocks before number 999, the highest that was committed: on preview a fork goes back at most k = {K} blocks. "
        f"The database's last block is {LONG[-1].point} (number 999), 19,980 slots after that; the node's tip is "
        f"{LONG[-1].point} (number 999)"
    )
    assert "--accept-deep-rollback 999" in caught.value.hint


def target(event: RollBackward, sink: NullSink, *, first_slot: int = -1, met: Point = ORIGIN, preprod: bool = False) -> Numbered:
    limit = RollbackLimit(PREPROD if preprod else PREVIEW, 999)
    return rollback_target(event, sink, TIP, limit, first_slot=first_slot, met=met)


def test_a_known_block_is_rolled_back_to_with_its_number() -> None:
    assert target(RollBackward(LONG[990].point), filled(LONG)) == LONG[990]


def test_an_unknown_point_is_rolled_back_to_where_the_node_tells_its_number_or_the_chains_met_there() -> None:
    known, between = filled(LONG[::10]), LONG[985]
    assert target(RollBackward(between.point, 985), known) == between
    assert target(RollBackward(between.point), known, met=between.point) == Numbered(between.point)
    assert target(RollBackward(between.point), known) == LONG[980]


def test_a_slot_that_two_byron_blocks_may_share_is_left_whole() -> None:
    """The second epoch of preprod's Byron era begins with a boundary block; rows of its slot cannot be told apart."""
    byron = blocks(1_090)
    shared = Numbered(Point(21_600, byron[1_080].point.hash), 1_080)
    known = filled([*byron[:1_080], shared, *byron[1_081:]])
    assert target(RollBackward(shared.point), known, preprod=True) == byron[1_079]
    assert target(RollBackward(byron[1_081].point), known, preprod=True) == byron[1_081]
    assert target(RollBackward(shared.point), known) == shared  # preview has no Byron era


def test_nothing_before_the_plans_start_is_rolled_back_to_unless_it_is_known() -> None:
    late = filled(LONG[900:], first_slot=LONG[900].point.slot)
    with pytest.raises(FatalError) as caught:
        target(RollBackward(LONG[899].point, 899), late, first_slot=LONG[900].point.slot)
    assert caught.value.code == "NEC-W009"
    known = filled(LONG[899:], first_slot=LONG[900].point.slot)
    assert target(RollBackward(LONG[899].point), known, first_slot=LONG[900].point.slot) == LONG[899]


def test_a_target_that_is_too_deep_is_refused() -> None:
    with pytest.raises(SourceError) as caught:
        target(RollBackward(LONG[999 - K - 1].point), filled(LONG))
    assert caught.value.code == "NEC-W012"
    assert target(RollBackward(LONG[999 - K].point), filled(LONG)) == LONG[999 - K]


def test_the_nearest_block_of_some_slots() -> None:
    sink = NullSink()
    slots = Coverage(LONG[10].point.slot, LONG[20].point.slot)
    assert nearest(sink, LONG, slots, last=False) == LONG[10]
    assert nearest(sink, LONG, slots, last=True) == LONG[20]
    assert nearest(sink, LONG, Coverage(5, 15), last=True) is None
