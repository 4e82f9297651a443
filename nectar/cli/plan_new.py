"""`nectar plan new TEMPLATE` and `nectar plan schema`: where a new plan begins."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

_OWN_DATA = re.compile(r'^path = "\.\./tests/.*$', re.MULTILINE)
_PLACE = "path = \"db/immutable\"        # a node's chunk files or a snapshot's; relative to this file"


def new_command(
    template: Annotated[
        str | None, typer.Argument(metavar="TEMPLATE", help="The template to begin from. Without it, all templates are listed.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the plan to this new file instead of standard output.")
    ] = None,
) -> None:
    """Begin a plan from one of those that come with Nectar.

    \b
      nectar plan new                               list the templates
      nectar plan new nft-only --out plan.toml      write one to plan.toml

    Then write in its [source] where your blocks are, change what you like, and check it with nectar plan validate.
    """
    from nectar.resources import read_templates

    templates = read_templates()
    if template is None:
        if out is not None:
            raise typer.BadParameter("say which template to write", param_hint="TEMPLATE")
        width = max(map(len, templates))
        typer.echo("\n".join(f"{name:<{width}}  {_description(text)}" for name, text in templates.items()))
        return
    if template not in templates:
        raise typer.BadParameter(_no_template(template, list(templates)), param_hint="TEMPLATE")
    text = _begun(templates[template])
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
    """Writes a plan to a new file, or with `force` over an existing one.

    Errors: FatalError NEC-C002; where the file exists, its hint is `way_out`.
    """
    from nectar.errors import FatalError
    from nectar.whole_file import write_whole

    try:
        write_whole(path, text, replace=force)
    except OSError as error:
        exists = isinstance(error, FileExistsError)
        hint = way_out if exists else "name a file that you may write"
        what = "the file already exists" if exists else f"the plan cannot be written: {error.strerror}"
        raise FatalError(what, where=str(path), hint=hint, code="NEC-C002") from error


def _description(text: str) -> str:
    import tomllib

    return str(tomllib.loads(text)["plan"]["description"])


def _no_template(template: str, names: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(template, names, 1)
    return f"there is no template {template}" + (f"; did you mean {close[0]}?" if close else f": {', '.join(names)}")


def _begun(text: str) -> str:
    """The template with this installation's schema, and without the paths that only a checkout has."""
    from nectar.resources import schema_line

    return schema_line("plan") + _OWN_DATA.sub(_PLACE, re.sub(r"\A#:schema .*\n", "", text))
