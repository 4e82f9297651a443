"""The questions of `nectar init`. They go to standard error; without a terminal, what is missing is told instead."""

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
    """`keys` of `[database]` as far as they are known; `asks`: there is somebody to ask. `before`: what was answered in a round
    that the profile's rules refused, and is offered again."""

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
        """Errors: PlanError."""
        from nectar.config.profile.load import parse_profile

        return parse_profile(self.text(), self.file)

    def settle(self, key: str, ask: Callable[[Any], Any], usual: Any = None, *, must: str = "") -> None:
        """The flag's value, or an answer to `ask`, which offers `usual`. Without a terminal `usual`; where that is only a
        suggestion, the flag that `must` be said is told."""
        if key in self.keys:
            return
        if not self.asks and must:
            raise typer.BadParameter(f"there is no terminal to ask on, and {must} is not said", param_hint=must)
        self.keys[key] = ask(self.before.get(key, usual)) if self.asks else usual


def ask_place(answers: Answers) -> None:
    """Everything but the password, again until the profile's rules have nothing to say against it.

    Errors: PlanError, without a terminal.
    """
    from nectar.errors import PlanError

    given = dict(answers.keys)
    if answers.asks:
        typer.echo("A profile says where rows go. Enter takes what stands in brackets; Ctrl-C leaves.\n", err=True)
    while True:
        _ask_once(answers)
        try:
            answers.target()
            return
        except PlanError as error:
            if not answers.asks or answers.keys == given:
                raise
            from nectar.cli.complaint_text import complaints_text, wants_colour

            typer.echo(f"\n{complaints_text(error.complaints, wants_colour(sys.stderr))}Once more, then.", err=True, color=True)
            answers.before, answers.keys = answers.keys, dict(given)


def _ask_once(answers: Answers) -> None:
    answers.settle("connection_type", lambda usual: _which(answers, usual), "sqlite", must="--type")
    kind = answers.keys["connection_type"]
    if kind == "sqlite":
        from nectar.config.profile.write import as_seen_from

        answers.settle("path", lambda usual: as_seen_from(answers.file, _line("Its file", usual)), "nectar.db")
        return
    from nectar.config.profile.defaults import DEFAULTS
    from nectar.config.profile.model import ConnectionType

    here = "127.0.0.1" if kind in ("mysql", "tidb-local") else None
    answers.settle("host", lambda usual: _line("Host", usual), here, must="--host")
    answers.settle("port", lambda usual: ask_number("Port", usual), DEFAULTS[ConnectionType(kind)].port)
    answers.settle("user", lambda usual: _line("User", usual), "root" if kind == "tidb-local" else None, must="--user")
    answers.settle("database", lambda usual: _line("Database", usual), "nectar")
    _ask_tls(answers, kind)


def _which(answers: Answers, usual: str) -> str:
    """Chosen, or inferred from a connection text that is pasted instead, whose keys are then known too."""
    from nectar.config.profile.dsn import DsnError

    typer.echo("A connection text can be pasted instead: mysql -h .., mysql://.., user@tcp(..)/..", err=True)
    while True:
        said = _choice("Which database", TYPES, usual, others=True)
        if said in TYPES:
            return said
        try:
            keys = keys_of(said, answers.file)
        except DsnError as error:
            typer.echo(f"\n{told_of(error)}\n", err=True)
            continue
        answers.keys = keys | answers.keys
        return str(keys["connection_type"])


def keys_of(text: str, profile: Path) -> dict[str, Any]:
    """The keys of `[database]` that say what a connection text says. Errors: DsnError."""
    from nectar.config.profile.dsn import connection_type_of, read_dsn
    from nectar.config.profile.write import as_seen_from

    said = read_dsn(text)
    waits = {key: value for key, value in said.items() if key.endswith("_seconds")}
    paths = {key: as_seen_from(profile, str(value)) for key, value in said.items() if key.endswith("_path")}
    rest = {key: value for key, value in said.items() if key not in waits}
    return {"connection_type": connection_type_of(said)} | rest | paths | ({"pool": waits} if waits else {})


def told_of(error: DsnError) -> str:
    """For whoever has just pasted the text."""
    from nectar.config import codes

    hint = "leave it out: it is asked for, or said by --password-.." if error.code == codes.CLEAR_SECRET else error.hint
    return error.what.replace("custom_dsn", "the connection text") + (f"; {hint}" if hint else "")


def _ask_tls(answers: Answers, kind: str) -> None:
    """Without a terminal: the flags, and the profile's own defaults."""
    from nectar.config.profile.hosts import is_loopback

    keys = answers.keys
    far = kind == "tidb-serverless" or not is_loopback(keys["host"])
    if not answers.asks:
        return
    answers.settle("ssl_mode", lambda usual: _choice("TLS", MODES, usual), "VERIFY_IDENTITY" if far else "PREFERRED")
    mode = keys["ssl_mode"]
    if far and mode in ("DISABLED", "PREFERRED") and "allow_insecure" not in keys:
        keys["allow_insecure"] = confirm("Everybody on the way can read and change what is sent. Is that meant?")
        if not keys["allow_insecure"]:
            del keys["allow_insecure"]
    if mode.startswith("VERIFY"):
        _ask_file(answers, "ssl_ca_path", "File of the authority that signed the server's certificate (none: the system's)")
    if kind != "tidb-serverless" and mode != "DISABLED":
        _ask_file(answers, "ssl_cert_path", "File of a client certificate (none: no such)")
        if "ssl_cert_path" in keys:
            _ask_file(answers, "ssl_key_path", "File of its key")


def _ask_file(answers: Answers, key: str, question: str) -> None:
    from nectar.config.profile.write import as_seen_from

    if key not in answers.keys:
        before = answers.before.get(key, "")
        path = ask(question, before, show=bool(before)).strip()
        if path == before and before:
            answers.keys[key] = before  # as the profile says it already
        elif path:
            answers.keys[key] = as_seen_from(answers.file, path)


def ask_password(answers: Answers, said: str | None, *, stdin: bool, none: bool) -> None:
    """Where it is kept; a sealed one is sealed here. Errors: SecretError when there is no key to seal with."""
    if none:
        return
    if said is not None:
        kind, equals, value = said.partition("=")
        if not equals or kind not in KEEPERS or kind in ("sealed", "none"):
            allowed = ", ".join(f"{one}=.." for one in KEEPERS if one not in ("sealed", "none"))
            raise typer.BadParameter(f"one of {allowed}", param_hint="--password-from")
        answers.keys["password"] = _reference(answers, kind, value)
        return
    if stdin:
        from nectar.cli.secrets import from_input

        answers.keys["password"] = _sealed(answers, from_input("the password"))
        return
    if not answers.asks:
        flags = "--password-from, --password-stdin or --no-password"
        raise typer.BadParameter(f"there is no terminal to ask on, and none of {flags} is said", param_hint="--password-..")
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
    """One is made when there is none and that is wanted."""
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


def _choice(question: str, among: Mapping[str, str], default: str, *, others: bool = False) -> str:
    """By number or by name. `others`: what is no single word is given back as it is."""
    names, width = list(among), max(map(len, among))
    for number, (name, means) in enumerate(among.items(), 1):
        typer.echo(f"  {number}  {name:<{width}}  {means}", err=True)
    while True:
        said = ask(question, default).strip()
        if said.isdecimal() and 0 < int(said) <= len(names):
            return names[int(said) - 1]
        found = next((name for name in names if name.lower() == said.lower()), None)
        if found is not None:
            return found
        if others and set(said) & set(" @/"):
            return said
        typer.echo(f"1 to {len(names)}, or its name.", err=True)


def _line(question: str, default: str | None) -> str:
    return ask(question, default).strip()
