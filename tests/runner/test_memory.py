"""Memory stays flat whatever the length: the peaks of a short job and of one twenty times as long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.runner.jobs import between, plan_text

FIRST = 15 * 43_200  # where preview's traffic begins

MEASURE = """
import resource, sys
from pathlib import Path
from tests.runner.jobs import job
if __name__ == "__main__":
    summary = job(Path(sys.argv[1]), sys.stdin.read(), workers=2)
    own = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(summary.blocks, summary.workers, own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peaks(tmp_path: Path, name: str, text: str) -> tuple[int, int, float, float]:
    """Blocks, processes, and MB at most held by the runner and by the largest decoding process.

    `ru_maxrss` of the process itself would be pytest's: it outlives the exec.
    """
    script = tmp_path / "measure.py"
    script.write_text(MEASURE)
    command = [sys.executable, str(script), str(tmp_path / name)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)})
    blocks, workers, own, theirs = map(int, done.stdout.split())
    return blocks, workers, own / 1024, theirs / 1024


def test_a_job_many_times_as_long_takes_no_more_memory(chain: Path, tmp_path: Path) -> None:
    source, small = chain / "preview/immutable", "batch_bytes = 200_000"
    short = peaks(tmp_path, "short.db", plan_text(source, between(FIRST, FIRST + 17_279), performance=small))
    long = peaks(tmp_path, "long.db", plan_text(source, between(FIRST, FIRST + 9 * 43_200 - 1), performance=small))
    assert short[1] == long[1] == 2
    assert long[0] > 15 * short[0]
    for before, after in zip(short[2:], long[2:], strict=True):
        assert after < before + 60, (short, long)
        assert after < 200
