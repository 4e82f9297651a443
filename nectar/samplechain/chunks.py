"""Writes an ImmutableDB folder as a node does: NNNNN.chunk, .primary, .secondary (ouroboros-consensus, ImmutableDB).

primary    version byte 1, then one big-endian u32 per relative slot and one more: where that slot's entry begins in
           the secondary file. Relative slot 0 is the epoch boundary block's. Finished chunks are filled to the end,
           the newest one reaches only to its last block.
secondary  56 bytes a block: block offset u64, header offset u16, header size u16, CRC-32 of the block u32, header
           hash 32 bytes, slot u64 (for a boundary block its epoch).
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from nectar.cardano.point import Era
from nectar.samplechain.timeline import Seat

ENTRY = struct.Struct(">QHHI32sQ")


class ChunkWriter:
    """Holds one chunk open in memory; `close` writes the newest."""

    def __init__(self, folder: Path, chunk_slots: int) -> None:
        self.folder = folder
        self.chunk_slots = chunk_slots
        self.number = 0
        self._start()

    def _start(self) -> None:
        self.blocks = bytearray()
        self.entries = bytearray()
        self.offsets = [0]

    def add(self, seat: Seat, raw: bytes, header: tuple[int, int], header_hash: bytes) -> None:
        """`raw` is `[era, block]`; `header` the offset and size of the header in it."""
        number, relative = divmod(seat.slot, self.chunk_slots)
        while self.number < number:
            self._write(full=True)
            self.number += 1
            self._start()
        boundary = seat.era is Era.BYRON_EBB
        self._skip_to(0 if boundary else relative + 1)
        place = seat.epoch_no if boundary else seat.slot
        self.entries += ENTRY.pack(len(self.blocks), *header, zlib.crc32(raw), header_hash, place)
        self.offsets.append(len(self.entries))
        self.blocks += raw

    def _skip_to(self, relative_slot: int) -> None:
        missing = relative_slot + 1 - len(self.offsets)
        self.offsets.extend([self.offsets[-1]] * missing)

    def _write(self, full: bool) -> None:
        if full:
            self._skip_to(self.chunk_slots + 1)
        stem = self.folder / f"{self.number:05d}"
        stem.with_suffix(".chunk").write_bytes(self.blocks)
        stem.with_suffix(".secondary").write_bytes(self.entries)
        stem.with_suffix(".primary").write_bytes(b"\x01" + struct.pack(f">{len(self.offsets)}I", *self.offsets))

    def close(self) -> None:
        self._write(full=False)
