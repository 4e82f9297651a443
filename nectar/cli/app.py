"""The `nectar` command line as a Typer app. It imports a command's module only when that command is called."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nectar import __version__
from nectar.cli.commands import COMMANDS
from nectar.cli.usage_errors import command_line_error


class LazyGroup(TyperGroup):
    """Lists COMMANDS without importing them. Contexts are Any: Typer has a click of its own since 0.26."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        lazy = COMMANDS[cmd_name]
        part = getattr(import_module(lazy.module), lazy.attribute)
        if lazy.is_group:
            command: Any = typer.main.get_group(part)
        else:
            single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
            single.command(cmd_name)(part)
            command = typer.main.get_command(single)
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Adds to the error about an unknown command the groups that have a command of that name."""
        names: Any = dict.fromkeys(COMMANDS)
        self.commands = names  # Typer looks through these for "did you mean"
        try:
            return super().resolve_command(ctx, args)
        except _UsageError as error:
            usage_error: Any = error
            groups = [(name, getattr(self.get_command(ctx, name), "commands", ())) for name in COMMANDS]
            full_names = [f"nectar {group} {args[0]}" for group, commands in groups if args[0] in commands]
            if full_names:
                usage_error.message += f" It is: {', or '.join(full_names)}"
            raise

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in COMMANDS.items()])


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"nectar {__version__}")
        raise typer.Exit


@app.callback()
def nectar(
    version: Annotated[
        bool, typer.Option("--version", "-V", is_eager=True, callback=_print_version, help="Print the version and exit.")
    ] = False,
) -> None:
    """Index Cardano: a short plan in, exact rows out.

    \b
    nectar plan new nft-only --out plan.toml      write a plan to begin from
    nectar plan validate plan.toml                check the plan
    nectar run plan.toml --source db/immutable    index the blocks it asks for
    nectar status                                 see what the database holds
    nectar --install-completion                   complete commands and options with the Tab key
    """


_UsageError: type[Exception] = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")
"""The base class of click's errors about the command line, from the click that this Typer uses."""


def run_command_line(words: Sequence[str]) -> int:
    """Runs the command that `words` name and returns its exit code.

    Errors of the command line are reported here; Nectar's other errors are raised, for `exits.guard`.
    """
    from nectar.cli.exits import tell

    command = typer.main.get_command(app)
    try:
        result = command.main(list(words), prog_name="nectar", standalone_mode=False)
    except _UsageError as error:
        if type(error).__name__ != "NoArgsIsHelpError":
            return tell(command_line_error(error, words))
        no_arguments: Any = error
        no_arguments.show()
        return int(no_arguments.exit_code)
    return result if isinstance(result, int) else 0
