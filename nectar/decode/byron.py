"""Byron's blocks and its epoch boundary blocks (cardano-ledger, eras/byron/ledger/impl, byron.cddl)."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from nectar.cardano.block import Block, Tx, TxOut
from nectar.cardano.point import Era
from nectar.cardano.position import byron_tx_path
from nectar.decode.broken import Broken
from nectar.decode.cbor import BROKEN, CBORTag, Reader
from nectar.decode.checked import OUTPUTS, number, octets, sized
from nectar.decode.want import Wanted

_CHECKSUMS = (1 << 32) - 1


def _bytes_head(major: int, length: int) -> bytes:
    """The shortest CBOR head, which is the only form that Byron's addresses use."""
    if length < 24:
        return bytes((major << 5 | length,))
    width = 1 if length < 1 << 8 else 2 if length < 1 << 16 else 4 if length < 1 << 32 else 8
    return bytes((major << 5 | 23 + width.bit_length(),)) + length.to_bytes(width, "big")


def _address(item: Any) -> bytes:
    """CDDL `address = [#6.24(bytes .cbor ...), crc32]`, encoded again as its own bytes."""
    wrapped, checksum = item
    if not isinstance(wrapped, CBORTag) or wrapped.tag != 24:
        raise ValueError("a Byron address must be [#6.24(bytes), checksum]")
    payload = octets(wrapped.value)
    return b"\x82\xd8\x18" + _bytes_head(2, len(payload)) + payload + _bytes_head(0, number(checksum, _CHECKSUMS))


def _input(item: Any) -> tuple[bytes, int]:
    """CDDL `txin = [0, #6.24(bytes .cbor [txid, u32])]`."""
    kind, wrapped = item
    if kind != 0:
        raise ValueError(f"a Byron input's kind is 0, not {kind}")
    digest, index = Reader(wrapped.value).item()
    return sized(digest, 32), number(index, OUTPUTS)


def _output(index: int, item: Any) -> TxOut:
    address, value = item
    return TxOut(index, _address(address), number(value), (), None, None, None)


def _transaction(index: int, pair: bytes, want: Wanted) -> Tx:
    """CDDL `[tx, [* twit]]`; the id is blake2b-256 of the tx's own bytes. The fee is implied by the inputs."""
    reader = Reader(pair)
    length = reader.open(4)
    start = reader.at
    inputs, outputs, _attributes = reader.item()
    body = pair[start : reader.at]
    reader.span()
    reader.close(length, 2)
    return Tx(
        index=index,
        hash=blake2b(body, digest_size=32).digest(),
        size=len(body),
        is_valid=True,
        fee=None,
        inputs=[_input(item) for item in inputs],
        outputs=[_output(i, item) for i, item in enumerate(outputs)] if want.outputs else (),
        collateral_inputs=(),
        reference_inputs=(),
        collateral_return=None,
        total_collateral=None,
        invalid_before=None,
        invalid_hereafter=None,
        mint=(),
        certificates=(),
        withdrawals=(),
        update=None,
        required_signers=(),
        votes=(),
        proposals=(),
        donation=None,
        metadata=(),
        scripts=(),
        datums=(),
        redeemers=(),
        out_sum=number(sum(value for _, value in outputs)),
        cbor=body if want.cbor else None,
    )


def _transactions(payload: list[bytes], want: Wanted) -> list[Tx]:
    txs: list[Tx] = []
    for index, pair in enumerate(payload):
        try:
            txs.append(_transaction(index, pair, want))
        except BROKEN as error:
            raise Broken(byron_tx_path(index), error) from error
    return txs


def _rest(reader: Reader, seen: int, length: int) -> None:
    """Reads the items that no row needs, so that a block that is cut short is detected."""
    while reader.more(length, seen):
        reader.item()
        seen += 1


def byron_block(raw: bytes, start: int, want: Wanted, epoch_slots: int) -> Block:
    """A main block. `issuer` is the header's 64-byte extended verification key; `epoch_slots` is 10 k of the network.

    Longer than 40 lines because `Block` takes a line for each field.
    """
    reader = Reader(raw, start)
    length = reader.open(4)
    try:
        first = reader.at
        head, first_end = reader.item(), reader.at
        _magic, prev_hash, _proof, ((epoch, in_epoch), issuer, (block_no,), _signature), ((major, minor, _), *_) = head
        slot = number(number(epoch) * epoch_slots + number(in_epoch))
        for value in (block_no, major, minor):
            number(value)
        sized(prev_hash, 32)
        sized(issuer, 64)
    except BROKEN as error:
        raise Broken("block.header", error) from error
    block_hash = blake2b(b"\x82\x01" + raw[first:first_end], digest_size=32).digest()
    try:
        parts = reader.open(4)
        payload = reader.spans()
        txs = _transactions(payload, want) if want.sums else []
        _rest(reader, 1, parts)
        reader.item()
        reader.close(length, 3)
    except Broken as error:
        raise error.of(slot, block_hash) from error
    except BROKEN as error:
        raise Broken("block.body.txPayload", error).of(slot, block_hash) from error
    return Block(
        Era.BYRON,
        slot,
        block_no,
        block_hash,
        prev_hash,
        len(raw) - start,
        len(payload),
        major,
        minor,
        issuer,
        None,
        None,
        None,
        number(sum(tx.out_sum for tx in txs)),
        0,
        txs if want.transactions else (),
    )


def boundary_block(raw: bytes, start: int, epoch_slots: int) -> Block:
    """An epoch boundary block: no transactions, no issuer; its slot is its epoch's first."""
    reader = Reader(raw, start)
    length = reader.open(4)
    try:
        first = reader.at
        _magic, prev_hash, _proof, (epoch, (block_no,)), _extra = reader.item()
        slot = number(number(epoch) * epoch_slots)
        number(block_no)
        sized(prev_hash, 32)
    except BROKEN as error:
        raise Broken("block.header", error) from error
    block_hash = blake2b(b"\x82\x00" + raw[first : reader.at], digest_size=32).digest()
    try:
        reader.item()
        reader.item()
        reader.close(length, 3)
    except BROKEN as error:
        raise Broken("block.body", error).of(slot, block_hash) from error
    return Block(
        Era.BYRON_EBB,
        slot,
        block_no,
        block_hash,
        prev_hash,
        len(raw) - start,
        0,
        0,
        0,
        None,
        None,
        None,
        None,
        0,
        0,
        (),
    )
