"""The questions of `nectar init`, asked on standard error. Without a terminal a missing answer is an error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from nectar.cli.asking import ask, ask_number, confirm

if TYPE_CHECKING:
    from nectar.config.profile.dsn import DsnError
    from nectar.config.profile.model import Target
    from nectar.secrets.secret import Secret

TYPES = {
    "sqlite": "a file, no server",
    "mysql": "MySQL or MariaDB",
    "tidb-local": "TiDB on this machine",
    "tidb-serverless": "TiDB Cloud Starter or Essential",
    "tidb-cluster": "any other TiDB: your own, TiDB Cloud Dedicated",
}
MODES = {
    "DISABLED": "never encrypted",
    "PREFERRED": "encrypted if the server can",
    "REQUIRED": "always encrypted, to whomever",
    "VERIFY_CA": "and its authority is checked",
    "VERIFY_IDENTITY": "and its name too",
}
KEEPERS = {
    "sealed": "in the profile, sealed with your key",
    "env": "in an environment variable",
    "file": "in a file",
    "keyring": "in this machine's keyring: SERVICE/USER",
    "vault": "in HashiCorp Vault: kv/nectar#password",
    "aws": "in AWS Secrets Manager: nectar/db#password",
    "kubernetes": "in a mounted Kubernetes secret, a file: /var/run/secrets/nectar/password",
    "command": "what a command prints",
    "none": "the user has none",
}
KEY_PATH = "database.password"


@dataclass
class Answers:
    """The answers so far.

    `keys`: the keys of `[database]` that are known. `asks`: a user can be asked. `before`: the answers of a round that the
    profile's rules refused; they are offered again.
    """

    file: Path
    keys: dict[str, Any]
    asks: bool
    before: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        from nectar.config.profile.write import profile_text

        order = (
            "connection_type",
            "path",
            "host",
            "port",
            "user",
            "database",
            "password",
            "ssl_mode",
            "ssl_ca_path",
            "ssl_cert_path",
            "ssl_key_path",
            "allow_insecure",
            "pool",
        )
        return profile_text({key: self.keys[key] for key in order if key in self.keys})

    def target(self) -> Target:
        """The database that the profile of these answers names. Errors: PlanError."""
        from nectar.config.profile.load import parse_profile

        return parse_profile(self.text(), self.file)

    def settle(self, key: str, ask: Callable[[Any], Any], default: Any = None, *, must: str = "") -> None:
        """Sets `key` unless a flag did: on a terminal to the answer to `ask`, which offers `default`, else to `default`.

        Errors: BadParameter without a terminal, where the default is only a suggestion and the flag `must` be given.
        """
        if key in self.keys:
            return
        if not self.asks and must:
            raise typer.BadParameter(f"there is no terminal to ask on, and {must} is not given", param_hint=must)
        self.keys[key] = ask(self.before.get(key, default)) if self.asks else default


def ask_server(answers: Answers) -> None:
    """Asks for everything but the password, again until the profile's rules accept it.

    Errors: PlanError, without a terminal.
    """
    from nectar.errors import PlanError

    given = dict(answers.keys)
    if answers.asks:
        typer.echo("A profile says where rows go. Enter takes the value in brackets; Ctrl-C leaves.\n", err=True)
    while True:
        _ask_once(answers)
        try:
            answers.target()
            return
        except PlanError as error:
            if not answers.asks or answers.keys == given:
                raise
            from nectar.cli.complaint_text import complaints_text, wants_colour

            typer.echo(
                f"\n{complaints_text(error.complaints, wants_colour(sys.stderr))}Please answer again.", err=True, color=True
            )
            answers.before, answers.keys = answers.keys, dict(given)


def _ask_once(answers: Answers) -> None:
    answers.settle("connection_type", lambda default: _ask_type(answers, default), "sqlite", must="--type")
    kind = answers.keys["connection_type"]
    if kind == "sqlite":
        from nectar.config.profile.write import as_seen_from

        answers.settle("path", lambda default: as_seen_from(answers.file, _line("Its file", default)), "nectar.db")
        return
    from nectar.config.profile.defaults import DEFAULTS
    from nectar.config.profile.model import ConnectionType

    local_host = "127.0.0.1" if kind in ("mysql", "tidb-local") else None
    answers.settle("host", lambda default: _line("Host", default), local_host, must="--host")
    answers.settle("port", lambda default: ask_number("Port", default), DEFAULTS[ConnectionType(kind)].port)
    answers.settle("user", lambda default: _line("User", default), "root" if kind == "tidb-local" else None, must="--user")
    answers.settle("database", lambda default: _line("Database", default), "nectar")
    _ask_tls(answers, kind)


def _ask_type(answers: Answers, default: str) -> str:
    """The connection type: chosen, or inferred from a pasted connection text, which settles more keys."""
    from nectar.config.profile.dsn import DsnError

    typer.echo("A connection text can be pasted instead: mysql -h .., mysql://.., user@tcp(..)/..", err=True)
    while True:
        answer = _choice("Which database", TYPES, default, others=True)
        if answer in TYPES:
            return answer
        try:
            keys = keys_of(answer, answers.file)
        except DsnError as error:
            typer.echo(f"\n{dsn_error_text(error)}\n", err=True)
            continue
        answers.keys = keys | answers.keys
        return str(keys["connection_type"])


def keys_of(text: str, profile: Path) -> dict[str, Any]:
    """The keys of `[database]` for a connection text. Errors: DsnError."""
    from nectar.config.profile.dsn import connection_type_of, read_dsn
    from nectar.config.profile.write import as_seen_from

    dsn = read_dsn(text)
    waits = {key: value for key, value in dsn.items() if key.endswith("_seconds")}
    paths = {key: as_seen_from(profile, str(value)) for key, value in dsn.items() if key.endswith("_path")}
    rest = {key: value for key, value in dsn.items() if key not in waits}
    return {"connection_type": connection_type_of(dsn)} | rest | paths | ({"pool": waits} if waits else {})


def dsn_error_text(error: DsnError) -> str:
    """What is wrong with a connection text, for the user who has just pasted it."""
    from nectar.config import codes

    hint = (
        "leave it out: Nectar asks for it, or --password-.. says where it is kept"
        if error.code == codes.CLEAR_SECRET
        else error.hint
    )
    return error.what.replace("custom_dsn", "the connection text") + (f"; {hint}" if hint else "")


def _ask_tls(answers: Answers, kind: str) -> None:
    """Asks for the keys of TLS. Without a terminal the flags and the profile's defaults decide."""
    from nectar.config.profile.hosts import is_loopback

    keys = answers.keys
    remote = kind == "tidb-serverless" or not is_loopback(keys["host"])
    if not answers.asks:
        return
    answers.settle("ssl_mode", lambda default: _choice("TLS", MODES, default), "VERIFY_IDENTITY" if remote else "PREFERRED")
    mode = keys["ssl_mode"]
    if remote and mode in ("DISABLED", "PREFERRED") and "allow_insecure" not in keys:
        keys["allow_insecure"] = confirm("Everybody on the way can read and change what is sent. Is that meant?")
        if not keys["allow_insecure"]:
            del keys["allow_insecure"]
    if mode.startswith("VERIFY"):
        _ask_file(answers, "ssl_ca_path", "File of the authority that signed the server's certificate (none: the system's)")
    if kind != "tidb-serverless" and mode != "DISABLED":
        _ask_file(answers, "ssl_cert_path", "File of a client certificate (none: without one)")
        if "ssl_cert_path" in keys:
            _ask_file(answers, "ssl_key_path", "File of its key")


def _ask_file(answers: Answers, key: str, question: str) -> None:
    from nectar.config.profile.write import as_seen_from

    if key not in answers.keys:
        before = answers.before.get(key, "")
        path = ask(question, before, show=bool(before)).strip()
        if path == before and before:
            answers.keys[key] = before  # already seen from the profile's folder
        elif path:
            answers.keys[key] = as_seen_from(answers.file, path)


def ask_password(answers: Answers, keeper: str | None, *, stdin: bool, none: bool) -> None:
    """Settles where the password is kept. A password that the profile keeps is sealed.

    Errors: SecretError when there is no key to seal with.
    """
    if none:
        return
    if keeper is not None:
        kind, equals, value = keeper.partition("=")
        if not equals or kind not in KEEPERS or kind in ("sealed", "none"):
            allowed = ", ".join(f"{name}=.." for name in KEEPERS if name not in ("sealed", "none"))
            raise typer.BadParameter(f"one of {allowed}", param_hint="--password-from")
        answers.keys["password"] = _reference(answers, kind, value)
        return
    if stdin:
        from nectar.cli.secrets import from_input

        answers.keys["password"] = _sealed(answers, from_input("the password"))
        return
    if not answers.asks:
        flags = "--password-from, --password-stdin or --no-password"
        raise typer.BadParameter(f"there is no terminal to ask on, and none of {flags} is given", param_hint="--password-..")
    while "password" not in answers.keys:
        kind = _choice("Where is the password kept", KEEPERS, "sealed")
        if kind == "none":
            return
        if kind != "sealed":
            answers.keys["password"] = _reference(answers, kind, _line("Which", None))
        elif _has_key():
            from nectar.secrets.secret import Secret

            answers.keys["password"] = _sealed(answers, Secret(ask("The password", hidden=True)))


def _reference(answers: Answers, kind: str, value: str) -> Mapping[str, str]:
    from nectar.config.profile.write import as_seen_from

    return {kind: as_seen_from(answers.file, value) if kind in ("file", "kubernetes") else value}


def _sealed(answers: Answers, password: Secret) -> Mapping[str, str]:
    from nectar.secrets.keys import opening_key
    from nectar.secrets.sealed import seal_value

    return {"sealed": seal_value(password, KEY_PATH, opening_key())}


def _has_key() -> bool:
    """Whether there is a key to seal with. Where there is none, Nectar offers to make one."""
    from nectar.cli.secrets import key_text, write_key
    from nectar.errors import SecretError
    from nectar.secrets.keys import default_file, opening_key
    from nectar.secrets.sealed import new_identity

    try:
        opening_key()
        return True
    except SecretError as error:
        if error.code != "NEC-X013":
            raise
    path = default_file()
    if not confirm(f"There is no key yet to seal with. Make one in {path}?", True):
        return False
    write_key(path, key_text(*new_identity()))
    typer.echo(f"Made. Keep a copy of {path}: without it, what is sealed stays sealed.", err=True)
    return True


def _choice(question: str, options: Mapping[str, str], default: str, *, others: bool = False) -> str:
    """The chosen name, typed as its number or as itself. `others`: a text that is no single word is returned as typed."""
    names, width = list(options), max(map(len, options))
    for number, (name, means) in enumerate(options.items(), 1):
        typer.echo(f"  {number}  {name:<{width}}  {means}", err=True)
    while True:
        answer = ask(question, default).strip()
        if answer.isdecimal() and 0 < int(answer) <= len(names):
            return names[int(answer) - 1]
        chosen = next((name for name in names if name.lower() == answer.lower()), None)
        if chosen is not None:
            return chosen
        if others and set(answer) & set(" @/"):
            return answer
        typer.echo(f"Type a number from 1 to {len(names)}, or a name.", err=True)


def _line(question: str, default: str | None) -> str:
    return ask(question, default).strip()
