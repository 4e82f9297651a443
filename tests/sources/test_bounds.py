"""Start and end in every form of the plan, made into blocks of real chunk files."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nectar.cardano.point import ORIGIN, Point
from nectar.config.plan.bounds import (
    AtBlock,
    AtCheckpoint,
    AtDate,
    AtEpoch,
    AtEra,
    AtOrigin,
    AtPoint,
    AtSlot,
    Bound,
    FollowTip,
    TipMinus,
)
from nectar.errors import SourceError
from nectar.sources.immutable import lookup
from nectar.sources.immutable.bounds import ResolvedRange, resolve_range
from nectar.sources.immutable.facts import ChainFacts
from nectar.sources.immutable.source import ImmutableSource
from tests.sources.networks import MAINNET, PREPROD, PREVIEW, PreviewCalendar, Row, expected

CALENDAR = PreviewCalendar()


@pytest.fixture(scope="module")
def rows(chain: Path) -> list[Row]:
    return expected(chain, "preview-00000-00239")


@pytest.fixture
def preview(chain: Path) -> ImmutableSource:
    return ImmutableSource(chain / "preview", PREVIEW)


def point(row: Row) -> Point:
    return Point(row.slot, bytes.fromhex(row.hash))


def day(day_of_month: int, hour: int = 0, month: int = 10) -> datetime:
    return datetime(2022, month, day_of_month, hour, tzinfo=UTC)


def test_every_form_of_start(preview: ImmutableSource, rows: list[Row]) -> None:
    wanted: list[tuple[Bound, int, str]] = [
        (AtSlot(100_001), 100_001, "slot 100001, first"),
        (AtEra("babbage"), 259_200, "era babbage = slot 259200"),
        (AtEpoch(5), 432_000, "epoch 5 = slot 432000"),
        (AtDate(day(27), True), 172_800, "2022-10-27 = slot 172800"),
        (AtDate(day(27, 6), False), 194_400, "2022-10-27 06:00:00 UTC = slot 194400"),
        (AtPoint(*point(rows[77])), rows[77].slot, f"point {point(rows[77])}"),
        (AtBlock(point(rows[30_000]).hash), rows[30_000].slot, "block hash, first"),
        (AtCheckpoint(point(rows[30_000]).hash), rows[30_000].slot + 1, f"after checkpoint {point(rows[30_000])}"),
        (AtCheckpoint(point(rows[215]).hash), rows[215].slot + 1, "after checkpoint"),
        (AtCheckpoint(point(rows[215]).hash, rows[215].slot), rows[215].slot + 1, "after checkpoint"),
        (TipMinus(0), rows[-1].slot, "tip-0"),
        (TipMinus(2160), rows[-2161].slot, "tip-2160"),
    ]
    for bound, slot, text in wanted:
        resolved = resolve_range(preview, bound, FollowTip(), CALENDAR)
        first = next(each for each in rows if each.slot >= slot)
        assert (resolved.first_slot, resolved.first, resolved.start) == (slot, point(first), point(first)), bound
        start_line, end_line = resolved.how.split("\n")
        assert start_line.startswith(f"start: {text}"), bound
        assert start_line.endswith(f"first block {point(first)} (block {first.block_no})"), bound
        assert end_line == f"end: the tip, last block {point(rows[-1])} (block {rows[-1].block_no})"
        assert (resolved.end, resolved.last_slot, resolved.follows) == (point(rows[-1]), rows[-1].slot, True)


def test_the_origin(preview: ImmutableSource, rows: list[Row]) -> None:
    resolved = resolve_range(preview, AtOrigin(), TipMinus(1), CALENDAR)
    assert (resolved.start, resolved.first, resolved.first_slot) == (ORIGIN, point(rows[0]), 0)
    assert (resolved.end, resolved.follows) == (point(rows[-2]), False)


def test_every_form_of_end(preview: ImmutableSource, rows: list[Row]) -> None:
    wanted: list[tuple[Bound, int, str]] = [
        (AtSlot(100_001), 100_001, "slot 100001, last"),
        (AtEra("alonzo"), 259_199, "era alonzo = slot 259199"),
        (AtEpoch(5), 518_399, "epoch 5 = slot 518399"),
        (AtEpoch(11), 1_036_799, "epoch 11 = slot 1036799"),
        (AtDate(day(27), True), 259_199, "2022-10-27 = slot 259199"),
        (AtDate(day(27, 6), False), 194_399, "2022-10-27 06:00:00 UTC = slot 194399"),
        (AtPoint(*point(rows[77])), rows[77].slot, f"point {point(rows[77])}"),
        (AtBlock(point(rows[30_000]).hash), rows[30_000].slot, "block hash"),
        (TipMinus(2160), rows[-2161].slot, "tip-2160"),
        (TipMinus(len(rows) - 1), 0, f"tip-{len(rows) - 1}"),
    ]
    for bound, slot, text in wanted:
        resolved = resolve_range(preview, AtSlot(0), bound, CALENDAR)
        last = [each for each in rows if each.slot <= slot][-1]
        assert (resolved.last_slot, resolved.end, resolved.follows) == (slot, point(last), False), bound
        assert resolved.how.split("\n")[1].startswith(f"end: {text}"), bound
        assert resolved.how.endswith(f"last block {point(last)} (block {last.block_no})"), bound


def test_an_era_that_has_not_ended_ends_at_the_tip(preview: ImmutableSource, rows: list[Row]) -> None:
    resolved = resolve_range(preview, AtSlot(0), AtEra("conway"), CALENDAR)
    assert (resolved.end, resolved.follows) == (point(rows[-1]), True)


def test_the_range_gives_its_blocks(preview: ImmutableSource, rows: list[Row]) -> None:
    resolved = resolve_range(preview, AtEpoch(2), AtEpoch(3), CALENDAR)
    given = [event.point for event in preview.between(resolved.first, resolved.end)]
    assert given == [point(each) for each in rows if 172_800 <= each.slot < 345_600]


@pytest.mark.parametrize(
    ("start", "end", "code", "match"),
    [
        (AtSlot(1_036_800), FollowTip(), "NEC-S008", "slot 1036800 is outside .* it holds slots 0 to 1036787"),
        (AtEpoch(12), FollowTip(), "NEC-S008", "epoch 12 = slot 1036800 is outside"),
        (AtDate(day(6, month=11), True), FollowTip(), "NEC-S008", "2022-11-06 = slot 1036800 is outside"),
        (AtSlot(0), AtSlot(1_036_800), "NEC-S008", "slot 1036800 is outside"),
        (AtSlot(0), AtEpoch(12), "NEC-S008", "epoch 12 = slot 1123199 is outside"),
        (TipMinus(46_714), FollowTip(), "NEC-S008", "tip-46714 is outside"),
        (TipMinus(1 << 80), FollowTip(), "NEC-S008", "is outside"),
        (AtSlot(1 << 80), FollowTip(), "NEC-S008", "is outside"),
        (AtPoint(9_999_999, bytes(32)), FollowTip(), "NEC-S008", "point 9999999"),
        (AtPoint(20, bytes(32)), FollowTip(), "NEC-S009", "the block at slot 20 is cd619529.*, not 00000000"),
        (AtPoint(21, bytes(32)), FollowTip(), "NEC-S009", "no block stands at slot 21"),
        (AtBlock(bytes(32)), FollowTip(), "NEC-S009", "no block has the hash 0000"),
        (AtSlot(0), AtBlock(bytes(32)), "NEC-S009", "no block has the hash 0000"),
        (AtCheckpoint(bytes(32)), FollowTip(), "NEC-S009", "no block has the hash 0000"),
        (FollowTip(), FollowTip(), "NEC-S012", "cannot start beyond the tip"),
        (AtSlot(0), AtOrigin(), "NEC-S012", "cannot end at the origin"),
        (AtSlot(0), AtCheckpoint(bytes(32)), "NEC-S012", "cannot end at the origin or after"),
        (AtSlot(500), AtSlot(400), "NEC-S012", "the start comes after the end"),
        (AtSlot(21), AtSlot(30), "NEC-S012", "no block stands between"),
    ],
)
def test_bounds_that_cannot_be(preview: ImmutableSource, start: Bound, end: Bound, code: str, match: str) -> None:
    with pytest.raises(SourceError, match=match) as caught:
        resolve_range(preview, start, end, CALENDAR)
    assert caught.value.code == code
    assert str(preview.folder.path) in caught.value.where


def test_a_checkpoint_at_the_tip_has_nothing_after_it(preview: ImmutableSource, rows: list[Row]) -> None:
    with pytest.raises(SourceError, match="what follows the checkpoint"):
        resolve_range(preview, AtCheckpoint(point(rows[-1]).hash), FollowTip(), CALENDAR)


def late(chain: Path) -> ImmutableSource:
    return ImmutableSource(chain / "preview-late", PREVIEW)


def test_a_start_in_mid_chain_needs_no_earlier_chunk(chain: Path) -> None:
    source = late(chain)
    resolved = resolve_range(source, AtSlot(8_893 * 4_320), AtSlot(8_895 * 4_320 - 1), CALENDAR)
    assert len(list(source.between(resolved.first, resolved.end))) == 347
    single = resolve_range(source, AtSlot(22_477 * 4_320), AtSlot(22_478 * 4_320 - 1), CALENDAR)
    assert len(list(source.between(single.first, single.end))) == 7
    assert single.last_slot == 22_478 * 4_320 - 1


@pytest.mark.parametrize(
    ("start", "end", "missing"),
    [
        (8_894 * 4_320, 22_450 * 4_320 - 1, "08895.chunk to 22448.chunk missing"),
        (22_477 * 4_320, None, "22478.chunk to 22480.chunk missing"),
        (22_476 * 4_320, None, "22476.chunk missing"),
        (8_893 * 4_320, 22_476 * 4_320, "22476.chunk missing"),
    ],
)
def test_a_range_across_a_gap_names_what_is_missing(chain: Path, start: int, end: int | None, missing: str) -> None:
    with pytest.raises(SourceError, match=missing) as caught:
        resolve_range(late(chain), AtSlot(start), AtSlot(end) if end else FollowTip(), CALENDAR)
    assert caught.value.code == "NEC-S002"


@pytest.mark.parametrize(("start", "what"), [(AtSlot(5), "slot 5"), (AtOrigin(), "the origin")])
def test_a_start_before_the_first_chunk(chain: Path, start: Bound, what: str) -> None:
    with pytest.raises(SourceError, match=f"{what} is outside of what the folder holds: it holds slots 38417768 to"):
        resolve_range(late(chain), start, FollowTip(), CALENDAR)


def last_chunks(chain: Path, to: Path, *kinds: str) -> ImmutableSource:
    for number in (238, 239):
        for kind in kinds:
            shutil.copyfile(chain / "preview" / "immutable" / f"{number:05}.{kind}", to / f"{number:05}.{kind}")
    return ImmutableSource(to, PREVIEW)


def ends_with_epoch_11(source: ImmutableSource) -> ResolvedRange:
    return resolve_range(source, AtSlot(239 * 4_320), AtEpoch(11), CALENDAR)


def test_an_end_after_the_last_block_of_an_unfinished_chunk_is_refused(chain: Path, tmp_path: Path) -> None:
    source = last_chunks(chain, tmp_path, "chunk", "secondary", "primary")
    assert ends_with_epoch_11(source).last_slot == 1_036_799
    primary = tmp_path / "00239.primary"
    primary.write_bytes(primary.read_bytes()[:-8])
    with pytest.raises(SourceError, match="epoch 11 = slot 1036799 is outside"):
        ends_with_epoch_11(source)


def test_without_index_files_no_more_is_claimed_than_the_last_block(chain: Path, tmp_path: Path) -> None:
    resolved = ends_with_epoch_11(last_chunks(chain, tmp_path, "chunk"))
    assert resolved.last_slot == resolved.end.slot == 1_036_787
    assert "Nectar cannot tell whether more belong there" in resolved.how


@pytest.mark.parametrize("kinds", [("chunk", "secondary"), ("chunk",)])
def test_a_hash_is_found_with_and_without_index(chain: Path, tmp_path: Path, rows: list[Row], kinds: tuple[str]) -> None:
    source = last_chunks(chain, tmp_path, *kinds)
    for each in (rows[-1], rows[-200], rows[-300]):
        block = lookup.by_hash(source, point(each).hash)
        assert block is not None
        assert block.point == point(each)
    assert lookup.by_hash(source, bytes(32)) is None
    if len(kinds) == 2:
        (tmp_path / "00239.secondary").write_bytes((tmp_path / "00239.secondary").read_bytes()[: 56 * 5])
        assert lookup.by_hash(source, point(rows[-1]).hash) is not None


@pytest.mark.parametrize(
    ("folder", "facts", "name"), [("mainnet", MAINNET, "mainnet-01000"), ("preprod", PREPROD, "preprod-01836")]
)
def test_points_of_other_networks(chain: Path, folder: str, facts: ChainFacts, name: str) -> None:
    source = ImmutableSource(chain / folder, facts)
    each = expected(chain, name)
    resolved = resolve_range(source, AtBlock(point(each[3]).hash), TipMinus(3), CALENDAR)
    assert [event.point for event in source.between(resolved.first, resolved.end)] == [point(row) for row in each[3:-3]]
