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
    "coverage": ("nectar/checkpoint/*",),
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
    """About `count`: by the number of lines that can be changed, one a line, at least LEAST a room. The same for the same texts and seed."""
    lines = {room: _lines(root, patterns) for room, patterns in rooms.items()}
    whole = sum(map(len, lines.values()))
    chosen: list[Mutant] = []
    for room, there in lines.items():
        dice = Random(f"{seed} {room}")
        dice.shuffle(there)
        wanted = min(len(there), max(LEAST, round(count * len(there) / whole)))
        for file, ways in there:
            if wanted == 0:
                break
            text = (root / file).read_text()
            ways = sorted(ways, key=lambda one: dice.random() * DULL.get(one.kind, 1.0), reverse=True)
            change = next((one for one in ways if is_other(text, one)), None)
            if change is not None:
                chosen.append(mutant(root, room, file, change))
                wanted -= 1
    return chosen


def _lines(root: Path, patterns: tuple[str, ...]) -> list[tuple[str, list[Change]]]:
    """(file, the changes of one of its lines) of each line that can be changed."""
    found = []
    for path in sorted((root / "nectar").rglob("*.py")):
        file = str(path.relative_to(root))
        if not any(fnmatchcase(file, pattern) for pattern in patterns):
            continue
        by_line: dict[int, list[Change]] = defaultdict(list)
        for one in changes(path.read_text()):
            by_line[one.line].append(one)
        found += [(file, by_line[line]) for line in sorted(by_line)]
    return found


def mutant(root: Path, room: str, file: str, change: Change) -> Mutant:
    text = (root / file).read_text()
    last = text.count("\n", 0, change.end)
    before = "\n".join(text.splitlines()[change.line - 1 : last + 1])
    changed = planted(text, change).splitlines()
    after = "\n".join(changed[change.line - 1 : last + 1 + len(changed) - len(text.splitlines())])
    said = "\0".join([file, change.inside, before.strip(), after.strip()])
    return Mutant(hashlib.sha256(said.encode()).hexdigest()[:12], room, file, change, before, after)
