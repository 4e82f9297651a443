"""Which of all small bugs are planted: a share of each room's lines, by a seed."""

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
"""Of a small room."""

DULL = {"arguments": 0.3, "return": 0.3, "constant": 0.7}
"""Kinds that most lines have, and that most tests of the line catch: they are taken less often."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`key` holds as long as the line, its function and the change do, wherever the line moves."""

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
    """About `count`: by the number of lines that can be changed, one a line, at least LEAST a room.

    Each line throws dice of its own, so that a line that is changed, or new, leaves nearly all others as they were.
    """
    lines = {room: _lines(root, patterns, seed) for room, patterns in rooms.items()}
    whole = sum(map(len, lines.values()))
    chosen: dict[str, Mutant] = {}
    for room, there in lines.items():
        wanted = min(len(there), max(LEAST, round(count * len(there) / whole)))
        for _, file, ways in sorted(there):
            if wanted == 0:
                break
            text = (root / file).read_text()
            change = next((one for one in ways if is_other(text, one)), None)
            if change is not None and (one := mutant(root, room, file, change)).key not in chosen:
                chosen[one.key] = one
                wanted -= 1
    return list(chosen.values())


def _lines(root: Path, patterns: tuple[str, ...], seed: int) -> list[tuple[float, str, list[Change]]]:
    """(its number, file, its changes by their numbers) of each line that can be changed."""
    found = []
    for path in sorted((root / "nectar").rglob("*.py")):
        file = str(path.relative_to(root))
        if not any(fnmatchcase(file, pattern) for pattern in patterns):
            continue
        text = path.read_text()
        written, by_line = text.splitlines(), defaultdict(list)
        for one in changes(text):
            by_line[one.line].append(one)
        for line, ways in by_line.items():
            dice = Random(f"{seed} {file} {ways[0].inside} {written[line - 1].strip()}")
            number = dice.random()
            found.append((number, file, sorted(ways, key=lambda one: dice.random() * DULL.get(one.kind, 1.0), reverse=True)))
    return found


def mutant(root: Path, room: str, file: str, change: Change) -> Mutant:
    text = (root / file).read_text()
    last = text.count("\n", 0, change.end)
    before = "\n".join(text.splitlines()[change.line - 1 : last + 1])
    changed = planted(text, change).splitlines()
    after = "\n".join(changed[change.line - 1 : last + 1 + len(changed) - len(text.splitlines())])
    said = "\0".join([file, change.inside, before.strip(), after.strip()])
    return Mutant(hashlib.sha256(said.encode()).hexdigest()[:12], room, file, change, before, after)
