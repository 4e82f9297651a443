"""Chunk files with a block that is damaged inside: its header and the index are right, so that only decoding finds out."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

ENTRY = 56  # bytes of a secondary index's entry: offset 8, header 2 + 2, checksum 4, hash 32, slot 8


def bodies_as_map(raw: bytearray) -> None:
    """An empty block's list of transaction bodies becomes a map: fine CBOR, no Cardano block."""
    assert raw[-4:] == b"\x80\x80\xa0\x80"
    raw[-4] = 0xA0


def later_era(raw: bytearray) -> None:
    raw[1] = 8


def cut_in_body(raw: bytearray) -> None:
    """The last byte of a Byron block, within its extra body data, is another kind of item."""
    raw[-1] = 0xFF


def filled(blocks: Sequence[bytes], place: int, parts: Sequence[bytes]) -> list[bytes]:
    """Empty blocks that follow each other; the one at `place` gets another body (bodies, witnesses, metadata, failed ones), its
    header that body's hash, and those after it are linked anew. Nobody asks for signatures."""
    body_hash, empty = _body_hash(parts), _body_hash(_NO_TXS)
    found = [*blocks]
    assert found[place].endswith(b"".join(_NO_TXS))
    assert found[place].count(empty) == 1
    header = found[place][: -len(b"".join(_NO_TXS))].replace(empty, body_hash)
    found[place] = header + b"".join(parts)
    old, new = (blake2b(one[3:], digest_size=32).digest() for one in (blocks[place][: len(header)], header))
    for at in range(place + 1, len(found)):
        header = blocks[at][: -len(b"".join(_NO_TXS))]
        found[at] = found[at].replace(old, new)
        old, new = (blake2b(one[3 : len(header)], digest_size=32).digest() for one in (blocks[at], found[at]))
    return found


_NO_TXS = (b"\x80", b"\x80", b"\xa0", b"\x80")


def _body_hash(parts: Sequence[bytes]) -> bytes:
    return blake2b(b"".join(blake2b(one, digest_size=32).digest() for one in parts), digest_size=32).digest()


def damaged(source: Path, target: Path, chunk: int, block: int, damage: Callable[[bytearray], None]) -> bytes:
    """A copy of the folder with that block (-1: the chunk's last) damaged; gives the damaged block's bytes."""
    if not target.exists():
        shutil.copytree(source, target)
        target.chmod(0o755)
    path = target / f"{chunk:05}.chunk"
    index = target / f"{chunk:05}.secondary"
    for file in (path, index):
        file.chmod(0o644)
    data, entries = bytearray(path.read_bytes()), bytearray(index.read_bytes())
    offsets = [struct.unpack_from(">Q", entries, at)[0] for at in range(0, len(entries), ENTRY)] + [len(data)]
    block %= len(offsets) - 1
    raw = data[offsets[block] : offsets[block + 1]]
    damage(raw)
    data[offsets[block] : offsets[block + 1]] = raw
    struct.pack_into(">I", entries, block * ENTRY + 12, crc32(bytes(raw)))
    path.write_bytes(data)
    index.write_bytes(entries)
    return bytes(raw)
