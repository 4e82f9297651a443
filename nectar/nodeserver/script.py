"""Scripts: what happens to the chain while clients read it. One step a line.

    forward N             the next N blocks of the chunk files
    back I                the chain ends after its first I blocks
    fork DIR SKIP COUNT   COUNT blocks of the chunk files in DIR (beside the script), without the first SKIP
    wait MS               no step for so many milliseconds
    drop                  every connection is cut
    # a remark

A step is taken whenever a client asks for a block that does not exist yet, until the script ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeAlias

from nectar import reading
from nectar.errors import FatalError


class Forward(NamedTuple):
    blocks: int


class Back(NamedTuple):
    length: int


class Fork(NamedTuple):
    folder: Path
    skip: int
    blocks: int


class Wait(NamedTuple):
    seconds: float


class Drop(NamedTuple):
    pass


Step: TypeAlias = Forward | Back | Fork | Wait | Drop


def read_script(file: Path) -> tuple[Step, ...]:
    """The steps of a script. Errors: FatalError NEC-V001 with the line, NEC-V002 when the file cannot be read."""
    return tuple(_steps(_text(file), file))


def read_answers(file: Path) -> dict[bytes, bytes]:
    """Query -> answer, from lines `QUERY ANSWER` in hexadecimal: the contents of MsgQuery and MsgResult. Errors: as
    `read_script`."""
    answers: dict[bytes, bytes] = {}
    for number, line in enumerate(_text(file).splitlines(), 1):
        words = line.partition("#")[0].split()
        if words:
            try:
                query, answer = map(bytes.fromhex, words)
            except ValueError:
                what = "a line has a query and its answer, both hexadecimal"
                raise FatalError(what, where=f"{file}:{number}:1", code="NEC-V001") from None
            answers[query] = answer
    return answers


def _text(file: Path) -> str:
    try:
        return reading.read_text(file, reading.SCRIPT)
    except OSError as error:
        raise FatalError(f"the file cannot be read: {error.strerror}", where=str(file), code="NEC-V002") from error


def _steps(text: str, file: Path) -> Iterator[Step]:
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if words:
            step = _step(words, file.parent)
            if step is None:
                what = "this line is no step of a script"
                hint = "steps: forward N, back I, fork DIR SKIP COUNT, wait MS, drop"
                raise FatalError(what, where=f"{file}:{number}:1", hint=hint, code="NEC-V001")
            yield step


def _step(words: list[str], beside: Path) -> Step | None:
    match words:
        case ["forward", count] if count.isdecimal():
            return Forward(int(count))
        case ["back", length] if length.isdecimal():
            return Back(int(length))
        case ["fork", folder, skip, count] if skip.isdecimal() and count.isdecimal():
            return Fork(beside / folder, int(skip), int(count))
        case ["wait", milliseconds] if milliseconds.isdecimal():
            return Wait(int(milliseconds) / 1000)
        case ["drop"]:
            return Drop()
    return None
