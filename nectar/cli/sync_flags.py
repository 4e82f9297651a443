"""The flags of `nectar sync`, laid over a plan; every complaint about flags and plan is collected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nectar.compiler.load import Draft, draft_document
from nectar.config import codes
from nectar.config.document.flags import flag
from nectar.config.document.load import Document, load_file
from nectar.config.plan.without_file import everything
from nectar.errors import Complaint, PlanError

COMMAND = "nectar sync"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """The flags as given; None, False or an empty list where a flag was not given."""

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


def draft_with_flags(file: Path | None, flags: Flags) -> Draft:
    """The draft of the plan in `file` with the flags laid over it; without a file, of a plan with every processor on.

    Its complaints hold NEC-P015 when neither the plan nor a flag says where the blocks come from. Errors: PlanError, for a
    file that is no TOML.
    """
    starts = list(_starts(flags))
    wrong = [_clash(start.file, starts[0].file) for start in starts[1:]]
    if flags.immutable is not None and flags.socket is not None:
        wrong.append(Complaint(codes.USELESS_KEY, "--immutable already says where the blocks come from", "--socket"))
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
    draft.complaints.collected.update(dict.fromkeys(wrong))
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
    """The flags that say where to start. Only one of them may be given."""
    if flags.start_slot is not None:
        yield flag("--start-slot", ("sync", "start_slot"), flags.start_slot)
    if flags.start_from_slot is not None:
        yield flag("--start-from-slot", ("sync", "start_slot"), flags.start_from_slot)
    if flags.start_from_checkpoint is not None:
        yield flag("--start-from-checkpoint", ("sync", "start"), {"checkpoint": flags.start_from_checkpoint})


def _clash(name: str, first: str) -> Complaint:
    what = f"{first} already says where to start"
    return Complaint(codes.TWO_BOUNDS, what, name, suggestion="leave one of them out")


def _no_source(place: str) -> Complaint:
    return Complaint(
        codes.MISSING_KEY,
        "nothing says where the blocks come from",
        place,
        suggestion="give --socket PATH (a node's), --immutable DIR (its chunk files, or a snapshot's), or a plan with a [source]",
    )
