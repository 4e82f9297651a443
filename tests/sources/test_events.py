"""What the source gives, with index files and without, is what an independent parser read from the same files."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from nectar.cardano.point import ORIGIN, Point
from nectar.errors import SourceError
from nectar.sources.events import RollBackward, RollForward
from nectar.sources.immutable import chunk
from nectar.sources.immutable.chunk import located
from nectar.sources.immutable.chunk_file import ChunkBlock, ChunkFile
from nectar.sources.immutable.facts import ChainFacts
from nectar.sources.immutable.source import ImmutableSource
from nectar.sources.registry import SOURCES
from tests.conftest import ROOT
from tests.sources.networks import DEVNET, MAINNET, PREPROD, PREVIEW, Row, expected

RUNS = [
    ("mainnet/immutable", MAINNET, ["mainnet-00500", "mainnet-01000"]),
    ("preprod/immutable", PREPROD, ["preprod-00000", "preprod-01285", "preprod-01836"]),
    ("preview-late/immutable", PREVIEW, ["preview-late"]),
]


def row(block: ChunkBlock) -> Row:
    prev = block.prev_hash.hex() if block.prev_hash else ""
    return Row(block.point.slot, block.block_no, block.point.hash.hex(), prev)


def chunk_by_chunk(source: ImmutableSource) -> list[Row]:
    """Every block of a folder, gaps between its chunks or not."""
    return [row(block) for file in source.folder.chunks for block in source.chunk(file)]


def without_index(folder: Path, to: Path) -> Path:
    for file in folder.glob("*.chunk"):
        shutil.copyfile(file, to / file.name)
    return to


@pytest.mark.parametrize(("folder", "facts", "names"), RUNS)
@pytest.mark.parametrize("indexed", [True, False])
def test_blocks_are_what_another_parser_read(
    chain: Path, tmp_path: Path, folder: str, facts: ChainFacts, names: list[str], indexed: bool
) -> None:
    path = chain / folder if indexed else without_index(chain / folder, tmp_path)
    source = ImmutableSource(path, facts)
    numbers = {file.number for file in source.folder.chunks}
    wanted = [each for name in names for each in expected(chain, name) if facts.chunk_of(each.slot) in numbers]
    assert chunk_by_chunk(source) == wanted
    assert source.notes == []


@pytest.mark.parametrize("indexed", [True, False])
def test_twelve_epochs_of_preview_in_one_go(chain: Path, tmp_path: Path, indexed: bool) -> None:
    path = chain / "preview" if indexed else without_index(chain / "preview" / "immutable", tmp_path)
    source = ImmutableSource(path, PREVIEW)
    given = [(event.point.slot, event.point.hash.hex(), len(event.raw)) for event in source.blocks()]
    wanted = expected(chain, "preview-00000-00239")
    assert [(slot, digest) for slot, digest, _ in given] == [(each.slot, each.hash) for each in wanted]
    assert sum(size for *_, size in given) == sum(file.path.stat().st_size for file in source.folder.chunks)
    assert str(source.tip()) == f"{wanted[-1].slot}.{wanted[-1].hash}"


def test_a_whole_small_database_of_a_devnet(chain: Path) -> None:
    folder = chain / "vectors" / "mithril-devnet-immutable"
    source = ImmutableSource(folder, DEVNET)
    points = [event.point for event in source.blocks(after=ORIGIN)]
    assert len(points) == 400
    for part in json.loads((folder / "expected.json").read_text())["chunks"]:
        mine = [point for point in points if point.slot // 100 == int(part["n"])]
        assert len(mine) == part["blocks"]
        assert [[mine[0].slot, mine[0].hash.hex()], [mine[-1].slot, mine[-1].hash.hex()]] == [part["first"], part["last"]]


@pytest.mark.parametrize(("name", "blocks"), [("02019", 5), ("02272", 14), ("10366", 59)])
def test_an_index_that_does_not_fit_its_chunk_is_not_followed(chain: Path, name: str, blocks: int, tmp_path: Path) -> None:
    broken = chain / "vectors" / "broken-indexes"
    facts = PREVIEW if name == "10366" else PREPROD
    for kind in ("chunk", "secondary", "primary"):
        shutil.copyfile(broken / f"{name}.{kind}", tmp_path / f"{name}.{kind}")
    with_index = ImmutableSource(tmp_path, facts)
    rows = chunk_by_chunk(with_index)
    assert len(rows) == blocks
    assert len(with_index.notes) == 1
    (tmp_path / f"{name}.secondary").unlink()
    assert chunk_by_chunk(ImmutableSource(tmp_path, facts)) == rows


@pytest.mark.parametrize(("name", "blocks"), [("preview-conway-3319101-3319200", 100), ("sanchonet-04831", 221)])
def test_runs_of_blocks_without_any_index(chain: Path, name: str, blocks: int) -> None:
    scanned = list(located(ChunkFile(0, chain / "runs" / f"{name}.chunk", True), 21_600, pytest.fail))
    assert [each.block_no for each in scanned] == list(range(scanned[0].block_no, scanned[0].block_no + blocks))
    assert all(after.prev_hash == before.point.hash for before, after in pairwise(scanned))
    if name.startswith("preview"):
        wanted = expected(chain, "preview-late")
        assert [row(each) for each in scanned] == [each for each in wanted if 3_319_101 <= each.block_no <= 3_319_200]


def test_every_kind_of_the_schema_has_a_source() -> None:
    schema = json.loads((ROOT / "schemas/plan.schema.json").read_text())
    assert list(SOURCES) == schema["properties"]["source"]["properties"]["kind"]["enum"]
    assert all(callable(source.follow) for source in SOURCES.values())


@pytest.fixture
def preview(chain: Path) -> ImmutableSource:
    return ImmutableSource(chain / "preview", PREVIEW)


def test_following_goes_on_after_the_newest_known_point(chain: Path, preview: ImmutableSource) -> None:
    rows = expected(chain, "preview-00000-00239")
    points = [Point(each.slot, bytes.fromhex(each.hash)) for each in rows]
    tail = list(preview.follow([points[100], points[-4], ORIGIN]))
    assert [event.point for event in tail] == points[-3:]
    assert all(isinstance(event, RollForward) for event in tail)
    assert list(preview.follow([points[-1]])) == []


def test_following_leaves_a_fork_first(chain: Path, preview: ImmutableSource) -> None:
    rows = expected(chain, "preview-00000-00239")
    points = [Point(each.slot, bytes.fromhex(each.hash)) for each in rows]
    forked = Point(points[-2].slot, bytes(32))
    events = list(preview.follow([points[-5], forked]))
    assert events[0] == RollBackward(points[-5])
    assert [event.point for event in events[1:]] == points[-4:]


def test_following_a_database_that_is_ahead_gives_nothing(chain: Path, preview: ImmutableSource) -> None:
    tip = preview.tip()
    assert list(preview.follow([Point(tip.slot + 100, bytes(32)), tip])) == []


def test_following_from_another_chain_is_refused(preview: ImmutableSource) -> None:
    with pytest.raises(SourceError, match="none of the points") as caught:
        list(preview.follow([Point(5000, bytes(32))]))
    assert caught.value.code == "NEC-S011"


def test_slots_choose_the_blocks(chain: Path, preview: ImmutableSource) -> None:
    rows = expected(chain, "preview-00000-00239")
    low, high = 259_200, 345_599
    given = [event.point.slot for event in preview.blocks(from_slot=low, to_slot=high)]
    assert given == [each.slot for each in rows if low <= each.slot <= high]
    assert next(preview.blocks(after=Point(rows[999].slot, bytes.fromhex(rows[999].hash)))).point.slot == rows[1000].slot


def test_only_the_chunks_of_the_range_are_read(preview: ImmutableSource, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = chunk.read_chunk

    def noted(path: Path) -> bytes:
        read.append(path.name)
        return real(path)

    monkeypatch.setattr(chunk, "read_chunk", noted)
    assert len(list(preview.blocks(from_slot=4_320 * 7, to_slot=4_320 * 9 - 1))) > 400
    assert read == ["00007.chunk", "00008.chunk"]


def test_the_block_before(chain: Path, preview: ImmutableSource) -> None:
    rows = expected(chain, "preview-00000-00239")
    points = [Point(each.slot, bytes.fromhex(each.hash)) for each in rows]
    crossing = next(index for index, point in enumerate(points) if point.slot >= 4_320 * 3)
    assert preview.previous_of(points[0]) == ORIGIN
    assert preview.previous_of(points[5]) == points[4]
    assert preview.previous_of(points[crossing]) == points[crossing - 1]
    mainnet = ImmutableSource(chain / "mainnet", MAINNET)
    first = expected(chain, "mainnet-01000")[0]
    assert mainnet.previous_of(Point(first.slot, bytes.fromhex(first.hash))) is None
    with pytest.raises(SourceError, match="not on this chain"):
        preview.previous_of(Point(20, bytes(32)))


def test_a_boundary_block_and_the_block_of_its_slot_are_told_apart(chain: Path) -> None:
    rows = expected(chain, "preprod-00000")
    source = ImmutableSource(chain / "preprod", PREPROD)
    points = [Point(each.slot, bytes.fromhex(each.hash)) for each in rows]
    assert [event.point for event in source.between(points[0], points[3])] == points[:4]
    assert [event.point for event in source.blocks(after=points[0], to_slot=21_599)] == points[1:]
    assert source.previous_of(points[1]) == points[0]
