"""The types of values that filters compare, and the tests that each allows."""

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
"""Types with `<` and `between`. Texts and bytes have no order: each database orders them in its own way."""

NUMBERS = frozenset({T.INT, T.EPOCH, T.SLOT})
"""Types that compare with a bare whole number. Lovelace does not: 5 could mean ada."""

LENGTHS = {
    T.POLICY: (28,),
    T.POOL: (28,),
    T.STAKE_ADDRESS: (29,),
    T.ASSET: (20,),
    T.DREP: (28, 29),
}
"""Lengths in bytes that values of a type can have, where they are few."""

GLOBBED = frozenset({T.TEXT, T.ADDRESS, T.STAKE_ADDRESS})
"""Types whose text form `like` compares."""

SEARCHED = frozenset({T.TEXT, T.BYTES, T.POLICY})
"""Types that `starts_with` and `contains` apply to."""

ERA_NAMES = ("byron", "shelley", "allegra", "mary", "alonzo", "babbage", "conway")
"""In order; an era's value is its place here plus 1, as the tag in front of its blocks."""

DREP_NAMES = {"drep_always_abstain": b"\x02", "drep_always_no_confidence": b"\x03"}
"""The two DReps that are neither a key nor a script (CDDL `drep`), and their ids in `drep_hash`."""
