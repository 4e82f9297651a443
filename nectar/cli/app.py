"""The commands by name. Each stands in a file of its own, imported only when it is the one that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from nectar import __version__


class Lazy(NamedTuple):
    """`part` of `module` is a Typer app (a noun with commands) or a function (one command); `help` stands in the list."""

    module: str
    part: str
    help: str


COMMANDS: Mapping[str, Lazy] = {
    "plan": Lazy("nectar.cli.plan", "app", "Make, check, explain, test, compile and import plans."),
    "run": Lazy("nectar.cli.run", "run", "Do the job that a plan describes."),
    "sync": Lazy("nectar.cli.sync", "sync", "Do a job that flags describe, with or without a plan."),
    "status": Lazy("nectar.cli.status", "status", "Say what a database holds, and where the job stands."),
    "init": Lazy("nectar.cli.init", "init", "Write a connection profile, and try it."),
    "db": Lazy("nectar.cli.db", "app", "Look at a profile's database, make it, show its tables."),
    "profile": Lazy("nectar.cli.profile", "app", "Print the schema of connection profiles."),
    "secrets": Lazy("nectar.cli.secrets", "app", "Keep passwords sealed in profiles."),
    "node": Lazy("nectar.cli.node", "app", "Talk to a node; offer chunk files as a node would."),
    "sample-chain": Lazy("nectar.cli.sample_chain", "sample_chain", "Make a chain of all eras to try plans on."),
}


class LazyGroup(TyperGroup):
    """Lists COMMANDS without importing them. Contexts are Any: Typer's own click took the place of click's in 0.26."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name, lazy in COMMANDS.items() if find_spec(lazy.module) is not None]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.list_commands(ctx):
            return None
        lazy = COMMANDS[cmd_name]
        part = getattr(import_module(lazy.module), lazy.part)
        if isinstance(part, typer.Typer):
            command: Any = typer.main.get_group(part)
        else:
            single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
            single.command(cmd_name)(part)
            command = typer.main.get_command(single)
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        names: Any = dict.fromkeys(self.list_commands(ctx))
        self.commands = names  # what Typer looks through for "did you mean"
        try:
            return super().resolve_command(ctx, args)
        except _UsageError as error:
            said: Any = error
            nouns = [(name, getattr(self.get_command(ctx, name), "commands", ())) for name in names]
            homes = [f"nectar {noun} {args[0]}" for noun, commands in nouns if args[0] in commands]
            if homes:
                said.message += f" It is: {', or '.join(homes)}"
            raise

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].help) for name in self.list_commands(ctx)])


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"nectar {__version__}")
        raise typer.Exit


@app.callback()
def nectar(
    version: Annotated[bool, typer.Option("--version", "-V", is_eager=True, callback=_print_version, help="Say which.")] = False,
) -> None:
    """Index Cardano: a short plan in, exact rows out.

    \b
    nectar plan new nft-only --out plan.toml      a plan to begin from
    nectar plan validate plan.toml                what is wrong with it
    nectar run plan.toml --source db/immutable    the job
    nectar --install-completion                   commands and options at the Tab key
    """


_UsageError: type[Exception] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
"""click's base of all complaints about the command line, wherever this Typer keeps its click."""


def run(arguments: Sequence[str]) -> int:
    """The exit code. Errors that Nectar raises come through for `exits.guard`; those of the command line are told."""
    from nectar.cli.exits import errors_in_json, tell
    from nectar.cli.usage import as_error, json_is_asked

    if json_is_asked(arguments):
        errors_in_json("interrupted")
    command = typer.main.get_command(app)
    try:
        result = command.main(list(arguments), prog_name="nectar", standalone_mode=False)
    except _UsageError as error:
        if type(error).__name__ != "NoArgsIsHelpError":
            return tell(as_error(error, arguments))
        said: Any = error
        said.show()
        return int(said.exit_code)
    return result if isinstance(result, int) else 0
