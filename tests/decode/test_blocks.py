"""Every real block against what an independent parser says of it, in every column."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import cbor2
import pytest

from nectar.cardano.block import Block
from nectar.cardano.point import Era
from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING, Want
from nectar.errors import DecodeError
from tests.decode.chunks import cut, expected

ERA_NAMES = {Era.BYRON_EBB: "ByronEBB"} | {era: era.name.capitalize() for era in Era if era is not Era.BYRON_EBB}

FOLDERS = {
    "mainnet-00500": "mainnet/immutable/00500.chunk",
    "mainnet-01000": "mainnet/immutable/01000.chunk",
    "preprod-00000": "preprod/immutable/00000.chunk",
    "preprod-01285": "preprod/immutable/01285.chunk",
    "preprod-01836": "preprod/immutable/01836.chunk",
    "preview-00000-00239": "preview/immutable/*.chunk",
    "preview-late": "preview-late/immutable/*.chunk",
    "singles": "blocks/*.block",
}


def blocks_of(chain: Path, pattern: str) -> Iterator[bytes]:
    for path in sorted(chain.glob(pattern)):
        if path.suffix == ".block":
            yield path.read_bytes()
        else:
            yield from cut(path)


def auxiliary_count(raw: bytes) -> int:
    """Transactions with auxiliary data, of which the decoder keeps only metadata and scripts."""
    era, block = cbor2.loads(raw)
    return len(block[3]) if era >= Era.SHELLEY else 0


def columns(block: Block, raw: bytes) -> dict[str, str]:
    """The columns of the expected file, from the decoded block."""
    txs = block.txs
    byron = block.era <= Era.BYRON
    digest = blake2b(b"".join(tx.hash for tx in txs), digest_size=32).hexdigest()
    return {
        "slot": str(block.slot),
        "number": str(block.block_no),
        "hash": block.hash.hex(),
        "prev": block.prev_hash.hex(),
        "era": ERA_NAMES[block.era],
        "txs": str(block.tx_count),
        "bytes": str(len(raw)),
        "inputs": str(sum(len(tx.inputs) for tx in txs)),
        "outputs": str(sum(len(tx.outputs) for tx in txs)),
        "lovelace_out": str(sum(output.value for tx in txs for output in tx.outputs)),
        "mints": str(sum(bool(tx.mint) for tx in txs)),
        "metadata": str(auxiliary_count(raw)),
        "certs": str(sum(len({index for index, _ in tx.certificates}) for tx in txs)),
        "withdrawals": str(sum(len(tx.withdrawals) for tx in txs)),
        "redeemers": str(sum(len(tx.redeemers) for tx in txs)),
        "invalid": str(sum(not tx.is_valid for tx in txs)),
        "txids_digest": digest,
    } | ({"fee": "-"} if byron else {})


def fee_as_written(raw: bytes) -> str:
    """The file counts a failed transaction's fee as its body writes it, the decoder as what was taken."""
    bodies = cbor2.loads(raw)[1][1]
    return str(sum(body[2] for body in bodies))


@pytest.mark.parametrize("name", FOLDERS)
def test_every_block_equals_the_independent_parser_in_every_column(chain: Path, name: str) -> None:
    truth = expected(chain / "expected" / f"blocks-{name}.tsv.gz")
    seen = 0
    for raw in blocks_of(chain, FOLDERS[name]):
        if raw[1] > Era.CONWAY:
            continue
        block = decode_block(raw, EVERYTHING)
        row = columns(block, raw)
        if "fee" not in row:
            valid = all(tx.is_valid for tx in block.txs)
            row["fee"] = str(block.fees) if valid else fee_as_written(raw)
        assert row == truth[block.hash.hex()]
        seen += 1
    unknown = sum(row["era"] == "Dijkstra" for row in truth.values())
    runs = len(list(cut(chain / "runs/preview-conway-3319101-3319200.chunk"))) if name == "preview-late" else 0
    assert seen == len(truth) - unknown - runs


def test_a_run_of_linked_conway_blocks_equals_the_independent_parser(chain: Path) -> None:
    truth = expected(chain / "expected/blocks-preview-late.tsv.gz")
    before = None
    for raw in cut(chain / "runs/preview-conway-3319101-3319200.chunk"):
        block = decode_block(raw, EVERYTHING)
        assert columns(block, raw).items() <= truth[block.hash.hex()].items()
        assert before is None or block.prev_hash == before
        before = block.hash


def test_every_single_block_decodes_or_is_of_an_era_to_come(chain: Path) -> None:
    paths = sorted((chain / "blocks").glob("*.block"))
    assert len(paths) == 308
    for path in paths:
        raw = path.read_bytes()
        _slot, era, digest = path.stem.split(".")
        if era == "Dijkstra":
            with pytest.raises(DecodeError, match="era 8 is not known") as caught:
                decode_block(raw, EVERYTHING)
            assert caught.value.raw == raw
            assert caught.value.code == "NEC-D002"
        else:
            assert decode_block(raw, EVERYTHING).hash.hex().startswith(digest)


@pytest.mark.parametrize("want", [Want(0), Want.SUMS, Want.TXS, Want.TXS | Want.OUTPUTS, *Want])
def test_wanting_less_changes_nothing_of_what_is_wanted(chain: Path, want: Want) -> None:
    """Hashes, places and counts are the same however little is asked for; what is not asked for is left empty."""
    for raw in list(cut(chain / "mainnet/immutable/01000.chunk"))[:40]:
        whole, part = decode_block(raw, EVERYTHING), decode_block(raw, want)
        assert part[:13] == whole[:13]
        assert (part.out_sum, part.fees) == ((whole.out_sum, whole.fees) if want else (0, 0))
        if want & ~Want.SUMS:
            assert [tx.hash for tx in part.txs] == [tx.hash for tx in whole.txs]
        else:
            assert part.txs == ()
        if not want & Want.CERTIFICATES:
            assert not any(tx.certificates for tx in part.txs)
        if want & Want.OUTPUTS:
            assert [[o[:3] for o in tx.outputs] for tx in part.txs] == [[o[:3] for o in tx.outputs] for tx in whole.txs]


def test_a_datum_as_deep_as_it_likes_is_read(chain: Path) -> None:
    """Ten thousand lists within one another, as a witness's datum and inline."""
    raw = next(raw for raw in cut(chain / "preview-late/immutable/08893.chunk") if len(cbor2.loads(raw)[1][1]) == 1)
    era, block = cbor2.loads(raw)
    datum = b"\x81" * 10_000 + b"\x00"
    bodies = cbor2.dumps(block[1])
    witnesses = b"\x81\xa1\x04\x81" + datum
    parts = [bodies, witnesses, cbor2.dumps(block[3]), cbor2.dumps(block[4])]
    digests = b"".join(blake2b(part, digest_size=32).digest() for part in parts)
    block[0][0][7] = blake2b(digests, digest_size=32).digest()
    whole = b"\x82" + bytes((era,)) + b"\x85" + cbor2.dumps(block[0]) + b"".join(parts)
    (tx,) = decode_block(whole, EVERYTHING).txs
    assert [read.raw for read in tx.datums] == [datum]
