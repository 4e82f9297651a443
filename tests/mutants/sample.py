"""The small bugs that are planted: a sample of each room's lines, chosen by a seed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from random import Random

from tests.mutants.changes import Change, changes, is_other, planted

ROOMS: Mapping[str, tuple[str, ...]] = {
    "decode": ("nectar/decode/*",),
    "processors": ("nectar/processors/*",),
    "coverage": ("nectar/coverage.py",),
    "sinks": ("nectar/sinks/*",),
    "runner": ("nectar/runner/*",),
    "filters": ("nectar/filterlang/*", "nectar/compiler/filters*"),
    "secrets": ("nectar/secrets/*",),
}
LEAST = 12
"""The fewest bugs that are planted in a room, however small it is."""

DULL = {"arguments": 0.3, "return": 0.3, "constant": 0.7}
"""Kinds of change that most lines have and most tests catch. They are chosen less often, by these factors."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug. `key` follows from the file, the function, the line and the change, so it stays when the line moves in its function."""

    key: str
    room: str
    file: str
    change: Change
    before: str
    after: str

    @property
    def place(self) -> str:
        return f"{self.file}:{self.change.line}"


def sample(root: Path, count: int, seed: int, rooms: Mapping[str, tuple[str, ...]] = ROOMS) -> list[Mutant]:
    """About `count` bugs, at most one a line, shared among rooms by their lines; at least LEAST for each room.

    Each line has random numbers of its own, so that a new or edited line leaves nearly all other choices as they were.
    """
    lines = {room: _lines(root, patterns, seed) for room, patterns in rooms.items()}
    whole = sum(map(len, lines.values()))
    chosen: dict[str, Mutant] = {}
    for room, room_lines in lines.items():
        wanted = min(len(room_lines), max(LEAST, round(count * len(room_lines) / whole)))
        for _, file, ways in sorted(room_lines):
            if wanted == 0:
                break
            text = (root / file).read_text()
            change = next((way for way in ways if is_other(text, way)), None)
            if change is not None and (bug := mutant(root, room, file, change)).key not in chosen:
                chosen[bug.key] = bug
                wanted -= 1
    return list(chosen.values())


def _lines(root: Path, patterns: tuple[str, ...], seed: int) -> list[tuple[float, str, list[Change]]]:
    """(random number, file, changes in random order) of each line that can be changed."""
    lines = []
    for path in sorted((root / "nectar").rglob("*.py")):
        file = str(path.relative_to(root))
        if not any(fnmatchcase(file, pattern) for pattern in patterns):
            continue
        text = path.read_text()
        written, by_line = text.splitlines(), defaultdict(list)
        for change in changes(text):
            by_line[change.line].append(change)
        for line, ways in by_line.items():
            dice = Random(f"{seed} {file} {ways[0].inside} {written[line - 1].strip()}")
            number = dice.random()
            ways.sort(key=lambda change: dice.random() * DULL.get(change.kind, 1.0), reverse=True)
            lines.append((number, file, ways))
    return lines


def mutant(root: Path, room: str, file: str, change: Change) -> Mutant:
    text = (root / file).read_text()
    last = text.count("\n", 0, change.end)
    before = "\n".join(text.splitlines()[change.line - 1 : last + 1])
    changed = planted(text, change).splitlines()
    after = "\n".join(changed[change.line - 1 : last + 1 + len(changed) - len(text.splitlines())])
    identity = "\0".join([file, change.inside, before.strip(), after.strip()])
    return Mutant(hashlib.sha256(identity.encode()).hexdigest()[:12], room, file, change, before, after)
