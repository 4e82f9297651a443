"""`nectar plan new TEMPLATE` and `nectar plan schema`: what a plan can be begun from."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

_OWN_DATA = re.compile(r'^path = "\.\./tests/.*$', re.MULTILINE)
_PLACE = "path = \"db/immutable\"        # a node's chunk files or a snapshot's; relative to this file"


def new_command(
    template: Annotated[str | None, typer.Argument(metavar="TEMPLATE", help="Which; without it, those that there are.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it there, to a new file, not to standard output.")
    ] = None,
) -> None:
    """Begin a plan from one of those that come with Nectar.

    \b
      nectar plan new                               which there are
      nectar plan new nft-only --out plan.toml

    Then say in it where your blocks are ([source]), and change what you like: nectar plan validate tells what is wrong.
    """
    from nectar.resources import read_templates

    templates = read_templates()
    if template is None:
        if out is not None:
            raise typer.BadParameter("say which template goes there", param_hint="TEMPLATE")
        width = max(map(len, templates))
        typer.echo("\n".join(f"{name:<{width}}  {_description(text)}" for name, text in templates.items()))
        return
    if template not in templates:
        raise typer.BadParameter(_no_such(template, list(templates)), param_hint="TEMPLATE")
    text = _as_begun(templates[template])
    if out is None:
        sys.stdout.write(text)
        return
    write_plan(out, text)
    typer.echo(f"wrote {out}\nnext: nectar plan validate {out}", err=True)


def plan_schema_command() -> None:
    """Print the JSON Schema of plans, for editors and programs."""
    from nectar.resources import read_schema

    sys.stdout.write(read_schema("plan"))


def write_plan(path: Path, text: str, *, force: bool = False, way_out: str = "name another file") -> None:
    """A new file, or with `force` in another's place; `way_out` is the hint when there is one. Errors: FatalError NEC-C002."""
    from nectar.errors import FatalError
    from nectar.whole_file import write_whole

    try:
        write_whole(path, text, replace=force)
    except OSError as error:
        there = isinstance(error, FileExistsError)
        hint = way_out if there else "name a file that you may write"
        what = "there is a file already" if there else f"the plan cannot be written: {error.strerror}"
        raise FatalError(what, where=str(path), hint=hint, code="NEC-C002") from error


def _description(text: str) -> str:
    import tomllib

    return str(tomllib.loads(text)["plan"]["description"])


def _no_such(template: str, there: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(template, there, 1)
    return f"there is no template {template}" + (f"; did you mean {close[0]}?" if close else f": {', '.join(there)}")


def _as_begun(text: str) -> str:
    """With this installation's schema, and without what lies in a checkout alone."""
    from nectar.resources import schema_line

    return schema_line("plan") + _OWN_DATA.sub(_PLACE, re.sub(r"\A#:schema .*\n", "", text))
