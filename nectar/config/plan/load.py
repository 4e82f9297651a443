"""A plan's text -> a frozen `Plan`, or every complaint at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, TypeVar

from nectar.config import codes
from nectar.config.complaints.collector import Complaints
from nectar.config.complaints.schema_check import check_schema
from nectar.config.document.load import Document, load_file, load_text
from nectar.config.document.overlay import overlaid
from nectar.config.document.positions import TomlPath
from nectar.config.plan.filter_entries import (
    ADDRESS_FORMS,
    POOL_FORMS,
    AddressEntry,
    EntryError,
    parse_address_entry,
    parse_pool_entry,
)
from nectar.config.plan.filters import Filters, PlanTest, View
from nectar.config.plan.include import with_includes
from nectar.config.plan.keys import NAMED_NETWORKS, Performance, Plan, PlanMeta, Processors, SourceConfig, Storage
from nectar.config.plan.sync import read_sync

Value = TypeVar("Value", bound=Hashable)

_HOST_AND_PORT = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")


def load_plan(path: Path, over: Sequence[Document] = ()) -> Plan:
    """The plan of a file with `over` laid over it. Expressions stay texts (see `compiler.load`).

    Errors: PlanError with every complaint, in file order.
    """
    plan, complaints = draft_plan(load_file(path, shown=True), path, over)
    complaints.raise_any()
    return plan


def parse_plan(text: str, path: Path) -> Plan:
    """As `load_plan`, of a text in memory. `path` is where the file would be; it need not exist."""
    plan, complaints = draft_plan(load_text(text, str(path), shown=True), path)
    complaints.raise_any()
    return plan


def draft_plan(document: Document, path: Path, over: Sequence[Document] = ()) -> tuple[Plan, Complaints]:
    """The plan with defaults where something is wrong, and the complaints, to which later checks can add."""
    document, wrong = with_includes(document)
    complaints = Complaints(reduce(overlaid, over, document), wrong, partial=bool(wrong))
    check_schema(complaints, "plan")
    processors = _processors(complaints)
    plan = Plan(
        meta=_meta(complaints, path.stem),
        source=_source(complaints),
        sync=read_sync(complaints),
        processors=processors,
        filters=_filters(complaints),
        storage=Storage(**_keys(complaints, "storage")),
        performance=Performance(**_keys(complaints, "performance")),
        source_text_path=path,
        views=_views(complaints),
        tests=_tests(complaints),
    )
    _check_use(complaints, processors)
    return plan, complaints


def _keys(complaints: Complaints, *path: str | int) -> dict[str, Any]:
    """The table at `path` without what was complained about. The models have defaults for the rest."""
    return dict(complaints.sound_items(path))


def _meta(complaints: Complaints, name: str) -> PlanMeta:
    keys = {"name": name, **_keys(complaints, "plan"), "profile": _path(complaints, ("plan", "profile"))}
    if keys.get("network", NAMED_NETWORKS[0]) not in NAMED_NETWORKS:
        keys["network"] = str(_path(complaints, ("plan", "network")))
    return PlanMeta(**keys)


def _path(complaints: Complaints, at: TomlPath) -> Path | None:
    """The path said at `at`, joined to the folder of the file that says it. Nothing in it is expanded."""
    text = complaints.get(at, None)
    if text is None:
        return None
    if text.startswith("~"):
        complaints.add(codes.BAD_FORM, f"{at[-1]} begins with ~, which is not expanded", at, suggestion="write the whole path")
    return complaints.document.folder(at) / str(text)


def _source(complaints: Complaints) -> SourceConfig | None:
    kind = complaints.get(("source", "kind"), None)
    if kind is None:
        return None
    needed, useless = ("path", "socket") if kind == "immutable" else ("socket", "path")
    if not complaints.has(("source", needed)):
        example = 'path = "db/immutable"' if needed == "path" else 'socket = "/ipc/node.socket"'
        complaints.add(
            codes.MISSING_KEY, f"[source] has no {needed}", ("source",), at="key", suggestion=f"write {example}", spoils=False
        )
    if complaints.has(("source", useless)):
        what = f"{useless} does nothing for a source of kind {kind}"
        complaints.add(codes.USELESS_KEY, what, ("source", useless), at="key", suggestion="leave it out")
    return SourceConfig(kind=kind, path=_path(complaints, ("source", "path")), socket=_socket(complaints))


def _socket(complaints: Complaints) -> str | None:
    """`host:port` unchanged; anything else is a path."""
    text = complaints.get(("source", "socket"), None)
    if text is not None and _HOST_AND_PORT.fullmatch(text):
        return str(text)
    path = _path(complaints, ("source", "socket"))
    return None if path is None else str(path)


def _processors(complaints: Complaints) -> Processors:
    chosen = Processors(**{name: _processor(complaints, name) for name in Processors.names()})
    if complaints.sound(("processors",)) and not any(True for _ in chosen.enabled()):
        complaints.add(
            codes.NOTHING_TO_DO,
            "every processor is off: nothing would be indexed",
            ("processors",) if complaints.has(("processors",)) else (),
            at="key",
            suggestion="name what to index: [processors] blocks = true",
        )
    return chosen


def _processor(complaints: Complaints, name: str) -> Any:
    """Its options that are right, or whether it is on. A processor of which something is wrong counts as on."""
    path: TomlPath = ("processors", name)
    is_on = complaints.get(path, complaints.has(path)) is not False
    return _keys(complaints, *path) if is_on and Processors.has_options(name) else is_on


def _filters(complaints: Complaints) -> Filters:
    network = complaints.get(("plan", "network"), "mainnet" if complaints.sound(("plan", "network")) else "")
    rows = complaints.get(("filters", "rows"), {})
    if not rows and complaints.has(("filters", "rows")) and complaints.sound(("filters", "rows")):
        complaints.add(codes.EMPTY, "rows is an empty table", ("filters", "rows"), at="key", suggestion="leave it out")
    return Filters(
        **{
            **_keys(complaints, "filters"),
            "address_filter": _addresses(complaints, network),
            "pool_filter": tuple(sorted(_entries(complaints, "pool_filter", parse_pool_entry, POOL_FORMS))),
            "rows": complaints.sound_items(("filters", "rows")),
        }
    )


def _addresses(complaints: Complaints, network: str) -> tuple[AddressEntry, ...]:
    def address(text: str) -> AddressEntry:
        return parse_address_entry(text, network)

    return tuple(sorted(_entries(complaints, "address_filter", address, ADDRESS_FORMS), key=repr))


def _views(complaints: Complaints) -> tuple[View, ...]:
    """Complains of names that stand twice."""
    views = [_view(_keys(complaints, "views", index)) for index in complaints.indexes(("views",))]
    seen: set[str] = set()
    for index, view in enumerate(views):
        path: TomlPath = ("views", index, "name")
        if view.name in seen:
            what = f"there are two views {view.name}" if complaints.shows(path) else "there are two views of this name"
            complaints.add(codes.REPEATED, what, path, suggestion="give one another name", spoils=False)
        seen |= {view.name} - {""}
    return tuple(views)


def _view(keys: dict[str, Any]) -> View:
    """A view of which something is wrong stays in the draft, with empty texts in place of that."""
    if {"name", "from", "where"} <= keys.keys():
        return View(**keys)
    return View.model_construct(name=keys.get("name", ""), table=keys.get("from", ""), where=keys.get("where", ""))


def _tests(complaints: Complaints) -> tuple[PlanTest, ...]:
    return tuple(_test(complaints, index) for index in complaints.indexes(("tests",)))


def _test(complaints: Complaints, index: int) -> PlanTest:
    at: TomlPath = ("tests", index)
    first, last = complaints.get((*at, "slots"), (0, 0))
    if first > last:
        what = "the first slot comes after the last"
        complaints.add(codes.OUT_OF_RANGE, what, (*at, "slots"), suggestion="write the lower one first")
    if complaints.get((*at, "rows"), None) == {}:
        hint = "say how many rows a table must get"
        complaints.add(codes.EMPTY, "rows is an empty table", (*at, "rows"), suggestion=hint)
    name, path, rows = complaints.get((*at, "name"), ""), _path(complaints, (*at, "path")), complaints.sound_items((*at, "rows"))
    make = PlanTest if name else PlanTest.model_construct
    return make(name=name, path=path, slots=(first, last), rows=rows)


def _entries(complaints: Complaints, key: str, parse: Callable[[str], Value], allowed: str) -> list[Value]:
    """Each entry parsed on its own, so that one fault does not hide the next. Complains of two spellings of one entry."""
    path: TomlPath = ("filters", key)
    entries: dict[Value, str] = {}
    usable = complaints.has(path) and path not in complaints.bad
    for index, text in enumerate(complaints.document.data["filters"][key] if usable else ()):
        at = (*path, index)
        if not complaints.sound(at):
            continue
        try:
            value = parse(text)
        except EntryError as error:
            if complaints.shows(at):
                complaints.add(error.code, error.what, at, allowed=allowed, suggestion=error.hint)
            else:
                complaints.add(error.code, f"an entry of {key}: {codes.MEANINGS[error.code].lower()}", at, allowed=allowed)
            continue
        if entries.get(value, text) != text:
            what = f"{key} has the same entry in another spelling"
            complaints.add(codes.REPEATED, what, at, suggestion="leave one out", spoils=False)
        entries[value] = text
    return list(entries)


CHOOSING = ("address_filter", "min_transaction_value", "skip_tx_types", "pool_filter", "where")
"""The keys of [filters] that choose among transactions."""


def _check_use(complaints: Complaints, processors: Processors) -> None:
    """Complains of keys that would do nothing: a filter of transactions where none is read, `every` without a filter."""
    every: TomlPath = ("processors", "blocks", "every")
    choosing = [key for key in CHOOSING if complaints.has(("filters", key))]
    if complaints.get(every, False) and not choosing:
        what = "every block has a row already: no filter chooses among transactions"
        complaints.add(codes.USELESS_KEY, what, every, at="key", suggestion="leave it out")
    asking: TomlPath = ("processors", "blocks", "epoch_param")
    if complaints.get(asking, False) and complaints.get(("source", "kind"), None) == "immutable":
        what = "epoch_param is asked of a node, and this plan reads chunk files"
        complaints.add(codes.USELESS_KEY, what, asking, at="key", suggestion='leave it out, or write kind = "node"')
    on = {name for name, _ in processors.enabled()}
    if on - {"blocks"} or not on or not complaints.sound(("processors",)):
        return
    for key in choosing:
        what = f"{key} chooses among transactions, and no processor but blocks is on"
        complaints.add(codes.USELESS_KEY, what, ("filters", key), at="key", suggestion="switch transactions on, or leave it out")
