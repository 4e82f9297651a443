"""How a failure finds its way out of the decoder: the CBOR path is gathered on the way, then it becomes a DecodeError."""

from __future__ import annotations


class Broken(Exception):
    """Bytes at `path` are not what the CDDL says; `slot` and `block_hash` are filled in once the header is known."""

    def __init__(self, path: str, cause: BaseException) -> None:
        self.why = told(cause)
        super().__init__(path, self.why)
        self.path = path
        self.slot: int | None = None
        self.block_hash: bytes | None = None

    def of(self, slot: int, block_hash: bytes) -> Broken:
        self.slot, self.block_hash = slot, block_hash
        return self


def told(cause: BaseException) -> str:
    """What it says of itself, in a line; its kind where it says nothing, or names a number that Python refuses to write."""
    try:
        text = str(cause)
    except ValueError:
        text = ""
    return f"{text[:_LONGEST]}.." if len(text) > _LONGEST else text or type(cause).__name__


_LONGEST = 200
