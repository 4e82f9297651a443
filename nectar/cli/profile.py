"""`nectar profile ...`: what can be said of profiles without a database."""

from __future__ import annotations

import sys

import typer

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="What connection profiles can say. nectar init writes one, nectar db check tries one.",
    context_settings={"help_option_names": ["--help", "-h"]},
)


@app.callback()
def profile() -> None:
    """Commands of a noun, though there is only one yet."""


@app.command("schema")
def profile_schema_command() -> None:
    """Print the JSON Schema of profiles, for editors and programs."""
    from nectar.resources import read_schema

    sys.stdout.write(read_schema("profile"))
