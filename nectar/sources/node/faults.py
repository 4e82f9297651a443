"""Every error of a node's connection, in one place: what happened, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from nectar.cardano.network import PUBLIC
from nectar.cardano.point import Point
from nectar.errors import FatalError, GenesisError, NectarError, SourceError, TransientError

_SHOWN = 24  # bytes shown of a message that is not understood
_MAGIC = re.compile(r"[Mm]agic\D{0,4}(\d{1,10})")
"""In a node's own words: `NetworkMagic {unNetworkMagic = 2}`."""


def unreachable(where: str, reason: str, hint: str) -> NectarError:
    return TransientError(f"the node cannot be reached: {reason}", where=where, hint=hint, code="NEC-W001")


def connection_lost(where: str, reason: str) -> NectarError:
    return TransientError(f"the connection to the node was lost: {reason}", where=where, code="NEC-W002")


def too_slow(where: str, waited_for: str, seconds: float) -> NectarError:
    return TransientError(f"the node did not answer: {waited_for} within {seconds:g} s", where=where, code="NEC-W003")


def violation(what: str, shown: bytes = b"") -> SourceError:
    what_shown = f"{what} (its bytes: {shown[:_SHOWN].hex()}{'..' if len(shown) > _SHOWN else ''})" if shown else what
    return SourceError(
        f"the other side does not keep to the Node-to-Client protocol: {what_shown}",
        hint="is this the node's own socket (or a tunnel to it), not its TCP port for other nodes?",
        code="NEC-W004",
    )


def no_version(theirs: str, ours: str) -> SourceError:
    return SourceError(
        f"the node and Nectar have no version of the Node-to-Client protocol in common: it speaks {theirs}, Nectar {ours}",
        hint="update whichever of the two is older",
        code="NEC-W005",
    )


def other_network(network: str, magic: int, reason: str) -> GenesisError:
    """Names the node's network where `reason` contains a public network's magic."""
    named = (PUBLIC.get(int(magic_read)) for magic_read in _MAGIC.findall(reason) if int(magic_read) != magic)
    theirs = next((name for name in named if name), "another network")
    return GenesisError(
        f"the node refuses {network} (network magic {magic}): {reason}",
        hint=f"this node is of {theirs}: check `network` (the plan's, or --network), or the socket",
        code="NEC-W006",
    )


def handshake_refused(reason: str) -> SourceError:
    return SourceError(f"the node refuses the connection: {reason}", code="NEC-W007")


def no_intersection(known: int, tip: Point) -> SourceError:
    return SourceError(
        f"none of the {known} points that the database has is on this node's chain (its tip: {tip})",
        hint="is the database another chain's, or the node still far behind? nothing was changed",
        code="NEC-W008",
    )


def before_start(point: Point, first_slot: int) -> FatalError:
    return FatalError(
        f"the node rolled back to {point}, before the plan's start at slot {first_slot:,}",
        hint="start the plan further back (tip-2160 can never be rolled back) into another database; nothing was changed",
        code="NEC-W009",
    )


def cannot_resolve(what: str, hint: str) -> SourceError:
    return SourceError(what, hint=hint, code="NEC-W010")


def no_answer(what: str, hint: str = "") -> SourceError:
    return SourceError(what, hint=hint, code="NEC-W011")


def too_deep(what: str, blocks: int) -> SourceError:
    hint = (
        "is this the right node, and on the right chain? nothing was changed. If this chain is meant, fill another database, or "
        f"give --accept-deep-rollback {blocks} to have this one rolled back"
    )
    return SourceError(what, hint=hint, code="NEC-W012")


def implausible(what: str) -> SourceError:
    hint = "check this machine's clock, the plan's network and its genesis files; if they are right, do not trust this node"
    return SourceError(what, hint=f"{hint}. Nothing of the block was written", code="NEC-W013")


@contextmanager
def errors_at(where: str) -> Iterator[None]:
    """Adds the place to errors from within."""
    try:
        yield
    except NectarError as error:
        with_place(where, error)
        raise


def with_place(where: str, error: NectarError) -> NectarError:
    """The same error; `where` becomes its place if it has none."""
    if not error.where:
        error.where = where
    return error
