"""A block's envelope: era, slot, number, hash and previous hash, read from the header alone.

A block on disk and on the wire is `[era, block]`; the block's first part is its header. The hash is blake2b-256 of the
header's own bytes; in Byron, of `[0, header]` (boundary block) or `[1, header]` (main block).
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import NamedTuple

from nectar.cardano.point import Era
from nectar.decode.checked import SIGNED
from nectar.decode.head import INDEFINITE, Malformed, array_head, head, unsigned
from nectar.decode.skip import Skip, end_of_item, skipper
from nectar.errors import DecodeError

BYRON_EPOCH_SLOTS = 21_600
"""10 k of every public network that had Byron blocks (Byron genesis `protocolConsts.k` = 2160)."""

_BODY_HASH_AT = {15: 8, 10: 7}
"""Position of `block_body_hash` among the fields of `header_body`: 15 of them up to Alonzo, 10 from Babbage on."""

_TWO_HEADS = frozenset((b"\x82\x8f", b"\x82\x8a", b"\x82\x8c"))
"""[header_body, signature], then header_body: 15 fields, 10, or 12 (Dijkstra prototypes)."""


class Envelope(NamedTuple):
    """What a header says: `hash` and `prev_hash` are 32 bytes; `prev_hash` None means that genesis came before.

    `slot` is absolute: a Byron boundary block has its epoch's first slot, and the number of the block before it.
    """

    era: Era
    slot: int
    block_no: int
    hash: bytes
    prev_hash: bytes | None


class Header(NamedTuple):
    """As `Envelope`, for any era tag; `body_hash` is what Shelley and later headers say of the rest of the block."""

    era_tag: int
    slot: int
    block_no: int
    hash: bytes
    prev_hash: bytes | None
    body_hash: bytes | None


class Outline(NamedTuple):
    """Where the parts of a block stand: offsets (start, end) of the header and of each part after it; `end` of it all."""

    era_tag: int
    header: tuple[int, int]
    parts: tuple[tuple[int, int], ...]
    end: int


def envelope(raw: bytes, byron_epoch_slots: int = BYRON_EPOCH_SLOTS) -> Envelope:
    """The envelope of `[era, block]`; no transaction is read.

    Errors: DecodeError NEC-D001 when the header is not what its era's CDDL says, NEC-D002 for an era that is not known
    (with slot and hash, as far as its header can be read).
    """
    era_tag, at = _era_tag(raw, 0)
    _, start = array_head(raw, at)
    if era_tag > Era.CONWAY:
        raise _unknown_era(raw, era_tag, start)
    header = header_at(raw, era_tag, start, skipper(raw)(start), byron_epoch_slots)
    return Envelope(Era(era_tag), header.slot, header.block_no, header.hash, header.prev_hash)


def outline(raw: bytes, start: int, skip: Skip) -> Outline:
    """Where the parts of the block at `at` stand. `skip` must be a skipper of the same `raw`.

    Errors: Malformed (`cut_short` when more bytes might mend it).
    """
    era_tag, body = _era_tag(raw, start)
    count, first = array_head(raw, body)
    spans: list[tuple[int, int]] = []
    at = first
    while count == INDEFINITE or len(spans) < count:
        if count == INDEFINITE and raw[at : at + 1] == b"\xff":
            at += 1
            break
        after = skip(at)
        spans.append((at, after))
        at = after
    if not spans:
        raise Malformed("a block without a header", body)
    return Outline(era_tag, spans[0], tuple(spans[1:]), at)


def header_at(raw: bytes, era_tag: int, start: int, end: int, byron_epoch_slots: int = BYRON_EPOCH_SLOTS) -> Header:
    """Read the header that stands at `raw[start:end]`. Eras after Conway are read as Conway's: their shape may differ.

    Errors: Malformed.
    """
    if era_tag == Era.BYRON_EBB:
        return _boundary_header(raw, start, end, byron_epoch_slots)
    if era_tag == Era.BYRON:
        return _byron_header(raw, start, end, byron_epoch_slots)
    return _shelley_header(raw, era_tag, start, end)


def quick_fields(raw: bytes, start: int) -> tuple[int, int, bytes | None]:
    """(slot, block number, previous hash) of a Shelley or later header that begins at `start`: a few bytes.

    The hot path of reading chunk files (about 1 us); agrees with `header_at`. Errors: Malformed.
    """
    if raw[start : start + 2] not in _TWO_HEADS:
        raise Malformed("a header of 15 or 10 fields was expected", start)
    block_no, at = unsigned(raw, start + 2)
    slot, at = unsigned(raw, at)
    _check_range(slot, block_no, start)
    if raw[at : at + 2] == b"\x58\x20" and len(raw) >= at + 34:
        return slot, block_no, raw[at + 2 : at + 34]
    if raw[at : at + 1] == b"\xf6":
        return slot, block_no, None
    raise Malformed("a previous hash was expected", at)


def quick_header(raw: bytes, byron_epoch_slots: int = BYRON_EPOCH_SLOTS) -> Header:
    """The header of `[era, block]` as `header_at` reads it, without `body_hash`. Errors: Malformed.

    The hot path of blocks that come without their hashes (about 5 us)."""
    usual = _USUAL.match(raw)
    if usual is not None:
        block_no, _ = unsigned(raw, usual.start(1))
        slot, at = unsigned(raw, usual.start(2))
        _check_range(slot, block_no, usual.start(1))
        prev_hash = None if raw[at] == _NULL else raw[at + 2 : at + 34]
        return Header(raw[1], slot, block_no, blake2b(raw[3 : usual.end()], digest_size=32).digest(), prev_hash, None)
    tag, at = _era_tag(raw, 0)
    _, start = array_head(raw, at)
    return header_at(raw, tag, start, end_of_item(raw, start), byron_epoch_slots)


_NULL = 0xF6
_UNSIGNED = rb"(?:[\x00-\x17]|\x18.|\x19..|\x1a.{4}|\x1b.{8})"
_HASH32, _VRF = rb"\x58\x20.{32}", rb"\x82\x58\x40.{64}\x58\x50.{80}"
_OPCERT = _HASH32 + _UNSIGNED * 2 + rb"\x58\x40.{64}"
_USUAL = re.compile(
    rb"\x82[\x02-\x07][\x84\x85]\x82[\x8a\x8f]"
    rb"(" + _UNSIGNED + rb")(" + _UNSIGNED + rb")(?:\xf6|" + _HASH32 + rb")" + _HASH32 * 2 + rb"(?:"
    rb"" + _VRF * 2 + _UNSIGNED + _HASH32 + _OPCERT + _UNSIGNED * 2 + rb"|"
    rb"" + _VRF + _UNSIGNED + _HASH32 + rb"\x84" + _OPCERT + rb"\x82" + _UNSIGNED * 2 + rb")\x59\x01\xc0.{448}",
    re.DOTALL,
)
"""A block's bytes up to its header's last, Shelley to Conway, when every field has its usual form: block_no, slot, prev, two
keys, one vrf (Babbage on) or two, size, body's hash, certificate, version, signature."""


def body_hash(raw: bytes, parts: tuple[tuple[int, int], ...]) -> bytes:
    """blake2b-256 over the digests of the parts after the header (ledger: `hashBody`; Shelley 3 parts, Alonzo on 4)."""
    digests = b"".join(blake2b(raw[start:end], digest_size=32).digest() for start, end in parts)
    return blake2b(digests, digest_size=32).digest()


def byron_magic(raw: bytes, header_start: int) -> int:
    """Protocol magic of a Byron header (its first field)."""
    _, at = array_head(raw, header_start)
    return unsigned(raw, at)[0]


def _check_range(slot: int, block_no: int, at: int) -> None:
    """Checks that slot and block number fit the 63 bits that databases have for them."""
    if slot > SIGNED or block_no > SIGNED:
        raise Malformed(f"a slot and a block number are at most {SIGNED}", at)


def _era_tag(raw: bytes, at: int) -> tuple[int, int]:
    count, after = array_head(raw, at)
    if count != 2:
        raise Malformed(f"a block is an array of era and block, not of {count} items", at)
    return unsigned(raw, after)


def _unknown_era(raw: bytes, era_tag: int, start: int) -> DecodeError:
    slot, block_hash = None, None
    try:
        header = header_at(raw, era_tag, start, skipper(raw)(start))
        slot, block_hash = header.slot, header.hash
    except Malformed:
        pass  # its header has another shape: slot and hash stay unknown
    return DecodeError(
        f"unknown era: tag {era_tag}, and the newest era known is Conway ({int(Era.CONWAY)})",
        slot=slot,
        block_hash=block_hash,
        path="block[0]",
        raw=raw,
        hint="a newer version of Nectar may know it",
        code="NEC-D002",
    )


def _fields(raw: bytes, at: int, *allowed: int) -> int:
    """Offset of the first field of an array whose length must be one of `allowed` (any when none is given)."""
    count, first = array_head(raw, at)
    if allowed and count not in allowed:
        raise Malformed(f"an array of {' or '.join(map(str, allowed))} fields was expected, not of {count}", at)
    return first


def _hash(raw: bytes, at: int) -> tuple[bytes, int]:
    major, length, first = head(raw, at)
    after = first + length
    if major != 2 or length != 32 or after > len(raw):
        raise Malformed("a 32-byte hash was expected", at)
    return raw[first:after], after


def _boundary_header(raw: bytes, start: int, end: int, epoch_slots: int) -> Header:
    """CDDL `ebbhead` = [protocolMagic, prevBlock, bodyProof, [epoch, [difficulty]], extraData]."""
    _, at = unsigned(raw, _fields(raw, start, 5))
    prev_hash, at = _hash(raw, at)
    _, at = _hash(raw, at)
    epoch, at = unsigned(raw, _fields(raw, at, 2))
    block_no, _ = unsigned(raw, _fields(raw, at, 1))
    _check_range(epoch * epoch_slots, block_no, start)
    digest = blake2b(b"\x82\x00" + raw[start:end], digest_size=32).digest()
    return Header(Era.BYRON_EBB, epoch * epoch_slots, block_no, digest, prev_hash, None)


def _byron_header(raw: bytes, start: int, end: int, epoch_slots: int) -> Header:
    """CDDL `blockhead` = [protocolMagic, prevBlock, bodyProof, [[epoch, slot], pubkey, [difficulty], sig], extraData]."""
    _, at = unsigned(raw, _fields(raw, start, 5))
    prev_hash, at = _hash(raw, at)
    at = end_of_item(raw, at)
    at = _fields(raw, at, 4)
    epoch, at = unsigned(raw, _fields(raw, at, 2))
    slot_in_epoch, after = unsigned(raw, at)
    if slot_in_epoch >= epoch_slots:
        raise Malformed(f"an epoch has {epoch_slots:,} slots, and this one is beyond them", at)
    at = after
    at = end_of_item(raw, at)
    block_no, _ = unsigned(raw, _fields(raw, at, 1))
    _check_range(epoch * epoch_slots + slot_in_epoch, block_no, start)
    digest = blake2b(b"\x82\x01" + raw[start:end], digest_size=32).digest()
    return Header(Era.BYRON, epoch * epoch_slots + slot_in_epoch, block_no, digest, prev_hash, None)


def _shelley_header(raw: bytes, era_tag: int, start: int, end: int) -> Header:
    """CDDL `header` = [header_body, signature]; the body begins [block_number, slot, prev_hash / null, ...]."""
    body = _fields(raw, start, 2)
    count, at = array_head(raw, body)
    if count not in _BODY_HASH_AT and era_tag <= Era.CONWAY:
        raise Malformed(f"a header of 15 or 10 fields was expected, not of {count}", body)
    block_no, at = unsigned(raw, at)
    slot, at = unsigned(raw, at)
    _check_range(slot, block_no, body)
    prev_hash: bytes | None = None
    if raw[at : at + 1] == b"\xf6":
        at += 1
    else:
        prev_hash, at = _hash(raw, at)
    body_digest: bytes | None = None
    if count in _BODY_HASH_AT:
        for _ in range(_BODY_HASH_AT[count] - 3):
            at = end_of_item(raw, at)
        body_digest, at = _hash(raw, at)
    digest = blake2b(raw[start:end], digest_size=32).digest()
    return Header(era_tag, slot, block_no, digest, prev_hash, body_digest)
