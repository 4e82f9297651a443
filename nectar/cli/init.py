"""`nectar init`: a connection profile from questions or flags, tried before it is written."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from nectar.cli.asking import confirm

if TYPE_CHECKING:
    from nectar.cli.init_questions import Answers
    from nectar.config.profile.model import Target


class TypeName(StrEnum):
    SQLITE = "sqlite"
    MYSQL = "mysql"
    TIDB_LOCAL = "tidb-local"
    TIDB_SERVERLESS = "tidb-serverless"
    TIDB_CLUSTER = "tidb-cluster"


class ModeName(StrEnum):
    DISABLED = "DISABLED"
    PREFERRED = "PREFERRED"
    REQUIRED = "REQUIRED"
    VERIFY_CA = "VERIFY_CA"
    VERIFY_IDENTITY = "VERIFY_IDENTITY"


PathOption: TypeAlias = Path | None
NEW_CODE = "NEC-C003"


def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The profile to write, a new one.")] = Path("profile.toml"),
    dsn: Annotated[
        str | None, typer.Option("--dsn", metavar="TEXT", help="All in one, without the password: mysql -h .., mysql://..")
    ] = None,
    kind: Annotated[TypeName | None, typer.Option("--type", help="connection_type.")] = None,
    path: Annotated[PathOption, typer.Option("--path", metavar="FILE", help="sqlite: the database file.")] = None,
    host: Annotated[str | None, typer.Option("--host", metavar="HOST", help="The server.")] = None,
    port: Annotated[int | None, typer.Option("--port", min=1, max=65_535, help="Its port (3306; TiDB 4000).")] = None,
    user: Annotated[str | None, typer.Option("--user", metavar="USER", help="Who logs in; TiDB Cloud's with the prefix.")] = None,
    database: Annotated[str | None, typer.Option("--database", metavar="NAME", help="At the server (nectar).")] = None,
    ssl_mode: Annotated[ModeName | None, typer.Option("--ssl-mode", help="VERIFY_IDENTITY; on this machine PREFERRED.")] = None,
    ssl_ca_path: Annotated[PathOption, typer.Option("--ssl-ca", metavar="FILE", help="Its authority (the system's).")] = None,
    ssl_cert_path: Annotated[PathOption, typer.Option("--ssl-cert", metavar="FILE", help="The client's own certificate.")] = None,
    ssl_key_path: Annotated[PathOption, typer.Option("--ssl-key", metavar="FILE", help="And its key.")] = None,
    allow_insecure: Annotated[bool, typer.Option("--allow-insecure", help="Open to another machine: meant so.")] = False,
    password_from: Annotated[
        str | None, typer.Option("--password-from", metavar="KIND=WHERE", help="env=NAME, file=PATH, keyring=.., vault=..")
    ] = None,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input, and seal it.")] = False,
    no_password: Annotated[bool, typer.Option("--no-password", help="The user has none.")] = False,
    test: Annotated[bool, typer.Option("--test/--no-test", help="Connect before it is written.")] = True,
) -> int:
    """Write a connection profile, and try it.

    From flags, from a connection text that is pasted, and on a terminal from answers to what they leave open.

    The password is never written out: it is sealed with your key, or the profile says where it is kept. The profile is tried
    as `nectar db check` tries it, and written when that went well, or when you say so; a database that is not there yet is no
    reason against it. Without a terminal nothing is asked: what is missing is told, exit code 2.
    """
    from nectar.cli.init_questions import Answers, ask_password, ask_place
    from nectar.config.profile.write import as_seen_from

    _refuse_to_overwrite(file)
    paths = {"path": path, "ssl_ca_path": ssl_ca_path, "ssl_cert_path": ssl_cert_path, "ssl_key_path": ssl_key_path}
    given: dict[str, Any] = {
        "connection_type": kind and kind.value,
        "path": None,
        "host": host,
        "port": port,
        "user": user,
        "database": database,
        "ssl_mode": ssl_mode and ssl_mode.value,
        "ssl_ca_path": None,
        "ssl_cert_path": None,
        "ssl_key_path": None,
        "allow_insecure": allow_insecure or None,
    }
    given |= {key: as_seen_from(file, str(one)) for key, one in paths.items() if one is not None}
    if sum((password_from is not None, password_stdin, no_password)) > 1:
        raise typer.BadParameter("--password-from, --password-stdin and --no-password exclude each other")
    said = {key: value for key, value in given.items() if value is not None}
    answers = Answers(file, _pasted(dsn, said, file) | said, sys.stdin.isatty())
    ask_place(answers)
    if answers.keys["connection_type"] != "sqlite":
        ask_password(answers, password_from, stdin=password_stdin, none=no_password)
    elif password_from is not None or password_stdin or no_password:
        raise typer.BadParameter("SQLite has no password", param_hint="--password-..")
    target = answers.target()
    if test and not _tried(answers, target):
        typer.echo(f"{file} was not written", err=True)
        return 1
    _write(file, answers.text())
    typer.echo(f"\nwrote {file}, which you alone can read\nnext: nectar run PLAN --profile {file}", err=True)
    return 0


def _pasted(dsn: str | None, said: dict[str, Any], file: Path) -> dict[str, Any]:
    """What --dsn says. A --type beside it is a choice; any other flag that says the same is one too many."""
    from nectar.cli.init_questions import keys_of, told_of
    from nectar.config.profile.dsn import DsnError

    if dsn is None:
        return {}
    try:
        keys = keys_of(dsn, file)
    except DsnError as error:
        raise typer.BadParameter(told_of(error), param_hint="--dsn") from None
    twice = [key for key in said if key in keys and key != "connection_type"]
    if twice:
        raise typer.BadParameter(f"it says {twice[0]}, and so does another flag", param_hint="--dsn")
    return keys


def _refuse_to_overwrite(file: Path) -> None:
    from nectar.errors import FatalError

    if file.exists() or file.is_symlink():
        hint = "name another file, or change this one by hand: docs/profile.md"
        raise FatalError("this file is there already, and is not overwritten", where=str(file), hint=hint, code=NEW_CODE)


def _write(file: Path, text: str) -> None:
    from nectar.cli.private_file import write_new
    from nectar.errors import FatalError

    try:
        write_new(file, text)
    except FileExistsError:
        _refuse_to_overwrite(file)
    except OSError as error:
        what = f"the profile cannot be written: {(error.strerror or str(error)).lower()}"
        raise FatalError(what, where=str(file), hint="name another file", code=NEW_CODE) from None


def _tried(answers: Answers, target: Target) -> bool:
    """Whether the profile is to be written, as far as a look at the database says."""
    from nectar.cli.db import print_steps
    from nectar.server.faults import NO_DATABASE, NO_RIGHTS
    from nectar.sinks.check_step import Outcome
    from nectar.sinks.registry import check_database

    typer.echo("", err=True)
    wrong = [step for step in print_steps(target, check_database(target)) if step.outcome is Outcome.FAILED]
    if not wrong:
        return True
    if wrong[0].name == "database" and wrong[0].code in (NO_DATABASE.code, NO_RIGHTS.code):
        _make_database(answers, target)
        return True
    return answers.asks and confirm("\nWrite the profile all the same?")


def _make_database(answers: Answers, target: Target) -> None:
    from nectar.errors import NectarError
    from nectar.sinks.registry import create_database

    if not answers.asks or not confirm("\nMake the database now?", True):
        typer.echo(f"\nmake the database with: nectar db init --profile {answers.file}", err=True)
        return
    try:
        done = create_database(target)
    except NectarError as error:  # the profile is good all the same
        typer.echo(f"{error.what}\n  next:  {error.hint}", err=True)
    else:
        typer.echo(f"database {target}: {'made' if done and done.is_new else 'was there'}", err=True)
