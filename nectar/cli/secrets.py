"""`nectar secrets`: passwords that stand sealed in a profile."""

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
    help="""Keep passwords sealed in profiles.

    A profile never holds a password in clear. It may hold it sealed: `password = { sealed = "nectar:v1:.." }` opens only with
    your key, and only at the place in the profile that it was sealed for.

    To begin:  nectar secrets keygen  and then  nectar secrets seal

    Where the password must be sealed by a machine that may not open it (CI), give that machine the recipient that keygen
    prints: it only seals.
    """,
)


def _a_place(text: str) -> str:
    """A value that is bound to another place would never open."""
    if not re.fullmatch(r"((database|databases\.[A-Za-z0-9_-]+)(\.tunnel)?|tunnel)\.password", text):
        raise typer.BadParameter("a password stands at database.password, databases.NAME.password, tunnel.password and the like")
    return text


ForOption = Annotated[
    str,
    typer.Option("--for", metavar="KEY", callback=_a_place, help="Where it stands: database.password, databases.NAME.password."),
]
RecipientOption = Annotated[str | None, typer.Option("--recipient", metavar="TEXT", help="Seal for this recipient of keygen's.")]
KeyFileOption = Annotated[Path | None, typer.Option("--key-file", metavar="FILE", help="Seal with the key in this file.")]
PassphraseOption = Annotated[bool, typer.Option("--passphrase", help="Seal with a passphrase, which is asked for.")]


@app.command("keygen")
def keygen_command(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where, never overwritten (default: ~/.config/nectar/key); - to print it."),
    ] = None,
    symmetric: Annotated[bool, typer.Option("--symmetric", help="Without a recipient: who can seal can open.")] = False,
) -> None:
    """Make a key that seals and opens.

    The recipient, which only seals, is printed. The file is readable by you alone. Who has the file can open; who has the
    recipient can seal. Keep a copy of the file where you keep such things: without it, what is sealed stays sealed.
    """
    from nectar.secrets.keys import default_file
    from nectar.secrets.sealed import new_identity, new_key

    key, recipient = (new_key(), "") if symmetric else new_identity()
    if out == Path("-"):
        if sys.stdout.isatty():
            raise typer.BadParameter("this would show the key on the terminal: pipe it to where it is kept", param_hint="--out")
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

    It is asked for on a terminal, or read from standard input. With --passphrase it is asked for on the terminal, or
    NECTAR_PASSPHRASE. Without an option the key is the one that also opens: NECTAR_KEY, NECTAR_KEY_FILE, NECTAR_PASSPHRASE,
    NECTAR_PASSPHRASE_FILE, ~/.config/nectar/key or the keyring's nectar/key, the first of them that is there.
    """
    from nectar.secrets.sealed import seal_value

    if words:
        raise typer.BadParameter("a password is no argument: everybody on the machine sees those; it is asked for, or piped in")
    _one_at_most(recipient, key_file, with_passphrase)
    key = _chosen(recipient, key_file, with_passphrase)
    typer.echo(f'password = {{ sealed = "{seal_value(_asked_for("the password"), key_path, key)}" }}')


@app.command("open")
def open_command(
    text: Annotated[str, typer.Argument(metavar="SEALED", help="nectar:v1:.., or - to read it from standard input.")] = "-",
    key_path: ForOption = "database.password",
    show: Annotated[bool, typer.Option("--show", help="Print it even to a terminal.")] = False,
) -> None:
    """Open a sealed value and print what is in it.

    To a terminal only with --show: others may look, and it may scroll back.
    """
    from nectar.secrets.keys import opening_key
    from nectar.secrets.sealed import open_sealed

    if sys.stdout.isatty() and not show:
        raise typer.BadParameter("this would show the password on the terminal: say --show", param_hint="--show")
    sealed = _line().decode(errors="replace").strip() if text == "-" else text
    typer.echo(open_sealed(sealed, key_path, opening_key()).reveal())


@app.command("rotate")
def rotate_command(
    profile: Annotated[Path, typer.Argument(metavar="PROFILE", help="The profile whose sealed values are sealed anew.")],
    recipient: RecipientOption = None,
    key_file: KeyFileOption = None,
    with_passphrase: PassphraseOption = False,
) -> None:
    """Seal a profile's sealed values anew with another key.

    The key at hand opens them. All or nothing; everything else in the file stays as it is, byte for byte. A new passphrase is
    asked for, or read from NECTAR_NEW_PASSPHRASE.
    """
    from nectar.secrets.keys import opening_key
    from nectar.secrets.rotate import rotated

    _one_at_most(recipient, key_file, with_passphrase)
    if recipient is None and key_file is None and not with_passphrase:
        raise typer.BadParameter("say which key is the new one: --recipient, --key-file or --passphrase")
    old, new = opening_key(), _chosen(recipient, key_file, with_passphrase, NEW_PASSPHRASE)
    changed = rotated(profile, old, new)
    typer.echo(f"{changed} sealed value{'s' if changed != 1 else ''} of {profile} sealed anew", err=True)


def _one_at_most(recipient: str | None, key_file: Path | None, with_passphrase: bool) -> None:
    if sum((recipient is not None, key_file is not None, with_passphrase)) > 1:
        raise typer.BadParameter("--recipient, --key-file and --passphrase exclude each other")


def _chosen(
    recipient: str | None, key_file: Path | None, with_passphrase: bool, variable: str = "NECTAR_PASSPHRASE"
) -> SealingKey:
    """The key to seal with. `variable` may hold the passphrase."""
    from nectar.config.profile.model import Reference
    from nectar.secrets.keys import key_in, opening_key
    from nectar.secrets.local import from_environment
    from nectar.secrets.sealed import passphrase, sealing_key
    from nectar.secrets.secret import Secret

    if recipient is not None:
        key = sealing_key(Secret(recipient), "--recipient")
        if key.secret is not None:
            raise typer.BadParameter("this is a key that opens: it was seen by everybody on the machine; make a new one")
        return key
    if key_file is not None:
        return key_in(key_file)
    if not with_passphrase:
        return opening_key()
    if os.environ.get(variable):
        return passphrase(from_environment(Reference("env", variable, "the passphrase")))
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"there is no terminal to ask for the passphrase on: set {variable}")
    return passphrase(_typed("the passphrase"))


def _asked_for(what: str) -> Secret:
    """Never from an argument: those are seen by everybody on the machine, and kept by the shell."""
    return _typed(what) if sys.stdin.isatty() else from_input(what)


def from_input(what: str) -> Secret:
    """All of standard input, but for its last line end."""
    from nectar.secrets.secret import Secret

    try:
        given = Secret(_given(what).decode().removesuffix("\n").removesuffix("\r"))
    except UnicodeDecodeError:
        raise typer.BadParameter(f"what came on standard input for {what} is not UTF-8 text") from None
    if not given:
        raise typer.BadParameter(f"nothing came on standard input for {what}")
    return given


def _given(what: str) -> bytes:
    """What comes on standard input, be it without an end."""
    from nectar import reading

    given = sys.stdin.buffer.read(reading.SECRET + 1)
    if len(given) > reading.SECRET:
        raise typer.BadParameter(f"more than {reading.SECRET:,} bytes came on standard input for {what}")
    return given


def _line() -> bytes:
    from nectar import reading

    return sys.stdin.buffer.readline(reading.SECRET)


def _typed(what: str) -> Secret:
    from nectar.cli.asking import ask_twice
    from nectar.secrets.secret import Secret

    return Secret(ask_twice(what))


def key_text(key: str, recipient: str) -> str:
    """What stands in its file."""
    return f"# recipient: {recipient}\n{key}\n" if recipient else f"{key}\n"


def write_key(path: Path, text: str) -> None:
    """Errors: SecretError NEC-X015."""
    from nectar.cli.private_file import write_new
    from nectar.errors import SecretError

    try:
        write_new(path, text)
    except FileExistsError:
        hint = "name another file with --out; a key that is lost cannot be made again"
        what = "this file is there already, and is not overwritten"
        raise SecretError(what, where=str(path), hint=hint, code="NEC-X015") from None
    except OSError as error:
        raise SecretError(f"the key cannot be written: {error.strerror}", where=str(path), code="NEC-X015") from None
