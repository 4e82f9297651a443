"""What filters cost and what they save, in one run; prints the tables of docs/performance.md.

    python benchmarks/filters.py [--chain ../shared/chain] [--runs 5]

Plans of one policy and of 10,000 addresses beside the full plan; the cost of ruling a block out undecoded; and the time that a
predicate takes for a transaction.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from speed import ALL, Case, cut, plan_text, run, timed

from nectar.cardano import bech32
from nectar.compiler.compile import compile_plan
from nectar.config.plan.load import parse_plan
from nectar.decode.block import decode_block
from nectar.decode.want import EVERYTHING
from nectar.filterlang.search import search, spends_any
from nectar.filterlang.to_python import to_python
from nectar.runner.decoding.filtering import filter_functions

CASES = (
    Case("mainnet 01000", "mainnet", "mainnet/immutable", ("01000",), 1000 * 21_600),
    Case("preview 00140-00239", "preview", "preview/immutable", tuple(f"{n:05}" for n in range(140, 240)), 140 * 4_320),
)
POLICY = "0x" + "ab" * 28
ONE = f"any(mints, policy == {POLICY}) or any(assets, policy == {POLICY})"
MANY = 'any(outputs, address in @file("addresses.txt"))'
PREDICATES = (
    "fee > 0.2 ada",
    "out_sum >= 1_000 ada and not has_script",
    "any(outputs, value >= 10_000 ada)",
    ONE,
    MANY,
    'any(outputs, address like "addr_test1q*")',
    "any(metadata, label in [721, 20])",
    'any(metadata, json.name == "x")',
    'any(certs, kind == "delegation")',
    "count(outputs, value > 5 ada) > 2",
    "any(assets, name_text matches /^[a-z]+[0-9]$/)",
)


def addresses(network: str) -> str:
    made = random.Random(7)
    prefix, header = ("addr", b"\x01") if network == "mainnet" else ("addr_test", b"\x00")
    return "\n".join(bech32.encode(prefix, header + made.randbytes(56)) for _ in range(10_000))


def measure(case: Case, chain: Path, runs: int, folder: Path) -> None:
    (folder / "addresses.txt").write_text(addresses(case.network))
    blocks = [raw for chunk in case.chunks for raw in cut(chain / case.folder / f"{chunk}.chunk")]
    texts = {"full plan": "", "one policy": ONE, "10,000 addresses": MANY}
    plans: dict[str, Path] = {}
    for number, (name, where) in enumerate(texts.items()):
        plans[name] = folder / f"{number}.toml"
        plans[name].write_text(plan_text(case, chain, ALL) + (f"[filters]\nwhere = '{where}'\n" if where else ""))
    seconds: dict[str, list[float]] = {name: [] for name in plans}
    ruled_out: dict[str, int] = {}
    for _ in range(runs):
        for name, plan in plans.items():
            summary, _, _ = run(plan, folder / "bench.db")
            seconds[name].append(summary["seconds"])
            ruled_out[name] = summary["filters"].get("where", {}).get("rejected", 0)
    print(f"\n### {case.name}: {len(blocks):,} blocks\n")
    print("| plan | seconds | blocks/s | against the full plan | blocks ruled out undecoded | needles, us a block |")
    print("|---|---|---|---|---|---|")
    full = statistics.median(seconds["full plan"])
    for name, plan in plans.items():
        median = statistics.median(seconds[name])
        cost = needles(plan, blocks, runs) if texts[name] else ""
        print(
            f"| {name} | {median:.3f} | {len(blocks) / median:,.0f} | {full / median:.1f} | {ruled_out[name] / len(blocks):.1%} | {cost} |"
        )


def needles(plan: Path, blocks: list[bytes], runs: int) -> str:
    """Microseconds a block: looking for the plan's needles, and for spent outputs of 10,000 transactions."""
    compiled = compile_plan(parse_plan(plan.read_text(), plan))
    look = search(compiled.filters.needles)
    watched = dict.fromkeys(random.randbytes(32) for _ in range(10_000))

    def a_block(work: Callable[[bytes], object]) -> float:
        return statistics.median(timed(lambda: [work(raw) for raw in blocks]) for _ in range(runs)) / len(blocks) * 1e6

    return f"{a_block(look):.2f}, and {a_block(lambda raw: spends_any(raw, watched)):.2f} for spends"


def predicates(chain: Path, runs: int, folder: Path) -> None:
    case = CASES[1]
    (folder / "addresses.txt").write_text(addresses(case.network))
    blocks = [decode_block(raw, EVERYTHING) for chunk in case.chunks for raw in cut(chain / case.folder / f"{chunk}.chunk")]
    txs = [(tx, block) for block in blocks for tx in block.txs]
    print(f"\n### Predicates, over the {len(txs):,} transactions of {case.name}\n")
    print("| filter | ns a transaction | true of |")
    print("|---|---|---|")
    for where in PREDICATES:
        text = plan_text(case, chain, ALL) + f"[filters]\nwhere = '''{where}'''\n"
        compiled = compile_plan(parse_plan(text, folder / "plan.toml"))
        assert compiled.filters.where is not None
        true = to_python(compiled.filters.where, filter_functions(compiled)).true
        taken = statistics.median(timed(lambda: [true(tx, block) for tx, block in txs]) for _ in range(runs))  # noqa: B023
        share = sum(true(tx, block) for tx, block in txs) / len(txs)
        print(f"| `{where.replace(POLICY, '0xabab..')}` | {taken / len(txs) * 1e9:,.0f} | {share:.1%} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chain", type=Path, default=Path("../shared/chain"))
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            measure(case, arguments.chain, arguments.runs, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        predicates(arguments.chain, arguments.runs, Path(folder))


if __name__ == "__main__":
    main()
