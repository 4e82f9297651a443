"""`nectar profile`: the schema of connection profiles."""

from __future__ import annotations

import sys

import typer

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Print the schema of connection profiles. nectar init writes a profile; nectar db check tries one.",
    context_settings={"help_option_names": ["--help", "-h"]},
)


@app.callback()
def profile() -> None:
    """Makes `profile` a group of commands, although it has only one."""


@app.command("schema")
def profile_schema_command() -> None:
    """Print the JSON Schema of profiles, for editors and programs."""
    from nectar.resources import read_schema

    sys.stdout.write(read_schema("profile"))
