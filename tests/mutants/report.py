"""The report of all verdicts: the score of each room, and every surviving bug with its change."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.mutants.judge import KILLED, LATE, Verdict
from tests.mutants.sample import Mutant

EQUIVALENT = Path(__file__).parent / "equivalent.toml"


def reasons(path: Path = EQUIVALENT) -> dict[str, str]:
    """Key of each change that is no bug -> why. Errors: ValueError for an entry without a reason, or a key that occurs twice."""
    listed = tomllib.loads(path.read_text()).get("equivalent", [])
    by_key = {entry["key"]: entry["reason"] for entry in listed}
    if len(by_key) != len(listed) or not all(reason.strip() for reason in by_key.values()):
        raise ValueError(f"{path}: a key occurs twice, or has no reason")
    return by_key


def is_caught(verdict: Verdict) -> bool:
    return verdict.status in (KILLED, LATE)


def survivors(mutants: Sequence[Mutant], verdicts: Mapping[str, Verdict], equal: Mapping[str, str]) -> list[Mutant]:
    return [bug for bug in mutants if bug.key in verdicts and not is_caught(verdicts[bug.key]) and bug.key not in equal]


def report(mutants: Sequence[Mutant], verdicts: Mapping[str, Verdict], equal: Mapping[str, str]) -> str:
    return "\n".join([*_table(mutants, verdicts, equal), "", *_survivors(mutants, verdicts, equal)]).rstrip() + "\n"


def _table(mutants: Sequence[Mutant], verdicts: Mapping[str, Verdict], equal: Mapping[str, str]) -> Iterator[str]:
    yield "| room | planted | caught | too slow | equivalent | survived | score |"
    yield "|---|---|---|---|---|---|---|"
    for room in [*dict.fromkeys(bug.room for bug in mutants), "all"]:
        judged = [bug for bug in mutants if room in (bug.room, "all") and bug.key in verdicts]
        by_end = Counter(verdicts[bug.key].status for bug in judged)
        same = sum(not is_caught(verdicts[bug.key]) and bug.key in equal for bug in judged)
        left = len(survivors(judged, verdicts, equal))
        score = f"{100 * (len(judged) - same - left) / (len(judged) - same):.1f} %" if len(judged) > same else "-"
        yield f"| {room} | {len(judged)} | {by_end[KILLED]} | {by_end[LATE]} | {same} | {left} | {score} |"


def _survivors(mutants: Sequence[Mutant], verdicts: Mapping[str, Verdict], equal: Mapping[str, str]) -> Iterator[str]:
    for bug in survivors(mutants, verdicts, equal):
        verdict = verdicts[bug.key]
        yield f"{bug.key}  {bug.place}  {bug.change.kind} in {bug.change.inside}: {verdict.status}, {verdict.tests} tests asked"
        yield from (f"  - {line}" for line in bug.before.splitlines())
        yield from (f"  + {line}" for line in bug.after.splitlines())
        yield ""
