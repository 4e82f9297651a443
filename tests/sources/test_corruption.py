"""Every kind of damage gives the designed error, or, where only an index is damaged, exactly the same blocks."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nectar.cardano.point import ORIGIN, Point
from nectar.errors import SourceError
from nectar.genesis.files import network
from nectar.sources.events import RollForward
from nectar.sources.immutable.chunk import linked
from nectar.sources.immutable.facts import ChainFacts, facts_of
from nectar.sources.immutable.source import ImmutableSource
from tests.node.forging import forged
from tests.sources.networks import DEVNET, MAINNET, PREPROD, PREVIEW

DESIGNED = {f"NEC-S{number:03}" for number in range(1, 14)}
CHUNKS = 4
SPOILT = ["zero", "short", "odd", "long", "beyond", "garbage", "other", "crc", "hash", "slot", "offset"]


@pytest.fixture
def folder(chain: Path, tmp_path: Path) -> Path:
    """The first four chunks of preview, indexes too, to be spoilt."""
    for number in range(CHUNKS):
        for kind in ("chunk", "secondary", "primary"):
            name = f"{number:05}.{kind}"
            shutil.copyfile(chain / "preview" / "immutable" / name, tmp_path / name)
    return tmp_path


def read(folder: Path, facts: ChainFacts = PREVIEW) -> list[RollForward]:
    return list(ImmutableSource(folder, facts).blocks())


def refused(folder: Path, code: str, match: str, facts: ChainFacts = PREVIEW) -> SourceError:
    with pytest.raises(SourceError, match=match) as caught:
        read(folder, facts)
    assert caught.value.code == code, caught.value
    assert caught.value.hint
    assert caught.value.where
    return caught.value


def spoil(file: Path, at: int, mask: int = 0x01) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= mask
    file.write_bytes(data)


def test_a_snapshot_whose_first_block_is_garbage(chain: Path) -> None:
    folder = chain / "vectors" / "mithril-devnet-immutable" / "parsing_error" / "immutable"
    error = refused(folder, "NEC-S004", "begins at byte 0 is damaged", DEVNET)
    assert error.where is not None
    assert "04831.chunk" in error.where


def test_no_folder_and_no_chunks(tmp_path: Path, chain: Path) -> None:
    for path, why in ((tmp_path / "nowhere", "no such folder"), (tmp_path, "no chunk files"), (chain / "README.md", "no such")):
        with pytest.raises(SourceError, match=why) as caught:
            ImmutableSource(path, PREVIEW)
        assert caught.value.code == "NEC-S001"


@pytest.mark.parametrize("below", [".", "immutable", "db/immutable"])
def test_the_folder_is_found_from_above(folder: Path, tmp_path_factory: pytest.TempPathFactory, below: str) -> None:
    top = tmp_path_factory.mktemp("top")
    shutil.copytree(folder, top / below, dirs_exist_ok=True)
    assert len(read(top)) == len(read(folder)) == 864


@pytest.mark.parametrize("where", [0.0, 0.3, 0.999])
@pytest.mark.parametrize("number", [0, 1, CHUNKS - 1])
def test_a_flipped_byte_is_found_by_its_checksum(folder: Path, number: int, where: float) -> None:
    file = folder / f"{number:05}.chunk"
    spoil(file, 3 + int((file.stat().st_size - 4) * where))
    error = refused(folder, "NEC-S004", "damaged")
    assert file.name in error.where
    assert "byte" in error.where


@pytest.mark.parametrize(("number", "hint"), [(1, "restore"), (CHUNKS - 1, "end before it")])
def test_a_cut_block_names_its_byte_and_how_many_precede_it(folder: Path, number: int, hint: str) -> None:
    file = folder / f"{number:05}.chunk"
    file.write_bytes(file.read_bytes()[:-1000])
    error = refused(folder, "NEC-S003", "215 whole blocks precede it")
    assert f"{file.name} at byte 216,0" in error.where
    assert hint in error.hint


def test_blocks_before_the_cut_can_be_had(folder: Path) -> None:
    whole = read(folder)
    file = folder / f"{CHUNKS - 1:05}.chunk"
    file.write_bytes(file.read_bytes()[:-1000])
    source = ImmutableSource(folder, PREVIEW)
    upto = whole[-3].point
    assert list(source.blocks(to_slot=upto.slot)) == whole[:-2]
    with pytest.raises(SourceError, match="whole blocks"):
        source.tip()


def test_a_middle_chunk_that_lost_whole_blocks_breaks_the_link(folder: Path) -> None:
    source = ImmutableSource(folder, PREVIEW)
    last = list(source.chunk(source.folder.chunks[1]))[-1]
    file = folder / "00001.chunk"
    file.write_bytes(file.read_bytes()[: -len(last.raw)])
    refused(folder, "NEC-S005", "as the block before it")


def test_a_missing_chunk_is_named(folder: Path) -> None:
    (folder / "00001.chunk").unlink()
    (folder / "00002.chunk").unlink()
    assert "00001.chunk to 00002.chunk missing" in refused(folder, "NEC-S002", "missing").what
    assert len(list(ImmutableSource(folder, PREVIEW).blocks(from_slot=3 * 4320))) == 216


def test_two_chunks_swapped(folder: Path) -> None:
    for kind in ("chunk", "secondary", "primary"):
        one, two, spare = folder / f"00001.{kind}", folder / f"00002.{kind}", folder / "spare"
        one.rename(spare)
        two.rename(one)
        spare.rename(two)
    refused(folder, "NEC-S006", "belongs in 00002")


@pytest.mark.parametrize("secondary", ["kept", "empty", "gone"])
def test_an_empty_chunk(folder: Path, secondary: str) -> None:
    (folder / "00002.chunk").write_bytes(b"")
    index = folder / "00002.secondary"
    if secondary == "empty":
        index.write_bytes(b"")
    elif secondary == "gone":
        index.unlink()
    if secondary == "kept":
        refused(folder, "NEC-S003", "empty but its index lists 216 blocks")
    else:
        refused(folder, "NEC-S005", "as the block before it")


def test_a_new_chunk_without_a_block_yet_is_no_fault(folder: Path) -> None:
    whole = read(folder)
    (folder / "00004.chunk").write_bytes(b"")
    (folder / "00004.secondary").write_bytes(b"")
    assert read(folder) == whole
    assert ImmutableSource(folder, PREVIEW).tip() == whole[-1].point


def test_a_chunk_of_another_network_under_another_number(chain: Path, folder: Path) -> None:
    for kind in ("chunk", "secondary"):
        shutil.copyfile(chain / "preprod" / "immutable" / f"01285.{kind}", folder / f"00004.{kind}")
    refused(folder, "NEC-S006", "another network's|belongs in 06425")


@pytest.mark.parametrize(
    ("data", "name", "facts", "code", "match"),
    [
        ("preprod/immutable", "01285", MAINNET, "NEC-S007", "is of era Babbage, at a slot of era Mary"),
        ("preprod/immutable", "00000", MAINNET, "NEC-S007", "protocol magic 1, not 764824073"),
        ("mainnet/immutable", "00500", PREPROD, "NEC-S007", "is of era Shelley, at a slot of era Babbage"),
        ("mainnet/immutable", "00500", PREVIEW, "NEC-S006", "on preview that slot belongs in 02500"),
        ("preview/immutable", "00000", MAINNET, "NEC-S007", "is of era Alonzo, at a slot of era Byron"),
        ("preprod/immutable", "00000", PREPROD._replace(genesis_hash=bytes(32)), "NEC-S007", "as genesis"),
        ("preview-late/immutable", "08893", PREPROD, "NEC-S006", "on preprod that slot belongs in 01778"),
    ],
)
def test_another_network(chain: Path, tmp_path: Path, data: str, name: str, facts: ChainFacts, code: str, match: str) -> None:
    for kind in ("chunk", "secondary"):
        shutil.copyfile(chain / data / f"{name}.{kind}", tmp_path / f"{name}.{kind}")
    refused(tmp_path, code, match, facts)


def test_a_folder_that_does_not_begin_at_genesis_but_says_chunk_0(folder: Path) -> None:
    source = ImmutableSource(folder, PREVIEW)
    first = next(source.chunk(source.folder.first))
    file = folder / "00000.chunk"
    file.write_bytes(file.read_bytes()[len(first.raw) :])
    (folder / "00000.secondary").unlink()
    refused(folder, "NEC-S005", "origin stands there")


def test_a_chunk_that_may_not_be_read(folder: Path) -> None:
    (folder / "00001.chunk").unlink()
    (folder / "00001.chunk").mkdir()
    refused(folder, "NEC-S010", "cannot be read")


@pytest.mark.parametrize("spoilt", SPOILT)
def test_a_spoilt_index_changes_nothing(folder: Path, spoilt: str) -> None:
    whole = read(folder)
    index = folder / "00001.secondary"
    data = bytearray(index.read_bytes())
    if spoilt == "zero":
        data.clear()
    elif spoilt in ("short", "odd"):
        del data[-(56 * 20 + (7 if spoilt == "odd" else 0)) :]
    elif spoilt == "long":
        data += data[-56:]
    elif spoilt == "beyond":
        data[56 * 100 : 56 * 100 + 8] = (1 << 40).to_bytes(8, "big")
    elif spoilt == "garbage":
        data = bytearray(random.Random(7).randbytes(len(data)))
    elif spoilt == "other":
        data = bytearray((folder / "00002.secondary").read_bytes())
    else:
        data[56 * 50 + {"offset": 7, "crc": 13, "hash": 20, "slot": 55}[spoilt]] ^= 1
    index.write_bytes(data)
    source = ImmutableSource(folder, PREVIEW)
    assert list(source.blocks()) == whole
    assert len(source.notes) == (0 if spoilt in ("zero", "slot") else 1)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.integers(0, 3),
    kind=st.sampled_from(["chunk", "secondary"]),
    how=st.sampled_from(["flip", "cut", "grow", "zero", "remove"]),
    indexed=st.booleans(),
    place=st.floats(0, 1, exclude_max=True),
    mask=st.integers(1, 255),
)
def test_any_damage_gives_a_designed_error_or_no_difference(
    chain: Path, tmp_path: Path, number: int, kind: str, how: str, indexed: bool, place: float, mask: int
) -> None:
    """A devnet's four chunks. Without an index only a block's own hashes can tell, so the header of each chunk's last block
    is out of reach until the next chunk is read: the last one's may then go unnoticed."""
    source = chain / "vectors" / "mithril-devnet-immutable"
    whole = list(ImmutableSource(source, DEVNET).blocks(after=ORIGIN))
    for file in tmp_path.iterdir():
        file.unlink()
    for file in source.glob("*.chunk"):
        shutil.copyfile(file, tmp_path / file.name)
        if indexed:
            shutil.copyfile(file.with_suffix(".secondary"), tmp_path / f"{file.stem}.secondary")
    victim = tmp_path / f"{number:05}.{kind}"
    if victim.exists():
        damage(victim, how, place, mask)
    given_events, error = read_until_error(ImmutableSource(tmp_path, DEVNET))
    if error is not None:
        assert error.code in DESIGNED
        assert kind == "chunk" or "or its index entry is" in error.what
        assert given_events == whole[: len(given_events)] or not indexed
        return
    if how in ("cut", "remove") and kind == "chunk" and number == 3:
        assert given_events == whole[: len(given_events)]
    elif not indexed and kind == "chunk" and number == 3:
        assert given_events[:-1] == whole[:-1]
    else:
        assert given_events == whole


def read_until_error(source: ImmutableSource) -> tuple[list[RollForward], SourceError | None]:
    events: list[RollForward] = []
    try:
        for event in source.blocks(after=ORIGIN):
            events.append(event)
    except SourceError as error:
        return events, error
    return events, None


def damage(victim: Path, how: str, place: float, mask: int) -> None:
    data = bytearray(victim.read_bytes())
    at = int(len(data) * place)
    if how == "remove":
        victim.unlink()
        return
    if how == "flip":
        data[at] ^= mask
    elif how == "cut":
        del data[at:]
    elif how == "grow":
        data[at:at] = bytes([mask]) * 40
    else:
        data[at : at + 60] = bytes(len(data[at : at + 60]))
    victim.write_bytes(data)


def test_errors_come_after_the_blocks_before_the_damage(folder: Path) -> None:
    whole = read(folder)
    source = ImmutableSource(folder, PREVIEW)
    third = list(source.chunk(source.folder.chunks[2]))
    spoil(folder / "00002.chunk", sum(len(block.raw) for block in third[:10]) + 500)
    events, error = read_until_error(ImmutableSource(folder, PREVIEW))
    assert error is not None
    assert "damaged" in error.what
    assert events == whole[: 216 * 2 + 10]


def test_a_byron_block_whose_checksum_fails_is_refused(chain: Path, tmp_path: Path) -> None:
    """Its body is under no hash that is checked, so an index that disagrees is believed."""
    for kind in ("chunk", "secondary"):
        shutil.copyfile(chain / "preprod" / "immutable" / f"00000.{kind}", tmp_path / f"00000.{kind}")
    spoil(tmp_path / "00000.chunk", 83 + 620)
    refused(tmp_path, "NEC-S004", "damaged", PREPROD)


def test_without_an_index_the_body_hash_finds_a_changed_transaction(chain: Path, tmp_path: Path) -> None:
    shutil.copyfile(chain / "mainnet" / "immutable" / "00500.chunk", tmp_path / "00500.chunk")
    second_block, in_its_output = 1_009, 1_009 + 1_003 + 60
    spoil(tmp_path / "00500.chunk", in_its_output)
    error = refused(tmp_path, "NEC-S004", "not what its header's body hash says", MAINNET)
    assert f"at byte {second_block:,}" in error.where


@pytest.mark.parametrize("facts", [DEVNET, DEVNET._replace(eras=((0, 7),))])
@pytest.mark.parametrize("indexed", [True, False])
def test_a_changed_era_tag_is_found(chain: Path, tmp_path: Path, facts: ChainFacts, indexed: bool) -> None:
    """The tag is under no hash; the eras before and after it, or the network's, tell."""
    for file in (chain / "vectors" / "mithril-devnet-immutable").glob("*.chunk"):
        shutil.copyfile(file, tmp_path / file.name)
        if indexed:
            shutil.copyfile(file.with_suffix(".secondary"), tmp_path / f"{file.stem}.secondary")
    second = next(iter(ImmutableSource(tmp_path, facts).blocks())).raw
    spoil(tmp_path / "00000.chunk", len(second) + 1)
    with pytest.raises(SourceError) as caught:
        read(tmp_path, facts)
    assert caught.value.code == ("NEC-S007" if facts.eras else "NEC-S006")


def test_slots_must_rise(folder: Path) -> None:
    source = ImmutableSource(folder, PREVIEW)
    first, second, third = list(source.chunk(source.folder.first))[:3]
    late = second._replace(point=second.point._replace(slot=first.point.slot))
    with pytest.raises(SourceError, match="whose slot is not lower") as caught:
        list(linked(iter((first, late, third)), source.folder.first, PREVIEW, None))
    assert caught.value.code == "NEC-S006"


@pytest.mark.parametrize("number", [0, 1, 2, 5, 1 << 31, 1 << 47, 1 << 63, (1 << 64) - 1])
@pytest.mark.parametrize("at", [0, 1, 3])
def test_a_number_that_does_not_follow_is_refused(number: int, at: int, folder: Path) -> None:
    """Without an index: there the header is all that tells."""
    blocks = list(ImmutableSource(folder, PREVIEW).chunk(ImmutableSource(folder, PREVIEW).folder.chunks[0]))[:5]
    if number == at:
        return
    bad = forged(blocks[at].raw, number, blocks[at].point.slot, blocks[at - 1].point if at else ORIGIN)
    only = folder / "only"
    only.mkdir()
    (only / "00000.chunk").write_bytes(b"".join(block.raw for block in blocks[:at]) + bad.raw)
    given: list[RollForward] = []
    with pytest.raises(SourceError) as caught:
        given.extend(ImmutableSource(only, PREVIEW).blocks())
    assert caught.value.code == ("NEC-S013" if number < 1 << 63 else "NEC-S004")
    assert "number" in caught.value.what


def test_a_slot_that_is_to_come_is_refused(folder: Path) -> None:
    """A whole chunk of days to come, by the clock, in the place where it would belong."""
    facts = facts_of(network("preview"))
    block = next(iter(ImmutableSource(folder, facts).blocks()))
    slot = facts.slots_per_chunk * 400_000
    only = folder / "only"
    only.mkdir()
    later = forged(block.raw[:1] + b"\x07" + block.raw[2:], 9, slot, Point(slot - 1, bytes(32)))
    (only / "400000.chunk").write_bytes(later.raw)
    assert refused(only, "NEC-S013", "clock", facts).where.endswith("400000.chunk")
