"""Jobs that are cut short: stopped between two batches as a signal would, or dead in the midst of one."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from nectar.compiler.compiled import CompiledPlan
from nectar.config.profile.model import Server, SqliteFile
from nectar.runner.report import Progress, Quiet
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options


class Died(BaseException):
    """As if the process had ended here."""


class Cutting(Quiet):
    """After so many commits asks the job to stop, or kills it."""

    def __init__(self, commits: int, stop: Stop, *, dies: bool) -> None:
        self.left, self.stop, self.dies = commits, stop, dies

    def progress(self, progress: Progress) -> None:
        self.left -= 1
        if self.left == 0 and self.dies:
            raise Died
        if self.left == 0:
            self.stop.number = 15


def run_in_pieces(plan: CompiledPlan, target: Server | Path, dice: random.Random, pieces: int, **options: Any) -> None:
    """The whole job, cut short `pieces` times on the way where it is long enough."""
    where = target if isinstance(target, Server) else SqliteFile(target)
    for _ in range(pieces):
        stop = Stop()
        report = Cutting(dice.choice((1, 2, 3, 5, 9)), stop, dies=dice.random() < 0.5)
        try:
            run(plan, Options(where, **options), report, stop)
        except Died:
            continue
        if not stop:
            return
    run(plan, Options(where, **options), Quiet(), Stop())
