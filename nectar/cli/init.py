"""`nectar init`: makes a connection profile from questions or flags, and tries it before it writes it."""

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
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The profile to write; it must not exist yet.")] = Path(
        "profile.toml"
    ),
    dsn: Annotated[
        str | None, typer.Option("--dsn", metavar="TEXT", help="A connection text without the password: mysql -h .., mysql://..")
    ] = None,
    kind: Annotated[
        TypeName | None, typer.Option("--type", help="The type of the database: the profile's connection_type.")
    ] = None,
    path: Annotated[PathOption, typer.Option("--path", metavar="FILE", help="sqlite: the database file.")] = None,
    host: Annotated[str | None, typer.Option("--host", metavar="HOST", help="The server's name or address.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65_535, help="The server's port (default: 3306; TiDB: 4000).")
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER", help="The user who logs in; for TiDB Cloud with its prefix.")
    ] = None,
    database: Annotated[
        str | None, typer.Option("--database", metavar="NAME", help="The database on the server (default: nectar).")
    ] = None,
    ssl_mode: Annotated[
        ModeName | None,
        typer.Option("--ssl-mode", help="How TLS is used (default: VERIFY_IDENTITY; for this machine: PREFERRED)."),
    ] = None,
    ssl_ca_path: Annotated[
        PathOption,
        typer.Option(
            "--ssl-ca", metavar="FILE", help="The authority that signed the server's certificate (default: the system's)."
        ),
    ] = None,
    ssl_cert_path: Annotated[PathOption, typer.Option("--ssl-cert", metavar="FILE", help="The client's certificate.")] = None,
    ssl_key_path: Annotated[
        PathOption, typer.Option("--ssl-key", metavar="FILE", help="The key of the client's certificate.")
    ] = None,
    allow_insecure: Annotated[
        bool, typer.Option("--allow-insecure", help="Allow an unencrypted connection to another machine.")
    ] = False,
    password_from: Annotated[
        str | None,
        typer.Option(
            "--password-from", metavar="KIND=WHERE", help="Where the password is kept: env=NAME, file=PATH, keyring=.., vault=.."
        ),
    ] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input, and seal it.")
    ] = False,
    no_password: Annotated[bool, typer.Option("--no-password", help="The user has no password.")] = False,
    test: Annotated[bool, typer.Option("--test/--no-test", help="Connect to the database before the profile is written.")] = True,
) -> int:
    """Write a connection profile, and try it.

    Flags or a connection text say where the database is. On a terminal Nectar asks for everything that they leave open; without
    a terminal it reports what is missing, with exit code 2.

    The profile never holds the password in clear text: Nectar seals it with your key, or writes where it is kept. Nectar tries
    the profile as `nectar db check` does, and writes it when the check succeeds or when you agree. The database need not exist
    yet.
    """
    from nectar.cli.init_questions import Answers, ask_password, ask_server
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
    given |= {key: as_seen_from(file, str(value)) for key, value in paths.items() if value is not None}
    if sum((password_from is not None, password_stdin, no_password)) > 1:
        raise typer.BadParameter("--password-from, --password-stdin and --no-password exclude each other")
    flags = {key: value for key, value in given.items() if value is not None}
    answers = Answers(file, _from_dsn(dsn, flags, file) | flags, sys.stdin.isatty())
    ask_server(answers)
    if answers.keys["connection_type"] != "sqlite":
        ask_password(answers, password_from, stdin=password_stdin, none=no_password)
    elif password_from is not None or password_stdin or no_password:
        raise typer.BadParameter("SQLite has no password", param_hint="--password-..")
    target = answers.target()
    if test and not _may_write(answers, target):
        typer.echo(f"{file} was not written", err=True)
        return 1
    _write(file, answers.text())
    typer.echo(f"\nwrote {file}, which you alone can read\nnext: nectar run PLAN --profile {file}", err=True)
    return 0


def _from_dsn(dsn: str | None, flags: dict[str, Any], file: Path) -> dict[str, Any]:
    """The keys that --dsn gives. --type may stand beside it; any other flag must not repeat one of its keys."""
    from nectar.cli.init_questions import dsn_error_text, keys_of
    from nectar.config.profile.dsn import DsnError

    if dsn is None:
        return {}
    try:
        keys = keys_of(dsn, file)
    except DsnError as error:
        raise typer.BadParameter(dsn_error_text(error), param_hint="--dsn") from None
    twice = [key for key in flags if key in keys and key != "connection_type"]
    if twice:
        raise typer.BadParameter(f"it says {twice[0]}, and so does another flag: leave one of them out", param_hint="--dsn")
    return keys


def _refuse_to_overwrite(file: Path) -> None:
    from nectar.errors import FatalError

    if file.exists() or file.is_symlink():
        hint = "name another file, or change this one by hand: docs/profile.md"
        raise FatalError("this file already exists, and Nectar does not overwrite it", where=str(file), hint=hint, code=NEW_CODE)


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


def _may_write(answers: Answers, target: Target) -> bool:
    """Checks the database. Whether the profile may be written: the check succeeded, or the user agrees all the same."""
    from nectar.cli.db import print_steps
    from nectar.server.faults import NO_DATABASE, NO_RIGHTS
    from nectar.sinks.check_step import Outcome
    from nectar.sinks.registry import check_database

    typer.echo("", err=True)
    failed = [step for step in print_steps(target, check_database(target)) if step.outcome is Outcome.FAILED]
    if not failed:
        return True
    if failed[0].name == "database" and failed[0].code in (NO_DATABASE.code, NO_RIGHTS.code):
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
        created = create_database(target)
    except NectarError as error:  # the profile is good all the same
        typer.echo(f"{error.what}\n  next:  {error.hint}", err=True)
    else:
        typer.echo(f"database {target}: {'made' if created and created.is_new else 'was there'}", err=True)
