"""What the verdicts come to: the score of each room, and every survivor with what was planted."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.mutants.judge import KILLED, LATE, Verdict
from tests.mutants.sample import Mutant

EQUIVALENT = Path(__file__).parent / "equivalent.toml"


def reasons(path: Path = EQUIVALENT) -> dict[str, str]:
    """Key of each planted bug that is none -> why. Errors: ValueError for an entry without a reason, or a key that is there twice."""
    listed = tomllib.loads(path.read_text()).get("equivalent", [])
    found = {one["key"]: one["reason"] for one in listed}
    if len(found) != len(listed) or not all(reason.strip() for reason in found.values()):
        raise ValueError(f"{path}: a key is there twice, or has no reason")
    return found


def is_caught(verdict: Verdict) -> bool:
    return verdict.status in (KILLED, LATE)


def survivors(mutants: Sequence[Mutant], verdicts: Mapping[str, Verdict], equal: Mapping[str, str]) -> list[Mutant]:
    return [one for one in mutants if one.key in verdicts and not is_caught(verdicts[one.key]) and one.key not in equal]


def report(mutants: Sequence[Mutant], verdicts: Mapping[str, Verdict], equal: Mapping[str, str]) -> str:
    return "\n".join([*_table(mutants, verdicts, equal), "", *_survivors(mutants, verdicts, equal)]).rstrip() + "\n"


def _table(mutants: Sequence[Mutant], verdicts: Mapping[str, Verdict], equal: Mapping[str, str]) -> Iterator[str]:
    yield "| room | planted | caught | too slow | equivalent | survived | score |"
    yield "|---|---|---|---|---|---|---|"
    for room in [*dict.fromkeys(one.room for one in mutants), "all"]:
        there = [one for one in mutants if room in (one.room, "all") and one.key in verdicts]
        by_end = Counter(verdicts[one.key].status for one in there)
        same = sum(not is_caught(verdicts[one.key]) and one.key in equal for one in there)
        left = len(survivors(there, verdicts, equal))
        score = f"{100 * (len(there) - same - left) / (len(there) - same):.1f} %" if len(there) > same else "-"
        yield f"| {room} | {len(there)} | {by_end[KILLED]} | {by_end[LATE]} | {same} | {left} | {score} |"


def _survivors(mutants: Sequence[Mutant], verdicts: Mapping[str, Verdict], equal: Mapping[str, str]) -> Iterator[str]:
    for one in survivors(mutants, verdicts, equal):
        verdict = verdicts[one.key]
        yield f"{one.key}  {one.place}  {one.change.kind} in {one.change.inside}: {verdict.status}, {verdict.tests} tests asked"
        yield from (f"  - {line}" for line in one.before.splitlines())
        yield from (f"  + {line}" for line in one.after.splitlines())
        yield ""
