"""Plants small bugs, one at a time, in a copy of the tree, and reports those that no test catches.

    make mutants                                              # 400, about two hours; by hand
    python -m tests.mutants.run --count 20 --only decode,filters --tests tests/decode,tests/filterlang
    python -m tests.mutants.run --again --budget 600          # the survivors, with more of their tests
    python -m tests.mutants.run --key 196ad1d195e1 --ask tests/server/test_session.py      # does this test catch that bug?

The tool records once which functions each test runs and how long it takes. The bugs follow from the seed and the text alone. The
verdicts are kept in $NECTAR_CACHE/mutants (~/.cache/nectar/mutants): the same command continues where it was stopped.
equivalent.toml lists the changes that make no difference, with the reason. Exit code 1 when any other bug survives.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from tests.mutants.copies import cache
from tests.mutants.judge import Judge, Verdict
from tests.mutants.reach import Reach, files_of_tests, recorded
from tests.mutants.report import is_caught, reasons, report, survivors
from tests.mutants.sample import ROOMS, Mutant, sample

ROOT = Path(__file__).resolve().parent.parent.parent
COUNT, SEED, BUDGET = 400, 1, 120.0


class Book:
    """The verdicts so far, in a file that is written after each of them."""

    def __init__(self, path: Path) -> None:
        self.path, self.lock = path, Lock()
        kept = json.loads(path.read_text()) if path.is_file() else {}
        self.verdicts = {key: Verdict(**fields) for key, fields in kept.items()}

    def note(self, mutant: Mutant, verdict: Verdict, left: int) -> None:
        with self.lock:
            self.verdicts[mutant.key] = verdict
            new = self.path.with_suffix(".new")
            new.write_text(json.dumps({key: verdict.as_json() for key, verdict in self.verdicts.items()}, indent=1))
            new.replace(self.path)
            print(
                f"{left:>4} left  {verdict.status:<9} {verdict.seconds:>6.1f} s  {mutant.place}  {verdict.by}",
                file=sys.stderr,
                flush=True,
            )


def judge_all(
    mutants: Sequence[Mutant],
    reach: Reach,
    book: Book,
    place: Path,
    workers: int,
    budget: float,
    root: Path = ROOT,
    asked: Sequence[str] = (),
) -> None:
    waiting: SimpleQueue[Mutant] = SimpleQueue()
    for mutant in mutants:
        waiting.put(mutant)

    def work(number: int) -> None:
        judge = Judge(root, place / f"tree-{number}")
        try:
            while True:
                mutant = waiting.get_nowait()
                book.note(mutant, judge.judge(mutant, reach, budget, asked), waiting.qsize())
        except Empty:
            pass
        finally:
            judge.close()

    threads = [Thread(target=work, args=(number,), daemon=True) for number in range(min(workers, len(mutants)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main(words: Sequence[str]) -> int:
    asked = _asked(words)
    place = cache()
    rooms = {name: ROOMS[name] for name in asked.only.split(",")} if asked.only else ROOMS
    reach = recorded(ROOT, place, files_of_tests(ROOT, asked.tests.split(",")), asked.workers, afresh=asked.afresh)
    mutants = sample(ROOT, asked.count, asked.seed, rooms)
    book, equal = Book(place / "verdicts.json"), reasons()
    known = {key: verdict for key, verdict in book.verdicts.items() if is_caught(verdict) or not (asked.again or asked.key)}
    waiting = [
        bug
        for bug in mutants
        if bug.key not in known and bug.key not in equal and (not asked.key or bug.key in asked.key.split(","))
    ]
    judge_all(waiting, reach, book, place, asked.workers, asked.budget, asked=asked.ask.split(",") if asked.ask else ())
    print(f"{len(mutants)} bugs by seed {asked.seed}\n\n{report(mutants, book.verdicts, equal)}", end="")
    return int(bool(survivors(mutants, book.verdicts, equal)))


def _asked(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.run", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=COUNT, help="how many bugs, about")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", default="", metavar="ROOMS", help=f"only these of {', '.join(ROOMS)}, with commas")
    parser.add_argument("--tests", default="tests", metavar="PATHS", help="files and folders of tests, with commas")
    parser.add_argument("--budget", type=float, default=BUDGET, metavar="SECONDS", help="the most seconds of tests for each bug")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--afresh", action="store_true", help="record all tests again, for example after many changes")
    parser.add_argument("--key", default="", metavar="KEYS", help="only these bugs, with commas")
    parser.add_argument("--ask", default="", metavar="TESTS", help="tests to run instead of the chosen ones, with commas")
    parser.add_argument("--again", action="store_true", help="judge the bugs that survived before once more")
    return parser.parse_args(words)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
