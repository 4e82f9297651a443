"""The forms in which `[sync] start` and `end` are written, and the bound that each means."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from nectar.cardano.era_history import ERAS
from nectar.config.document.toml_dates import with_date_as_text
from nectar.config.keys import Keys, allowed
from nectar.config.plan.bounds import (
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

MOST_SLOT = (1 << 32) - 1
"""Ids hold a slot of 32 bits."""

_LAST_YEAR = 9000
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?$"
_ANY_ERA = "|".join(ERAS)
_TIP_MINUS = re.compile("tip-[0-9]{1,9}", re.ASCII)

Slot = Annotated[int, Field(ge=0, le=MOST_SLOT)]
Epoch = Annotated[int, Field(ge=0, le=10_000_000)]
Date = Annotated[str, Field(pattern=_DATE, json_schema_extra=allowed("2021-09-12, or a moment: 2021-09-12T21:44:51Z"))]
BlockHash = Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$", json_schema_extra=allowed("a block's hash: 64 hex digits"))]
Checkpoint = Annotated[
    str,
    Field(
        pattern=r"^([0-9]{1,15}\.)?[0-9a-fA-F]{64}$", json_schema_extra=allowed("a block's hash (64 hex digits), or slot.hash")
    ),
]


class StartForm(Keys):
    """A start that is written as a table."""

    epoch: Annotated[Epoch | None, Field(description="Start with the epoch's first slot.")] = None
    date: Annotated[
        Date | None,
        Field(description="Start with the first slot at or after this day or moment. UTC unless the moment says its offset."),
    ] = None
    slot: Annotated[Slot | None, Field(description="Start with the block at this slot whose hash is given beside it.")] = None
    hash: Annotated[BlockHash | None, Field(description="The hash of the block at the slot given beside it.")] = None
    block_hash: Annotated[BlockHash | None, Field(description="Start with the block of this hash, wherever it is.")] = None
    checkpoint: Annotated[
        Checkpoint | None,
        Field(
            description="Start right after the block of this hash; "
            "with its slot in front, as Nectar prints points, a node finds any."
        ),
    ] = None


class EndForm(Keys):
    """An end that is written as a table."""

    epoch: Annotated[Epoch | None, Field(description="End with the epoch's last slot.")] = None
    date: Annotated[
        Date | None,
        Field(
            description="End with this day's last slot, or with the last slot before this moment. "
            "UTC unless the moment says its offset."
        ),
    ] = None
    slot: Annotated[Slot | None, Field(description="End with the block at this slot whose hash is given beside it.")] = None
    hash: Annotated[BlockHash | None, Field(description="The hash of the block at the slot given beside it.")] = None
    block_hash: Annotated[BlockHash | None, Field(description="End with the block of this hash, wherever it is.")] = None
    checkpoint: Annotated[
        None,
        Field(
            description="A checkpoint says where to continue; to end at a block, write block_hash.",
            json_schema_extra={
                "not": {},
                "x-refused": "a job cannot end at a checkpoint, it can only start after one; "
                "to end with that block write block_hash",
            },
        ),
    ] = None


_TABLE_KEYS = ("epoch", "date", "slot", "block_hash", "checkpoint")


def _extra(words: str, tables: tuple[str, ...], examples: list[str], pattern: str, **more: Any) -> dict[str, Any]:
    """A text, a slot, or a table with exactly one of `tables`."""
    return {
        "type": ["string", "integer", "object"],
        "minimum": 0,
        "maximum": MOST_SLOT,
        "pattern": pattern,
        "examples": examples,
        **more,
        "x-allowed": words,
        "dependentRequired": {"slot": ["hash"], "hash": ["slot"]},
        "oneOf": [{"type": "string"}, {"type": "integer"}, *({"type": "object", "required": [key]} for key in tables)],
    }


START = _extra(
    'a slot, "origin", an era ("byron" .. "conway"), "tip-N", { epoch = N }, { date = YYYY-MM-DD }, '
    '{ slot = N, hash = ".." }, { block_hash = ".." } or { checkpoint = ".." }',
    _TABLE_KEYS,
    ["origin", *ERAS, "tip-2160"],
    f"^(origin|{_ANY_ERA}|tip-[0-9]{{1,9}})$",
    default="origin",
)
END = _extra(
    'a slot, "tip", an era ("byron" .. "conway"), "tip-N", { epoch = N }, { date = YYYY-MM-DD }, '
    '{ slot = N, hash = ".." } or { block_hash = ".." }; 0 follows the tip',
    _TABLE_KEYS[:-1],
    [*ERAS, "tip", "tip-2160"],
    f"^({_ANY_ERA}|tip|tip-[0-9]{{1,9}})$",
)


def start_of(form: Any) -> Any:
    """The bound that a start's text form means; a bound stays as it is. Slot 0 is the origin. Errors: ValueError."""
    if isinstance(form, FollowTip):
        raise ValueError("a job cannot start at the tip that it follows")
    return _bound(form, StartForm, AtOrigin())


def end_of(form: Any) -> Any:
    """As `start_of`, of an end. Slot 0 follows the tip."""
    if isinstance(form, AtOrigin | AtCheckpoint):
        raise ValueError("a job cannot end at the origin, nor at a checkpoint")
    return _bound(form, EndForm, FollowTip())


def _bound(form: Any, keys: type[StartForm | EndForm], at_zero: Bound) -> Any:
    if isinstance(form, str):
        return _word(form, at_zero)
    if isinstance(form, dict):
        return _table(keys(**with_date_as_text(form)))
    if type(form) is int:
        if not 0 <= form <= MOST_SLOT:
            raise ValueError(f"a slot is a number from 0 to {MOST_SLOT}")
        return AtSlot(form) if form else at_zero
    return form


def _word(form: str, at_zero: Bound) -> Bound:
    if form == ("origin" if isinstance(at_zero, AtOrigin) else "tip"):
        return at_zero
    if _TIP_MINUS.fullmatch(form):
        return TipMinus(int(form.removeprefix("tip-")))
    if form not in ERAS:
        raise ValueError(f"{form!r} is neither an era nor tip-N")
    return AtEra(form)


def _table(form: StartForm | EndForm) -> Bound:
    if len(form.model_fields_set - {"hash"}) != 1 or (form.slot is None) is not (form.hash is None):
        raise ValueError(f"exactly one of {', '.join(_TABLE_KEYS)} must stand in the table, and hash beside slot")
    if form.epoch is not None:
        return AtEpoch(form.epoch)
    if form.date is not None:
        return _at_date(form.date)
    if form.slot is not None and form.hash is not None:
        return AtPoint(form.slot, bytes.fromhex(form.hash))
    if form.block_hash is not None:
        return AtBlock(bytes.fromhex(form.block_hash))
    slot, _, digest = str(form.checkpoint).rpartition(".")
    return AtCheckpoint(bytes.fromhex(digest), int(slot) if slot else -1)


def _at_date(text: str) -> AtDate:
    """UTC unless an offset is said."""
    moment = datetime.fromisoformat(text.upper())
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else _in_utc(moment)
    if moment.year > _LAST_YEAR:
        raise ValueError(f"the year must be at most {_LAST_YEAR}")
    return AtDate(moment, whole_day=len(text) == len("2021-09-12"))


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error
