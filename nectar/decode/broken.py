"""How a failure finds its way out of the decoder: the CBOR path is gathered on the way, then it becomes a DecodeError."""

from __future__ import annotations


class Broken(Exception):
    """Bytes at `path` are not what the CDDL says; `slot` and `block_hash` are filled in once the header is known."""

    def __init__(self, path: str, cause: BaseException) -> None:
        super().__init__(path, str(cause))
        self.path = path
        self.why = str(cause) or type(cause).__name__
        self.slot: int | None = None
        self.block_hash: bytes | None = None

    def of(self, slot: int, block_hash: bytes) -> Broken:
        self.slot, self.block_hash = slot, block_hash
        return self
