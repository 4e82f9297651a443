"""Where a database's chain and a node's meet, and whether the database's newest block is the node's: without a node."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.cardano.point import ORIGIN, Numbered, Point
from nectar.cardano.position import LAST_SLOT
from nectar.coverage import Coverage
from nectar.errors import SourceError
from nectar.genesis.files import network
from nectar.runner.follow.intersect import UnconfirmedTip, intersect
from nectar.runner.follow.rollback import ROUNDS, RollbackLimit, newest_common
from nectar.sinks.null import NullSink
from nectar.sources.events import RollForward
from tests.runner.chains import Blocks, PointChain, blocks, filled

PREVIEW = network("preview")
K = PREVIEW.security_parameter
LONG = blocks(1_000)
TO_THE_TIP = Coverage(LONG[-1].point.slot + 1, LAST_SLOT)


def limit(chain: Blocks = LONG, accepted: int = 0) -> RollbackLimit:
    return RollbackLimit(PREVIEW, chain[-1].block_no if chain else -1, accepted)


@settings(max_examples=60, deadline=None)
@given(common=st.integers(0, 1_500), ours=st.integers(0, 1_500), theirs=st.integers(0, 1_500))
def test_the_newest_common_block_is_exact_and_found_in_few_questions(common: int, ours: int, theirs: int) -> None:
    shared = blocks(common)
    node = PointChain(blocks(theirs, fork=2, parent=shared))
    our_points = [block.point for block in reversed(blocks(ours, fork=1, parent=shared))]
    assert newest_common(node, our_points, []) == (shared[-1].point if shared else ORIGIN)
    assert len(node.asked) <= ROUNDS + 1
    assert max(map(len, node.asked)) <= 150


def test_a_database_that_is_behind_goes_on_after_its_newest_block() -> None:
    node = PointChain(blocks(50, parent=LONG))
    met = intersect(node, filled(LONG), TO_THE_TIP, limit(), [], loads_again=False)
    assert (met.at, met.unconfirmed) == (LONG[-1], None)
    assert met.ours[0] == LONG[-1].point


def test_an_empty_database_begins_at_the_origin_or_at_the_newest_landmark_before_the_gap() -> None:
    marks = [LONG[3], LONG[500], LONG[900]]
    sink, unknown = NullSink(), RollbackLimit(PREVIEW, -1)
    assert intersect(PointChain(LONG), sink, Coverage(-1, LAST_SLOT), unknown, marks, loads_again=False).at == Numbered(ORIGIN)
    gap = Coverage(LONG[700].point.slot, LAST_SLOT)
    assert intersect(PointChain(LONG), sink, gap, unknown, marks, loads_again=False).at == LONG[500]


def test_a_landmark_after_the_databases_blocks_is_nearer_to_the_gap() -> None:
    sink = filled(LONG[:100])
    gap = Coverage(LONG[800].point.slot, LAST_SLOT)
    assert intersect(PointChain(LONG), sink, gap, limit(LONG[:100]), [LONG[50], LONG[500]], loads_again=False).at == LONG[500]


def test_a_node_that_is_behind_confirms_nothing_yet() -> None:
    node = PointChain(LONG[:600])
    unconfirmed = intersect(node, filled(LONG), TO_THE_TIP, limit(), [], loads_again=False).unconfirmed
    assert unconfirmed == UnconfirmedTip(LONG[-1].point, frozenset(block.point for block in LONG), LONG[599], True)


@pytest.mark.parametrize("depth", [1, 3, K])
def test_a_fork_within_k_blocks_is_seen(depth: int) -> None:
    node = PointChain(blocks(depth + 1, fork=1, parent=LONG[:-depth]))
    unconfirmed = intersect(node, filled(LONG), TO_THE_TIP, limit(), [], loads_again=False).unconfirmed
    assert unconfirmed is not None
    assert unconfirmed.common == LONG[-depth - 1]


@pytest.mark.parametrize(("depth", "accepted"), [(K + 1, 0), (K + 2, K + 1)])
def test_a_deeper_fork_is_refused_unless_a_person_accepts_it(depth: int, accepted: int) -> None:
    node = PointChain(blocks(depth + 1, fork=1, parent=LONG[:-depth]))
    with pytest.raises(SourceError) as caught:
        intersect(node, filled(LONG), TO_THE_TIP, limit(accepted=accepted), [], loads_again=False)
    assert caught.value.code == "NEC-W012"
    assert intersect(node, filled(LONG), TO_THE_TIP, limit(accepted=depth), [], loads_again=False).unconfirmed is not None


def test_a_node_with_none_of_many_points_is_of_another_chain() -> None:
    sparse = blocks(1_000, step=60)
    gap = Coverage(sparse[-1].point.slot + 1, LAST_SLOT)
    with pytest.raises(SourceError) as caught:
        intersect(PointChain(blocks(2_000, fork=1)), filled(sparse, first_slot=0), gap, limit(sparse), [], loads_again=False)
    assert caught.value.code == "NEC-W008"


@pytest.mark.parametrize("loads_again", [False, True])
def test_blocks_after_the_gap_must_be_the_nodes_before_anything_is_loaded(loads_again: bool) -> None:
    later = blocks(1_000, fork=1)[990:]
    node, sink = PointChain(LONG), filled(later, first_slot=later[0].point.slot)
    gap = Coverage(-1, later[0].point.slot - 1)
    with pytest.raises(SourceError) as caught:
        intersect(node, sink, gap, RollbackLimit(PREVIEW, later[-1].block_no + K), [], loads_again=loads_again)
    assert caught.value.code == "NEC-W012"
    assert node.asked == [[later[0].point]]


def test_slots_that_are_loaded_again_must_be_the_nodes_too() -> None:
    """The gap has no block before it; its own are on a fork."""
    node = PointChain(blocks(5, fork=1, parent=LONG[:-3]))
    gap = Coverage(-1, LAST_SLOT)
    assert intersect(node, filled(LONG), gap, limit(), [], loads_again=False).unconfirmed is None
    again = intersect(node, filled(LONG), gap, limit(), [], loads_again=True)
    assert again.unconfirmed is not None
    assert again.at == LONG[-4]


def test_slots_that_are_loaded_again_keep_the_databases_points() -> None:
    met = intersect(PointChain(LONG), filled(LONG), Coverage(-1, LAST_SLOT), limit(), [], loads_again=True)
    assert (met.at, met.unconfirmed) == (Numbered(ORIGIN), None)
    assert list(met.ours) == [block.point for block in reversed(LONG)]


def forward(block: Numbered) -> RollForward:
    return RollForward(b"\x82\x01", block.point, block.block_no)


def test_an_unconfirmed_tip_learns_from_each_block_of_the_node() -> None:
    start = UnconfirmedTip(LONG[-1].point, frozenset(block.point for block in LONG), Numbered(ORIGIN), False)
    fork = blocks(5, fork=1, parent=LONG[:-3])
    after_ours, after_other = start.after(forward(LONG[7])), start.after(forward(fork[-1]))
    assert (after_ours.common, after_ours.common_is_ours) == (LONG[7], True)
    assert after_other == start
    newest = start.newest
    cases = [(LONG[-2].point, False), (newest, False), (Point(newest.slot, bytes(32)), True), (fork[-1].point, True)]
    for point, answer in cases:
        assert start.was_on_a_fork(point) is answer
