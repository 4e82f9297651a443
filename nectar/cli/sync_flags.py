"""The flags of `nectar sync` -> a plan with them laid over it, and every complaint about flags and plan at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nectar.compiler.load import Draft, draft_document
from nectar.config import codes
from nectar.config.document.flags import everything, flag
from nectar.config.document.load import Document, load_file
from nectar.errors import Complaint, PlanError

COMMAND = "nectar sync"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """As they were given; None, false and an empty list where they were not."""

    immutable: Path | None = None
    socket: str | None = None
    network: str | None = None
    start_slot: int | None = None
    end_slot: int | None = None
    start_from_slot: int | None = None
    start_from_checkpoint: str | None = None
    pool_filter: list[str] | None = None
    skip_metadata: bool = False
    skip_scripts: bool = False


def read(file: Path | None, flags: Flags) -> Draft:
    """Without a file: every processor on. NEC-P015 among what is wrong with it when nothing says where blocks come from."""
    starts = list(_starts(flags))
    wrong = [_clash(one.file, starts[0].file) for one in starts[1:]]
    if flags.immutable is not None and flags.socket is not None:
        wrong.append(Complaint(codes.USELESS_KEY, "--immutable says already where the blocks come from", "--socket"))
    if file is None and flags.immutable is None and flags.socket is None:
        wrong.append(_no_source(COMMAND))
    over = [*_documents(flags), *starts[:1]]
    try:
        document = load_file(file, shown=True) if file else everything(COMMAND, "sync")
    except PlanError as error:
        raise PlanError([*error.complaints, *wrong]) from None
    draft = draft_document(document, file or Path(COMMAND), over)
    if file is not None and not draft.complaints.has(("source",)) and not draft.complaints.partial:
        wrong.append(_no_source(str(file)))
    draft.complaints.found.update(dict.fromkeys(wrong))
    return draft


def _documents(flags: Flags) -> Iterator[Document]:
    if flags.immutable is not None:
        yield flag("--immutable", ("source",), {"kind": "immutable", "path": str(flags.immutable)})
    elif flags.socket is not None:
        yield flag("--socket", ("source",), {"kind": "node", "socket": flags.socket})
    if flags.network is not None:
        yield flag("--network", ("plan", "network"), flags.network)
    if flags.end_slot is not None:
        yield flag("--end-slot", ("sync", "end_slot"), flags.end_slot)
    if flags.pool_filter:
        entries = [entry.strip() for given in flags.pool_filter for entry in given.split(",")]
        yield flag("--pool-filter", ("filters", "pool_filter"), entries)
    if flags.skip_metadata:
        yield flag("--skip-metadata", ("processors", "metadata"), False)
    if flags.skip_scripts:
        yield flag("--skip-scripts", ("processors", "scripts"), False)


def _starts(flags: Flags) -> Iterator[Document]:
    """Of which one can be said."""
    if flags.start_slot is not None:
        yield flag("--start-slot", ("sync", "start_slot"), flags.start_slot)
    if flags.start_from_slot is not None:
        yield flag("--start-from-slot", ("sync", "start_slot"), flags.start_from_slot)
    if flags.start_from_checkpoint is not None:
        yield flag("--start-from-checkpoint", ("sync", "start"), {"checkpoint": flags.start_from_checkpoint})


def _clash(name: str, first: str) -> Complaint:
    what = f"{first} says already where to start"
    return Complaint(codes.TWO_BOUNDS, what, name, suggestion="leave one of them out")


def _no_source(place: str) -> Complaint:
    return Complaint(
        codes.MISSING_KEY,
        "nothing says where the blocks come from",
        place,
        suggestion="give --socket PATH (a node's), --immutable DIR (its chunk files, or a snapshot's), or a plan with a [source]",
    )
