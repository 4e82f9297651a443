"""The bytes themselves: index files, links, hashes, sizes and proofs, recomputed from nothing but the blocks."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.samplechain.reading import Block, Entry, block, entries, hash28, hash32, items, txs

ERAS = ["BYRON_EBB", "BYRON", "SHELLEY", "ALLEGRA", "MARY", "ALONZO", "BABBAGE", "CONWAY"]
MAJORS = {2: {2}, 3: {3}, 4: {4}, 5: {5, 6}, 6: {7, 8}, 7: {9, 10}}
MOST_BODY, MOST_TX = 90_112, 16_384
Fact = dict[str, Any]


@pytest.fixture(scope="module")
def found(made: Path) -> list[tuple[Entry, Block]]:
    return [(entry, block(entry.raw)) for entry in entries(made / "immutable")]


def check_entries(folder: Path) -> int:
    """Every index entry points at a whole block and its header; returns how many there are."""
    count = 0
    for entry in entries(folder):
        assert zlib.crc32(entry.raw) == entry.crc
        parsed = block(entry.raw)
        header = entry.raw[entry.header_offset : entry.header_offset + entry.header_size]
        assert header == parsed.parts[0]
        prefix = b"\x82" + bytes((parsed.era,)) if parsed.era < 2 else b""
        assert hash32(prefix + header) == entry.hash
        count += 1
    return count


def check_primaries(folder: Path, slots: int, newest_is_full: bool) -> None:
    """Finished chunks have an offset for every slot and the boundary block; the newest ends with its last block."""
    paths = sorted(folder.glob("*.primary"))
    by_chunk: dict[int, list[Entry]] = {}
    for entry in entries(folder):
        by_chunk.setdefault(entry.chunk, []).append(entry)
    for path in paths:
        raw, number = path.read_bytes(), int(path.stem)
        assert raw[0] == 1
        offsets = struct.unpack(f">{len(raw) // 4}I", raw[1:])
        listed = by_chunk.get(number, [])
        relative = [0 if e.raw[1] == 0 else e.place - number * slots + 1 for e in listed]
        assert [i for i in range(len(offsets) - 1) if offsets[i + 1] - offsets[i]] == relative
        assert offsets[0] == 0
        assert offsets[-1] == 56 * len(listed)
        full = path is not paths[-1] or newest_is_full
        assert len(offsets) == (slots + 2 if full else relative[-1] + 2)


def test_chunks_and_indexes(made: Path, whole: Fact) -> None:
    folder = made / "immutable"
    assert check_entries(folder) == 2000
    check_primaries(folder, whole["chunk_slots"], newest_is_full=False)
    assert [int(p.stem) for p in sorted(folder.glob("*.chunk"))] == list(range(len(list(folder.glob("*.primary")))))


@pytest.mark.parametrize(
    ("folder", "slots"),
    [("preprod/immutable", 21_600), ("vectors/mithril-devnet-immutable", 100), ("preview-late/immutable", 4_320)],
)
def test_a_nodes_own_files_pass_the_same_checks(chain: Path, folder: str, slots: int) -> None:
    """So that what is asked of a sample chain is what a node writes."""
    assert check_entries(chain / folder) > 300
    check_primaries(chain / folder, slots, newest_is_full=True)


def test_blocks_link_back_to_the_byron_genesis(made: Path, found: list[tuple[Entry, Block]], facts: list[Fact]) -> None:
    raw = (made / "genesis" / "byron-genesis.json").read_bytes()
    canonical = json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":")).encode()
    previous = hash32(canonical)
    assert len(found) == len(facts) == 2000
    for (entry, parsed), fact in zip(found, facts, strict=True):
        header = parsed.header
        named = header[1] if parsed.era < 2 else header[0][2]
        assert named == previous
        assert fact["prev"] == previous.hex()
        previous = entry.hash
        assert (fact["hash"], fact["era"], fact["bytes"]) == (previous.hex(), ERAS[parsed.era], len(entry.raw))


def test_slots_epochs_and_numbers_rise(made: Path, found: list[tuple[Entry, Block]], facts: list[Fact]) -> None:
    config = json.loads((made / "genesis" / "config.json").read_text())
    shelley = json.loads((made / "genesis" / "shelley-genesis.json").read_text())
    byron_epoch, length = 10 * shelley["securityParam"], shelley["epochLength"]
    assert length % byron_epoch == 0
    forks = [0] + [config[f"Test{era.capitalize()}HardForkAtEpoch"] for era in ERAS[2:]]
    assert forks == sorted(set(forks)), "each era begins later than the one before"
    last_slot, number = -1, 0
    for (entry, parsed), fact in zip(found, facts, strict=True):
        if parsed.era == 0:
            epoch, [difficulty] = parsed.header[3]
            assert (fact["slot"], fact["epoch_no"], fact["block_no"]) == (epoch * byron_epoch, epoch, None)
            assert (entry.place, difficulty) == (epoch, number)
            assert last_slot < fact["slot"]
            last_slot = fact["slot"] - 1  # the next block may stand in the same slot
            continue
        if parsed.era == 1:
            (epoch, in_epoch), _, [found_number], _ = parsed.header[3]
            slot = epoch * byron_epoch + in_epoch
        else:
            found_number, slot = parsed.header[0][:2]
            epoch = forks[1] + (slot - forks[1] * byron_epoch) // length
        number += 1
        assert (found_number, entry.place) == (number, slot)
        assert (fact["block_no"], fact["slot"], fact["epoch_no"]) == (number, slot, epoch)
        assert last_slot < slot
        assert slot // byron_epoch == entry.chunk
        era = max(i for i, first in enumerate(forks) if first <= epoch) + 1
        assert parsed.era == era
        last_slot = slot


def test_every_byron_epoch_begins_with_its_boundary_block(facts: list[Fact]) -> None:
    boundaries = [f["epoch_no"] for f in facts if f["era"] == "BYRON_EBB"]
    assert boundaries == sorted({f["epoch_no"] for f in facts if f["era"] == "BYRON"})


def test_byron_proofs(found: list[tuple[Entry, Block]], chain: Path) -> None:
    real = [block(path.read_bytes()) for path in sorted((chain / "blocks").glob("*.Byron*.block"))]
    assert len(real) > 40
    for parsed in [*real, *(parsed for _, parsed in found if parsed.era < 2)]:
        if parsed.era == 0:
            assert parsed.header[2] == hash32(parsed.parts[1])
            continue
        tx_payload, ssc, delegations, update = items(parsed.parts[1])
        (count, root, witnesses), ssc_proof, delegation_proof, update_proof = parsed.header[2]
        pairs = [items(pair) for pair in items(tx_payload)]
        assert count == len(pairs)
        assert root == merkle([pair[0] for pair in pairs])
        assert witnesses == hash32(b"\x9f" + b"".join(pair[1] for pair in pairs) + b"\xff")
        assert (delegation_proof, update_proof) == (hash32(delegations), hash32(update))
        assert parsed.header[4][3] == hash32(parsed.parts[2])
        kind, *payload = items(ssc)
        assert kind[0] == ssc_proof[0]
        if kind[0] < 3:
            assert ssc_proof[1] == hash32(payload[0])


def merkle(leaves: list[bytes]) -> bytes:
    """cardano-ledger's tree, bottom up: a level pairs neighbours, an odd one out waits for its turn."""
    level = [hash32(b"\0" + leaf) for leaf in leaves] or [hash32(b"")]
    while len(level) > 1:
        paired = [hash32(b"\1" + a + b) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = paired + (level[-1:] if len(level) % 2 else [])
    return level[0]


def test_body_hash_size_version_and_issuer(made: Path, found: list[tuple[Entry, Block]]) -> None:
    delegates = json.loads((made / "genesis" / "shelley-genesis.json").read_text())["genDelegs"].values()
    federated = {bytes.fromhex(each["delegate"]) for each in delegates}
    issuers = set()
    for _, parsed in found:
        if parsed.era < 2:
            continue
        header, signature = parsed.header
        segments = parsed.parts[1:]
        assert len(segments) == (3 if parsed.era < 5 else 4)
        size, body_hash = (header[6], header[7]) if parsed.era >= 6 else (header[7], header[8])
        assert size == sum(map(len, segments)) <= MOST_BODY
        assert body_hash == hash32(b"".join(map(hash32, segments)))
        assert len(header) == (10 if parsed.era >= 6 else 15)
        certificate, version = header[8:] if parsed.era >= 6 else (header[9:13], header[13:])
        assert [len(certificate[0]), len(certificate[3]), len(signature)] == [32, 64, 448]
        proofs = header[5:6] if parsed.era >= 6 else header[5:7]
        assert all((len(a), len(b)) == (64, 80) for a, b in proofs)
        assert version[0] in MAJORS[parsed.era]
        issuers.add((parsed.era, hash28(header[3]) in federated))
    assert {(2, True), (2, False), (7, False)} <= issuers


def test_transaction_hashes(found: list[tuple[Entry, Block]], facts: list[Fact]) -> None:
    """Transaction ids, auxiliary data hashes, and script data hashes of what the genesis cost models cover."""
    hashed = 0
    for (_, parsed), fact in zip(found, facts, strict=True):
        if parsed.era < 2:
            continue
        transactions = txs(parsed)
        assert [hash32(tx.raw).hex() for tx in transactions] == [each["hash"] for each in fact["txs"]]
        for tx in transactions:
            assert tx.body.get(7) == (hash32(tx.auxiliary) if tx.auxiliary else None)
            assert (11 in tx.body) == (5 in tx.witnesses or 4 in tx.witnesses)
            assert len(tx.raw) + sum(map(len, tx.witnesses_raw.values())) + len(tx.auxiliary) <= MOST_TX
            hashed += 7 in tx.body
    assert hashed > 100


def test_header_of_a_whole_chunk_reads_back_in_order(found: list[tuple[Entry, Block]]) -> None:
    offset, chunk = 0, 0
    for entry, _ in found:
        if entry.chunk != chunk:
            offset, chunk = 0, entry.chunk
        assert entry.offset == offset
        offset += len(entry.raw)
