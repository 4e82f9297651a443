"""Every error of chunk files, in one place: what happened, the file and byte, what to do next, a stable code."""

from __future__ import annotations

from pathlib import Path

from nectar.errors import SourceError

_RESTORE = "restore this chunk from another node or a Mithril snapshot"
_NOT_KEPT = "quarantine takes no block whose bytes or position on the chain are in doubt"
_WHICH_NETWORK = "check the plan's `network` against the node that wrote this folder"


def no_folder(path: Path) -> SourceError:
    return SourceError(
        "there is no such folder",
        where=str(path),
        hint="point `source.path` at a node's database folder, its `immutable` folder, or a Mithril snapshot's",
        code="NEC-S001",
    )


def no_chunks(path: Path) -> SourceError:
    return SourceError(
        "this folder has no chunk files (NNNNN.chunk), nor have its folders `immutable/` and `db/immutable/`",
        where=str(path),
        hint="point `source.path` at a node's database folder, its `immutable` folder, or a Mithril snapshot's",
        code="NEC-S001",
    )


def no_blocks(path: Path) -> SourceError:
    return SourceError("the chunk files hold no block", where=str(path), hint="let the node catch up first", code="NEC-S001")


def missing_chunks(folder: Path, first: int, last: int) -> SourceError:
    names = f"{first:05}.chunk" if first == last else f"{first:05}.chunk to {last:05}.chunk"
    return SourceError(
        f"the chunk files of the requested range are incomplete: {names} missing",
        where=str(folder),
        hint="add the missing chunks, or choose a range on one side of the gap",
        code="NEC-S002",
    )


def cut_short(path: Path, at: int, size: int, whole_blocks: int, is_last: bool) -> SourceError:
    if is_last:
        hint = f"end before it, or copy the file again while the node is stopped; {_RESTORE} if it was cut"
    else:
        hint = _RESTORE
    return SourceError(
        f"the file ends ({size:,} bytes) within the block that begins at byte {at:,}; {whole_blocks:,} whole blocks precede it",
        where=f"{path} at byte {at:,}",
        hint=hint,
        code="NEC-S003",
    )


def unproven(folder: Path, low: int, high: int) -> SourceError:
    return SourceError(
        f"no block stands in slots {low:,} to {high:,}, and neither an index nor the blocks around them prove that none was lost",
        where=str(folder),
        hint="restore these slots' chunks and index files from another node or a Mithril snapshot",
        code="NEC-S003",
    )


def lost_block(path: Path, slot: int) -> SourceError:
    return SourceError(
        f"the chunk has no block at slot {slot:,}, but its index lists one", where=str(path), hint=_RESTORE, code="NEC-S003"
    )


def emptied(path: Path, listed: int) -> SourceError:
    return SourceError(
        f"the chunk is empty but its index lists {listed:,} blocks", where=str(path), hint=_RESTORE, code="NEC-S003"
    )


def damaged_block(path: Path, at: int, why: str) -> SourceError:
    return SourceError(
        f"the block that begins at byte {at:,} is damaged: {why}",
        where=f"{path} at byte {at:,}",
        hint=f"{_RESTORE}; {_NOT_KEPT}",
        code="NEC-S004",
    )


def disowned(path: Path, at: int, same_hash: bool) -> SourceError:
    other = "another checksum" if same_hash else "another checksum and another hash"
    return SourceError(
        f"the block that begins at byte {at:,} is damaged, or its index entry is: the entry has {other}",
        where=f"{path} at byte {at:,}",
        hint=f"{_RESTORE}; if only {path.stem}.secondary is damaged, delete it: the chunk is then read without it",
        code="NEC-S004",
    )


def unlinked(path: Path, point: object, names: bytes | None, before: object) -> SourceError:
    named = names.hex() if names else "genesis"
    return SourceError(
        f"block {point} names {named} as the block before it, but {before} stands there",
        where=str(path),
        hint="blocks or a whole chunk were lost, changed or mixed up between the two: restore both chunks",
        code="NEC-S005",
    )


def out_of_order(path: Path, point: object, before: object, why: str = "whose slot is not lower") -> SourceError:
    hint = f"{_RESTORE}; {_NOT_KEPT}"
    return SourceError(f"block {point} comes after {before}, {why}", where=str(path), hint=hint, code="NEC-S006")


def misplaced(path: Path, slot: int, number: int, right_number: int, network: str) -> SourceError:
    return SourceError(
        f"a block of slot {slot:,} stands in chunk {number:05}; on {network} that slot belongs in {right_number:05}",
        where=str(path),
        hint=f"the chunk was renamed or swapped, or is another network's: {_WHICH_NETWORK}; {_NOT_KEPT}",
        code="NEC-S006",
    )


def foreign(path: Path, what: str, network: str) -> SourceError:
    return SourceError(f"this is not {network}'s chain: {what}", where=str(path), hint=_WHICH_NETWORK, code="NEC-S007")


def implausible_block(path: Path, point: object, trouble: str) -> SourceError:
    return SourceError(
        f"block {point} cannot be true: {trouble}",
        where=str(path),
        hint=f"{_RESTORE}; check this machine's clock, the plan's network and its genesis files; {_NOT_KEPT}",
        code="NEC-S013",
    )


def outside(folder: Path, asked: str, has: str) -> SourceError:
    return SourceError(
        f"{asked} is outside of what the folder holds: {has}",
        where=str(folder),
        hint="choose a bound inside, or add the missing chunks",
        code="NEC-S008",
    )


def not_found(folder: Path, what: str, has: str, hint: str = "") -> SourceError:
    return SourceError(f"{what} ({has})", where=str(folder), hint=hint, code="NEC-S009")


def unreadable(path: Path, error: OSError) -> SourceError:
    return SourceError(
        f"the file cannot be read: {error.strerror or error}",
        where=str(path),
        hint="check that it exists and that this user may read it",
        code="NEC-S010",
    )


def no_intersection(folder: Path, has: str) -> SourceError:
    return SourceError(
        f"none of the points in the database is on this folder's chain ({has})",
        where=str(folder),
        hint="the database was filled from another chain, or is ahead of this folder, or its last chunk is missing here",
        code="NEC-S011",
    )


def other_chain(folder: Path, point: object) -> SourceError:
    return SourceError(
        f"the database has block {point}, and this folder's blocks do not follow it: the two are of different chains",
        where=str(folder),
        hint="nothing was changed. Use another folder or another database; where the database was at a node's tip, "
        "a fork may have undone that block: run on the node first (--socket PATH)",
        code="NEC-S011",
    )


def bad_range(folder: Path, what: str) -> SourceError:
    return SourceError(what, where=str(folder), hint="change `[sync] start` or `[sync] end`", code="NEC-S012")
