"""CBOR as a tree of spans, and changes to it that stay CBOR: other numbers, other types, members that stand twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from nectar.decode.head import BREAK, INDEFINITE, head

BOUNDARIES = (0, 1, 23, 24, 255, 256, 65_535, 65_536, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1)
DEEPEST = 200
"""Containers within one another that are taken apart; deeper ones stay whole."""


@dataclass(slots=True)
class Node:
    """An item of `raw`: its major type, and the span of its bytes. Of arrays, maps and tags the items within."""

    major: int
    start: int
    end: int
    body: int  # where the items within begin
    length: int  # as its head says; -1 when indefinite
    items: list[Node] = field(default_factory=list)


def tree(raw: bytes, at: int = 0, depth: int = 0) -> Node:
    """The item at `at`. Errors: ValueError and IndexError for what is no CBOR, or too deep."""
    if depth > DEEPEST:
        raise ValueError("too deep")
    major, argument, after = head(raw, at)
    node = Node(major, at, after, after, argument)
    if major in (2, 3) and argument != INDEFINITE:
        node.end = after + argument
    elif major in (4, 5, 6) or argument == INDEFINITE:
        _open(raw, node, depth)
    if node.end > len(raw):
        raise ValueError("the bytes end within an item")
    return node


def _open(raw: bytes, node: Node, depth: int) -> None:
    count = {5: 2 * node.length, 6: 1}.get(node.major, node.length)
    at = node.body
    while raw[at] != BREAK if node.length == INDEFINITE and node.major != 6 else len(node.items) < count:
        item = tree(raw, at, depth + 1)
        node.items.append(item)
        at = item.end
    node.end = at + (node.length == INDEFINITE and node.major != 6)


def nodes(root: Node) -> list[Node]:
    """The item and all items within."""
    found, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += node.items
    return found


def encoded(major: int, argument: int) -> bytes:
    """An item's head in its shortest form."""
    if argument < 24:
        return bytes((major << 5 | argument,))
    width = 1 if argument < 1 << 8 else 2 if argument < 1 << 16 else 4 if argument < 1 << 32 else 8
    return bytes((major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[width],)) + argument.to_bytes(width, "big")


def item(rng: Random) -> bytes:
    """Any item: numbers at the bounds of machine words among them, and numbers beyond them."""
    value = rng.choice(BOUNDARIES)
    return rng.choice(
        (
            encoded(0, value),
            encoded(1, value),
            b"\xc2" + encoded(2, 9) + b"\x01" + bytes(8),
            b"\xc3" + encoded(2, 8) + b"\xff" * 8,
            b"\xc2" + encoded(2, 5_000) + b"\xff" * 5_000,
            b"\xc2\x40",
            b"\xf6",
            b"\xf7",
            b"\xf4",
            b"\xf5",
            b"\xf8\x20",
            b"\xf9\x7c\x00",
            b"\xf9\x7e\x00",
            b"\xfb" + rng.randbytes(8),
            b"\x40",
            b"\x41\x00",
            encoded(2, 28) + rng.randbytes(28),
            encoded(2, 32) + rng.randbytes(32),
            encoded(2, 29) + b"\xe1" + rng.randbytes(28),
            encoded(2, 65) + rng.randbytes(65),
            b"\x5f\x41\x00\x41\x01\xff",
            b"\x60",
            b"\x61\x00",
            b"\x62\xff\xfe",
            b"\x7f\x61a\xff",
            b"\x80",
            b"\x9f\xff",
            b"\xa0",
            b"\xbf\xff",
            b"\x81\x80",
            b"\xa1\x00\x00",
            b"\xa1\x00\xa1\x00\x00",
            b"\xd8\x1e\x82\x01\x00",
            b"\xd8\x1e\x82\x01\x02",
            b"\xd8\x1e\x80",
            b"\xd9\x01\x02\x80",
            b"\xd8\x18\x41\x00",
            b"\xd8\x79\x80",
            b"\xd8\x66\x82\x00\x80",
        )
    )


def changed(raw: bytes, root: Node, rng: Random) -> bytes:
    """`raw` with one item changed, all heads right."""
    all_nodes = nodes(root)
    node = rng.choice(all_nodes)
    containers = [one for one in all_nodes if one.major in (4, 5) and one.items]
    match rng.randrange(6 if containers else 3):
        case 0:
            return raw[: node.start] + item(rng) + raw[node.end :]
        case 1:
            other = rng.choice(all_nodes)
            return raw[: node.start] + raw[other.start : other.end] + raw[node.end :]
        case 2:
            tag = encoded(6, rng.choice((2, 3, 24, 30, 102, 121, 258, 259, 1_280, 2**64 - 1)))
            return raw[: node.start] + tag + raw[node.start :]
        case _:
            return _with_members(raw, rng.choice(containers), rng)


def _with_members(raw: bytes, node: Node, rng: Random) -> bytes:
    """A container with one member twice, one less, two of them changed about, or in its other form of length."""
    step = 2 if node.major == 5 else 1
    members = [raw[node.items[k].start : node.items[k + step - 1].end] for k in range(0, len(node.items) - step + 1, step)]
    at = rng.randrange(len(members))
    indefinite = node.length == INDEFINITE
    match rng.randrange(4):
        case 0:
            members.insert(rng.randrange(len(members) + 1), members[at])
        case 1:
            del members[at]
        case 2:
            other = rng.randrange(len(members))
            members[at], members[other] = members[other], members[at]
        case _:
            indefinite = not indefinite
    start = bytes((node.major << 5 | 31,)) if indefinite else encoded(node.major, len(members))
    return raw[: node.start] + start + b"".join(members) + (b"\xff" if indefinite else b"") + raw[node.end :]


def broken(raw: bytes, rng: Random) -> bytes:
    """`raw` with some bytes changed, taken away or put in: seldom CBOR."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        data[at : at + rng.randrange(5)] = rng.randbytes(rng.randrange(6))
    return bytes(data[: rng.randrange(len(data) + 1)] if rng.random() < 0.2 else data)
