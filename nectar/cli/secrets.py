"""`nectar secrets`: seals passwords for profiles and opens them."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from nectar.secrets.sealed import SealingKey
    from nectar.secrets.secret import Secret

NEW_PASSPHRASE = "NECTAR_NEW_PASSPHRASE"

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="""Seal the passwords in profiles.

    A profile never holds a password in clear text. It may hold a sealed one: `password = { sealed = "nectar:v1:.." }`. It opens
    only with your key, and only under the key of the profile that it was sealed for.

    To begin:  nectar secrets keygen  and then  nectar secrets seal

    A machine that may seal but not open a password (CI) needs only the recipient that keygen prints.
    """,
)


def _password_key(text: str) -> str:
    """Accepts only a profile's key for a password: a value sealed for another key would never open."""
    if not re.fullmatch(r"((database|databases\.[A-Za-z0-9_-]+)(\.tunnel)?|tunnel)\.password", text):
        raise typer.BadParameter("a password's key is database.password, databases.NAME.password, tunnel.password or the like")
    return text


ForOption = Annotated[
    str,
    typer.Option(
        "--for", metavar="KEY", callback=_password_key, help="The profile's key: database.password, databases.NAME.password."
    ),
]
RecipientOption = Annotated[
    str | None, typer.Option("--recipient", metavar="TEXT", help="Seal for this recipient, which keygen printed.")
]
KeyFileOption = Annotated[Path | None, typer.Option("--key-file", metavar="FILE", help="Seal with the key in this file.")]
PassphraseOption = Annotated[bool, typer.Option("--passphrase", help="Seal with a passphrase; Nectar asks for it.")]


@app.command("keygen")
def keygen_command(
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Write the key to this new file (default: ~/.config/nectar/key); - prints it."
        ),
    ] = None,
    symmetric: Annotated[
        bool, typer.Option("--symmetric", help="Make a key without a recipient: whoever can seal can also open.")
    ] = False,
) -> None:
    """Make a key that seals and opens.

    Nectar writes the key to a file that only you can read, and prints its recipient. Whoever has the file can open; whoever
    has the recipient can only seal. Keep a copy of the file in a safe place: without it nobody can open what was sealed.
    """
    from nectar.secrets.keys import default_file
    from nectar.secrets.sealed import new_identity, new_key

    key, recipient = (new_key(), "") if symmetric else new_identity()
    if out == Path("-"):
        if sys.stdout.isatty():
            raise typer.BadParameter(
                "this would show the key on the terminal: pipe it to the place that keeps it", param_hint="--out"
            )
        typer.echo(key)
        if recipient:
            typer.echo(f"recipient: {recipient}", err=True)
        return
    path = out or default_file()
    write_key(path, key_text(key, recipient))
    typer.echo(f"the key is in {path}", err=True)
    if recipient:
        typer.echo(recipient)


@app.command("seal")
def seal_command(
    key_path: ForOption = "database.password",
    recipient: RecipientOption = None,
    key_file: KeyFileOption = None,
    with_passphrase: PassphraseOption = False,
    words: Annotated[list[str] | None, typer.Argument(hidden=True, metavar="")] = None,
) -> None:
    """Seal a password, and print the line for the profile.

    Nectar asks for the password on a terminal, and reads it from standard input elsewhere. With --passphrase the passphrase
    comes from NECTAR_PASSPHRASE, or Nectar asks for it. Without an option Nectar seals with the key that also opens, the first
    that exists of NECTAR_KEY, NECTAR_KEY_FILE, NECTAR_PASSPHRASE, NECTAR_PASSPHRASE_FILE, ~/.config/nectar/key and the keyring's
    nectar/key.
    """
    from nectar.secrets.sealed import seal_value

    if words:
        raise typer.BadParameter(
            "a password is no argument: everybody on the machine sees those. Nectar asks for it, or reads it from standard input"
        )
    _one_at_most(recipient, key_file, with_passphrase)
    key = _sealing_key(recipient, key_file, with_passphrase)
    typer.echo(f'password = {{ sealed = "{seal_value(_secret("the password"), key_path, key)}" }}')


@app.command("open")
def open_command(
    text: Annotated[str, typer.Argument(metavar="SEALED", help="nectar:v1:..; - reads it from standard input.")] = "-",
    key_path: ForOption = "database.password",
    show: Annotated[bool, typer.Option("--show", help="Print the password even to a terminal.")] = False,
) -> None:
    """Open a sealed value and print the password in it.

    Nectar prints it to a terminal only with --show, because others may see the screen or scroll back to it.
    """
    from nectar.secrets.keys import opening_key
    from nectar.secrets.sealed import open_sealed

    if sys.stdout.isatty() and not show:
        raise typer.BadParameter("this would show the password on the terminal: say --show if that is meant", param_hint="--show")
    sealed = _line().decode(errors="replace").strip() if text == "-" else text
    typer.echo(open_sealed(sealed, key_path, opening_key()).reveal())


@app.command("rotate")
def rotate_command(
    profile: Annotated[Path, typer.Argument(metavar="PROFILE", help="The profile whose sealed values get a new key.")],
    recipient: RecipientOption = None,
    key_file: KeyFileOption = None,
    with_passphrase: PassphraseOption = False,
) -> None:
    """Seal a profile's sealed values again with another key.

    The current key opens them. Nectar rotates all of them or none, and leaves every other byte of the file as it is. A new
    passphrase comes from NECTAR_NEW_PASSPHRASE, or Nectar asks for it.
    """
    from nectar.secrets.keys import opening_key
    from nectar.secrets.rotate import rotated

    _one_at_most(recipient, key_file, with_passphrase)
    if recipient is None and key_file is None and not with_passphrase:
        raise typer.BadParameter("say which key is the new one: --recipient, --key-file or --passphrase")
    old, new = opening_key(), _sealing_key(recipient, key_file, with_passphrase, NEW_PASSPHRASE)
    changed = rotated(profile, old, new)
    typer.echo(f"{changed} sealed value{'s' if changed != 1 else ''} of {profile} sealed again", err=True)


def _one_at_most(recipient: str | None, key_file: Path | None, with_passphrase: bool) -> None:
    if sum((recipient is not None, key_file is not None, with_passphrase)) > 1:
        raise typer.BadParameter("--recipient, --key-file and --passphrase exclude each other")


def _sealing_key(
    recipient: str | None, key_file: Path | None, with_passphrase: bool, variable: str = "NECTAR_PASSPHRASE"
) -> SealingKey:
    """The key to seal with. The passphrase may be in the environment variable `variable`."""
    from nectar.config.profile.model import Reference
    from nectar.secrets.keys import key_in, opening_key
    from nectar.secrets.local import from_environment
    from nectar.secrets.sealed import passphrase, sealing_key
    from nectar.secrets.secret import Secret

    if recipient is not None:
        key = sealing_key(Secret(recipient), "--recipient")
        if key.secret is not None:
            raise typer.BadParameter(
                "this is a key that opens, and no recipient. Everybody on the machine could see it: make a new one"
            )
        return key
    if key_file is not None:
        return key_in(key_file)
    if not with_passphrase:
        return opening_key()
    if os.environ.get(variable):
        return passphrase(from_environment(Reference("env", variable, "the passphrase")))
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"Nectar cannot ask for the passphrase without a terminal: set {variable}")
    return passphrase(_typed("the passphrase"))


def _secret(what: str) -> Secret:
    """A secret from the terminal or from standard input; never from an argument, which others see and the shell keeps."""
    return _typed(what) if sys.stdin.isatty() else from_input(what)


def from_input(what: str) -> Secret:
    """All of standard input, without its last line end."""
    from nectar.secrets.secret import Secret

    try:
        secret = Secret(_read_input(what).decode().removesuffix("\n").removesuffix("\r"))
    except UnicodeDecodeError:
        raise typer.BadParameter(f"the bytes on standard input for {what} are not UTF-8 text") from None
    if not secret:
        raise typer.BadParameter(f"nothing came on standard input for {what}")
    return secret


def _read_input(what: str) -> bytes:
    """The bytes of standard input. A stream without an end is refused."""
    from nectar import reading

    data = sys.stdin.buffer.read(reading.SECRET + 1)
    if len(data) > reading.SECRET:
        raise typer.BadParameter(f"more than {reading.SECRET:,} bytes came on standard input for {what}")
    return data


def _line() -> bytes:
    from nectar import reading

    return sys.stdin.buffer.readline(reading.SECRET)


def _typed(what: str) -> Secret:
    from nectar.cli.asking import ask_twice
    from nectar.secrets.secret import Secret

    return Secret(ask_twice(what))


def key_text(key: str, recipient: str) -> str:
    """The text of a key's file."""
    return f"# recipient: {recipient}\n{key}\n" if recipient else f"{key}\n"


def write_key(path: Path, text: str) -> None:
    """Writes a key to a new file. Errors: SecretError NEC-X015."""
    from nectar.cli.private_file import write_new
    from nectar.errors import SecretError

    try:
        write_new(path, text)
    except FileExistsError:
        hint = "name another file with --out; a key that is lost cannot be made again"
        what = "this file already exists, and Nectar does not overwrite it"
        raise SecretError(what, where=str(path), hint=hint, code="NEC-X015") from None
    except OSError as error:
        raise SecretError(f"the key cannot be written: {error.strerror}", where=str(path), code="NEC-X015") from None
