"""The types of values that filters compare, and what each can be asked."""

from __future__ import annotations

from enum import Enum


class T(Enum):
    """The value is the word that messages use."""

    BOOL = "a yes or no"
    INT = "a number"
    LOVELACE = "lovelace"
    RATIO = "a ratio"
    TEXT = "text"
    BYTES = "bytes"
    ADDRESS = "an address"
    STAKE_ADDRESS = "a stake address"
    POOL = "a pool"
    DREP = "a DRep"
    POLICY = "a policy"
    ASSET = "an asset"
    EPOCH = "an epoch"
    SLOT = "a slot"
    TIME = "a time"
    ERA = "an era"
    JSON = "JSON"
    SET = "a set"


ORDERED = frozenset({T.INT, T.LOVELACE, T.RATIO, T.EPOCH, T.SLOT, T.TIME, T.ERA})
"""Types with `<` and `between`. Texts and bytes have none: databases order them each in their own way."""

NUMBERS = frozenset({T.INT, T.EPOCH, T.SLOT})
"""Types that a bare whole number can be compared with. Lovelace is not: 5 could be meant as ada."""

LENGTHS = {
    T.POLICY: (28,),
    T.POOL: (28,),
    T.STAKE_ADDRESS: (29,),
    T.ASSET: (20,),
    T.DREP: (28, 29),
}
"""Bytes that a value has, where that is one of a few numbers."""

GLOBBED = frozenset({T.TEXT, T.ADDRESS, T.STAKE_ADDRESS})
"""Types that `like` compares the text form of."""

SEARCHED = frozenset({T.TEXT, T.BYTES, T.POLICY})
"""Types that `starts_with` and `contains` look into."""

ERA_NAMES = ("byron", "shelley", "allegra", "mary", "alonzo", "babbage", "conway")
"""In order; an era's value is its place here plus 1, as the tag in front of its blocks."""

DREP_NAMES = {"drep_always_abstain": b"\x02", "drep_always_no_confidence": b"\x03"}
"""The two that are no key and no script (CDDL `drep`), and their ids in `drep_hash`."""
