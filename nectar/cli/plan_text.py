"""A summary of a plan in a few lines, for people."""

from __future__ import annotations

from collections.abc import Iterator

from nectar.config.plan.bounds import (
    NOT_FOLLOWED,
    AtBlock,
    AtCheckpoint,
    AtDate,
    AtEpoch,
    AtEra,
    AtOrigin,
    AtPoint,
    AtSlot,
    Bound,
    FollowTip,
    TipMinus,
)
from nectar.config.plan.filters import Filters
from nectar.config.plan.keys import Plan
from nectar.filterlang.parse import parse
from nectar.filterlang.write import write


def plan_text(plan: Plan) -> str:
    """Indented lines: name, network, source, start, end, processors and filters, and a note where the end cannot be reached."""
    return "".join(f"  {label:<11}{text}\n" for label, text in _lines(plan))


def _lines(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "name", plan.meta.name
    yield "network", plan.meta.network
    yield "source", _source(plan)
    yield "start", bound_text(plan.sync.start)
    yield "end", bound_text(plan.sync.end)
    if plan.source is not None and plan.source.kind == "immutable" and isinstance(plan.sync.end, FollowTip):
        yield "note", NOT_FOLLOWED
    yield "processors", ", ".join(_processor(name, dict(options)) for name, options in plan.processors.enabled())
    if plan.filters != Filters():
        yield "filters", ", ".join(_filters(plan.filters))


def _source(plan: Plan) -> str:
    if plan.source is None:
        return "not in the plan: give --source DIR or --socket PATH to nectar run"
    where = plan.source.path if plan.source.kind == "immutable" else plan.source.socket
    return f"{plan.source.kind} {where}"


def _processor(name: str, options: dict[str, object]) -> str:
    options_text = [f"{key} {_option(value)}" for key, value in options.items() if value not in (False, ())]
    return f"{name} ({', '.join(options_text)})" if options_text else name


def _option(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "on" if value is True else str(value)


def _filters(filters: Filters) -> Iterator[str]:
    if filters.addresses:
        yield f"{len(filters.addresses)} addresses or patterns"
    if filters.min_transaction_value:
        yield f"at least {filters.min_transaction_value:,} lovelace"
    if filters.skip_tx_types:
        yield f"no {', no '.join(filters.skip_tx_types)}"
    if filters.pools:
        yield f"{len(filters.pools)} pools"
    if filters.where:
        yield write(parse(filters.where))
    if filters.rows:
        yield f"rows of {', '.join(name for name, _ in filters.rows)}"


def bound_text(bound: Bound) -> str:
    """A start or an end in words."""
    match bound:
        case AtOrigin():
            return "the origin, genesis outputs included"
        case AtSlot(slot):
            return f"slot {slot}"
        case AtEra(era):
            return f"era {era}"
        case AtEpoch(epoch):
            return f"epoch {epoch}"
        case AtDate(moment, whole_day):
            return f"{moment:%Y-%m-%d}" if whole_day else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
        case AtPoint(slot, block_hash):
            return f"block {block_hash.hex()} at slot {slot}"
        case AtBlock(block_hash):
            return f"block {block_hash.hex()}"
        case AtCheckpoint(block_hash, slot):
            return f"right after block {block_hash.hex()}" + (f" at slot {slot}" if slot >= 0 else "")
        case TipMinus(blocks):
            return f"{blocks} blocks before the tip"
        case FollowTip():
            return "the tip, and on from there where the source can be followed"
