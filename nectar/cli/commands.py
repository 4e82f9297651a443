"""The names of the commands, and the module that defines each: a module is imported when its command is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class LazyCommand(NamedTuple):
    """A command that is not imported yet.

    `attribute` of `module` is a Typer app (a noun with commands) or a function (one command). `help` is its line in
    `nectar --help`.
    """

    module: str
    attribute: str
    help: str

    @property
    def is_group(self) -> bool:
        return self.attribute == "app"


COMMANDS: Mapping[str, LazyCommand] = {
    "plan": LazyCommand("nectar.cli.plan", "app", "Make, check, explain, test, compile and import plans."),
    "run": LazyCommand("nectar.cli.run", "run_command", "Index the blocks that a plan asks for."),
    "sync": LazyCommand("nectar.cli.sync", "sync", "Index the blocks that flags ask for, with or without a plan."),
    "status": LazyCommand("nectar.cli.status", "status", "Say what a database holds and how far its job is."),
    "init": LazyCommand("nectar.cli.init", "init", "Write a connection profile and try it."),
    "db": LazyCommand("nectar.cli.db", "app", "Check, make and compare the database that a profile names."),
    "profile": LazyCommand("nectar.cli.profile", "app", "Print the schema of connection profiles."),
    "secrets": LazyCommand("nectar.cli.secrets", "app", "Seal the passwords in profiles."),
    "node": LazyCommand("nectar.cli.node", "app", "Ask a node for its tip, or serve chunk files as a node does."),
    "sample-chain": LazyCommand("nectar.cli.sample_chain", "sample_chain", "Make a chain of every era to try plans on."),
}
