"""Inputs at random, by the hundred thousand: each must end well or in an error that was designed.

    make fuzz                                   # 200,000 inputs, about half an hour
    python -m tests.fuzz.run --inputs 5000 --seed 7 --only blocks

Every input follows from the seed, its kind and its number alone; one that ends otherwise is told with both and can be had again
by `--only KIND --first NUMBER --inputs 1`. Exit code 1 when there was one.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.conftest import WHOLE_CHAIN
from tests.fuzz import answers, blocks, files, kills, messages, texts

SHARES = {
    "blocks": 0.3,
    "blocks for a server": 0.1,
    "messages": 0.25,
    "plans": 0.1,
    "profiles": 0.1,
    "connection texts": 0.1,
    "chunk files": 0.04,
    "server packets": 0.01,
}
"""Of all inputs; the costly kinds have fewer."""
KILLS = 100

Try = Callable[[Random], str]


class Finding(NamedTuple):
    """An input that did not end as designed."""

    kind: str
    number: int
    error: str
    place: str


@dataclass
class Tally:
    """Of one kind of input: how it ended, how often; what was not designed."""

    ends: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0


def tries(chain: Path, scratch: Path) -> Mapping[str, Try]:
    """One input of a kind, made and tried: how it ended."""
    singles = chain / "blocks"
    return {
        "blocks": lambda rng: blocks.index(blocks.block(singles, rng), "sqlite"),
        "blocks for a server": lambda rng: blocks.index(blocks.block(singles, rng), "mysql"),
        "messages": lambda rng: messages.read(messages.message(chain, rng)),
        "plans": lambda rng: texts.check_plan(texts.toml("plan", rng)),
        "profiles": lambda rng: texts.check_profile(texts.toml("profile", rng)),
        "connection texts": lambda rng: texts.check_dsn(texts.dsn(rng)),
        "chunk files": lambda rng: files.read(files.folder(chain, scratch / "chunks", rng)),
        "server packets": lambda rng: answers.talk(answers.packets(rng), rng),
    }


def run(kind: str, attempt: Try, seed: int, numbers: range) -> Tally:
    """Inputs `numbers` of a kind."""
    tally = Tally()
    began = time.monotonic()
    for number in numbers:
        try:
            tally.ends[attempt(Random(f"{seed}/{kind}/{number}"))] += 1
        except Exception as error:  # noqa: BLE001  whatever it is, it was not designed
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(last.filename).name}:{last.lineno} in {last.name}"
            tally.findings.append(Finding(kind, number, f"{type(error).__name__}: {str(error)[:200]}", place))
    tally.seconds = time.monotonic() - began
    return tally


def shares(inputs: int, only: str | None) -> Iterator[tuple[str, int]]:
    for kind, share in SHARES.items():
        if only in (None, kind):
            yield kind, inputs if only else max(round(inputs * share), 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first input of each kind")
    parser.add_argument("--only", choices=SHARES)
    parser.add_argument("--kills", type=int, help="kill -9 of a job, at the end; 100, or none with --only")
    asked = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="nectar-fuzz-") as folder:
        attempts = tries(WHOLE_CHAIN, Path(folder))
        for kind, count in shares(asked.inputs, asked.only):
            tally = run(kind, attempts[kind], asked.seed, range(asked.first, asked.first + count))
            failed += len(tally.findings)
            ends = ", ".join(f"{end} {many:,}" for end, many in tally.ends.most_common(8))
            print(
                f"{kind}: {count:,} inputs in {tally.seconds:,.0f} s: {ends}; not designed: {len(tally.findings):,}", flush=True
            )
            for (error, place), many in Counter((one.error, one.place) for one in tally.findings).most_common(40):
                first = next(one.number for one in tally.findings if (one.error, one.place) == (error, place))
                print(f"    {many:,} times, first number {first}: {error} ({place})")
        wanted = asked.kills if asked.kills is not None else 0 if asked.only else KILLS
        if wanted:
            done = kills.killed(WHOLE_CHAIN, Path(folder, "kills"), Random(asked.seed), wanted)
            print(f"kills: {done:,}; every database the same as an undisturbed run's")
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
