"""The decoder's own exception: it gathers the CBOR path on its way up, then becomes a DecodeError."""

from __future__ import annotations


class Broken(Exception):
    """Bytes at `path` are not what the CDDL says; `slot` and `block_hash` are filled in once the header is known."""

    def __init__(self, path: str, cause: BaseException) -> None:
        self.why = reason_of(cause)
        super().__init__(path, self.why)
        self.path = path
        self.slot: int | None = None
        self.block_hash: bytes | None = None

    def of(self, slot: int, block_hash: bytes) -> Broken:
        """The same exception with its block's slot and hash."""
        self.slot, self.block_hash = slot, block_hash
        return self


def reason_of(cause: BaseException) -> str:
    """The message of `cause` in one line; the name of its class where it has none, or names a number that Python refuses to
    write."""
    try:
        text = str(cause)
    except ValueError:
        text = ""
    return f"{text[:_LONGEST]}.." if len(text) > _LONGEST else text or type(cause).__name__


_LONGEST = 200
