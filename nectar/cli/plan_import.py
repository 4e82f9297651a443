"""`nectar plan import CARP.toml`: translates an execution plan of Carp into a plan of Nectar."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nectar.cli.options import OutputFormat

if TYPE_CHECKING:
    from nectar.carp.convert import TranslatedTask

FITS = {"elsewhere": "in another form", "nothing": "needs nothing", "none": "no equivalent"}


class NetworkName(StrEnum):
    MAINNET = "mainnet"
    PREPROD = "preprod"
    PREVIEW = "preview"


def import_command(
    file: Annotated[Path, typer.Argument(metavar="CARP.toml", help="The Carp execution plan.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the plan to this file instead of standard output.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With --out: replace a file that exists.")] = False,
    network: Annotated[
        NetworkName, typer.Option("--network", help="The network, which a plan of Carp does not name.")
    ] = NetworkName.MAINNET,
    form: Annotated[
        OutputFormat, typer.Option("--format", help="text: the plan; json: the plan and its tasks in one object.")
    ] = OutputFormat.TEXT,
) -> None:
    """Translate a Carp execution plan.

    Nectar lists the tasks ([MultieraBlockTask], ...) that it does otherwise or cannot do, and says why.

    \b
      nectar plan import default.toml --out default-nectar.toml
      nectar plan validate default-nectar.toml
      nectar run default-nectar.toml --source db/immutable

    The plan goes to standard output or to FILE, the notes about tasks to standard error. Exit code 2 when the file is not a
    plan of Carp: every unknown task and option is reported with its place.
    """
    from nectar.carp.convert import translate
    from nectar.carp.text import plan_toml
    from nectar.cli.plan_new import write_plan
    from nectar.config.document.load import load_file

    if force and out is None:
        raise typer.BadParameter("it only goes with --out", param_hint="--force")
    translated = translate(load_file(file))
    text = plan_toml(translated, file.stem, network.value)
    if out is not None:
        write_plan(out, text, force=force, way_out="give another --out, or --force to replace it")
    if form is OutputFormat.JSON:
        print(json.dumps(_as_json(file, out, text, translated.outcomes), indent=2, ensure_ascii=False))
        return
    if out is None:
        sys.stdout.write(text)
    for line in _notes(file, out, translated.outcomes):
        print(line, file=sys.stderr)


def _as_json(file: Path, out: Path | None, text: str, outcomes: Sequence[TranslatedTask]) -> dict[str, object]:
    from dataclasses import asdict

    return {"file": str(file), "out": str(out) if out else None, "plan": text, "tasks": [asdict(outcome) for outcome in outcomes]}


def _notes(file: Path, out: Path | None, outcomes: Sequence[TranslatedTask]) -> Iterator[str]:
    """One line for each task with a note, at the task's place in the file. A task that does the same in Nectar has none."""
    if out is not None:
        yield f"wrote {out}"
    notable = [outcome for outcome in outcomes if outcome.fit != "same" or outcome.notes]
    others = ", the others:" if notable else ""
    yield f"{len(outcomes) - len(notable)} of {len(outcomes)} tasks are quite the same{others}"
    for outcome in notable:
        fit = FITS.get(outcome.fit, "the same, but")
        yield f"{file}:{outcome.line}:{outcome.col}: {outcome.task}: {fit}: {'; '.join(outcome.notes)}"
