"""`nectar plan import CARP.toml`: a Carp execution plan as a plan of Nectar's."""

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
        Path | None, typer.Option("--out", metavar="FILE", help="Write the plan there, not to standard output.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With --out: take the place of a file that is there.")] = False,
    network: Annotated[NetworkName, typer.Option("--network", help="Carp's plans do not say theirs.")] = NetworkName.MAINNET,
    form: Annotated[OutputFormat, typer.Option("--format", help="json: plan and tasks in one object.")] = OutputFormat.TEXT,
) -> None:
    """Translate a Carp execution plan.

    Which of its tasks ([MultieraBlockTask], ...) have no equivalent is said, and why.

    \b
      nectar plan import default.toml --out default-nectar.toml
      nectar plan validate default-nectar.toml
      nectar run default-nectar.toml --source db/immutable

    The plan goes to standard output or FILE, what to know about tasks to standard error. Exit code 2 when the file is
    not a Carp plan: every unknown task and option is told with its place.
    """
    from nectar.carp.convert import translate
    from nectar.carp.text import plan_toml
    from nectar.cli.plan_new import write_plan
    from nectar.config.document.load import load_file

    if force and out is None:
        raise typer.BadParameter("it says what to do with --out, which is not given", param_hint="--force")
    translated = translate(load_file(file))
    text = plan_toml(translated, file.stem, network.value)
    if out is not None:
        write_plan(out, text, force=force, way_out="give another --out, or --force to replace it")
    if form is OutputFormat.JSON:
        print(json.dumps(_as_json(file, out, text, translated.outcomes), indent=2, ensure_ascii=False))
        return
    if out is None:
        sys.stdout.write(text)
    for line in _told(file, out, translated.outcomes):
        print(line, file=sys.stderr)


def _as_json(file: Path, out: Path | None, text: str, outcomes: Sequence[TranslatedTask]) -> dict[str, object]:
    from dataclasses import asdict

    return {"file": str(file), "out": str(out) if out else None, "plan": text, "tasks": [asdict(one) for one in outcomes]}


def _told(file: Path, out: Path | None, outcomes: Sequence[TranslatedTask]) -> Iterator[str]:
    """One line a note, at its task's place; nothing of tasks that are quite the same."""
    if out is not None:
        yield f"wrote {out}"
    notable = [one for one in outcomes if one.fit != "same" or one.notes]
    others = ", the others:" if notable else ""
    yield f"{len(outcomes) - len(notable)} of {len(outcomes)} tasks are quite the same{others}"
    for one in notable:
        fit = FITS.get(one.fit, "the same, but")
        yield f"{file}:{one.line}:{one.col}: {one.task}: {fit}: {'; '.join(one.notes)}"
