"""`nectar secrets keygen|seal|open|rotate` as processes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.secrets.commands import nectar, on_a_terminal

SECRET = "planted-Hunter2 \u00fc"
SEALED = re.compile(r'password = \{ sealed = "(nectar:v1:[A-Za-z0-9_-]+)" \}\n')


def sealed_in(text: str) -> str:
    found = SEALED.fullmatch(text)
    assert found, text
    return found[1]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def recipient(home: Path) -> str:
    """Of the key in the usual place."""
    return nectar("secrets", "keygen", home=home).stdout.strip()


def test_keygen_then_seal_then_open(home: Path, recipient: str) -> None:
    key = home / ".config/nectar/key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700
    assert re.fullmatch(f"# recipient: {recipient}\nnectar-identity-[A-Za-z0-9_-]{{43}}\n", key.read_text())
    done = nectar("secrets", "seal", home=home, given=SECRET + "\n")
    assert done.stderr == ""
    text = sealed_in(done.stdout)
    assert tomllib.loads(done.stdout) == {"password": {"sealed": text}}
    assert nectar("secrets", "open", text, home=home).stdout == SECRET + "\n"
    assert nectar("secrets", "open", home=home, given=text + "\n").stdout == SECRET + "\n"
    assert "NEC-X011" in nectar("secrets", "open", text, "--for", "tunnel.password", home=home, code=1).stderr


def test_a_machine_that_seals_and_cannot_open(home: Path, recipient: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """It has the recipient, as an option or in a file that everybody may read, and nothing else."""
    ci = tmp_path_factory.mktemp("ci")
    text = sealed_in(nectar("secrets", "seal", "--recipient", recipient, home=ci, given=SECRET).stdout)
    assert "NEC-X013" in nectar("secrets", "open", text, home=ci, code=1).stderr
    (ci / "recipient").write_text(recipient + "\n")
    (ci / "recipient").chmod(0o644)
    other = sealed_in(nectar("secrets", "seal", "--key-file", "recipient", home=ci, given=SECRET).stdout)
    failed = nectar("secrets", "open", other, home=ci, code=1, NECTAR_KEY_FILE="recipient")
    assert "error NEC-X012: this key cannot open anything" in failed.stderr
    for each in (text, other):
        assert nectar("secrets", "open", each, home=home).stdout == SECRET + "\n"


def test_a_symmetric_key(home: Path) -> None:
    assert nectar("secrets", "keygen", "--symmetric", "--out", "key", home=home).stdout == ""
    assert (home / "key").read_text().startswith("nectar-key-")
    text = sealed_in(nectar("secrets", "seal", home=home, given=SECRET, NECTAR_KEY_FILE="key").stdout)
    assert nectar("secrets", "open", text, home=home, NECTAR_KEY=(home / "key").read_text()).stdout == SECRET + "\n"


def test_a_key_can_be_piped_to_where_it_is_kept(home: Path) -> None:
    made = nectar("secrets", "keygen", "--out", "-", home=home)
    assert re.fullmatch("nectar-identity-[A-Za-z0-9_-]{43}\n", made.stdout)
    assert made.stderr.startswith("recipient: nectar-recipient-")
    assert list(home.iterdir()) == []
    assert "would show the key" in on_a_terminal("secrets", "keygen", "--out", "-", home=home, typed=[], code=2)


def test_a_key_is_never_overwritten(home: Path, recipient: str) -> None:
    before = (home / ".config/nectar/key").read_bytes()
    assert "NEC-X015" in nectar("secrets", "keygen", home=home, code=1).stderr
    assert "NEC-X015" in nectar("secrets", "keygen", "--out", "/proc/none/key", home=home, code=1).stderr
    assert (home / ".config/nectar/key").read_bytes() == before


def test_a_passphrase(home: Path) -> None:
    text = sealed_in(nectar("secrets", "seal", "--passphrase", home=home, given=SECRET, NECTAR_PASSPHRASE="open sesame").stdout)
    assert nectar("secrets", "open", text, home=home, NECTAR_PASSPHRASE="open sesame").stdout == SECRET + "\n"
    (home / "passphrase").write_text("open sesame\n")
    (home / "passphrase").chmod(0o600)
    assert nectar("secrets", "open", text, home=home, NECTAR_PASSPHRASE_FILE="passphrase").stdout == SECRET + "\n"
    wrong = nectar("secrets", "open", text, home=home, code=1, NECTAR_PASSPHRASE="close sesame")
    assert wrong.stdout == ""
    assert (
        "error NEC-X011: database.password: the sealed value was changed, or was sealed with another passphrase" in wrong.stderr
    )
    assert "sesame" not in wrong.stderr


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o644])
def test_a_key_that_others_can_read_is_not_used(home: Path, recipient: str, mode: int) -> None:
    (home / ".config/nectar/key").chmod(mode)
    for arguments in (["secrets", "open", "nectar:v1:AAAA"], ["secrets", "seal"]):
        failed = nectar(*arguments, home=home, code=1, given="x")
        assert f"error NEC-X002: others can read this file (mode {mode:o})" in failed.stderr
        assert "chmod 600" in failed.stderr


def test_a_recipient_that_others_can_write_is_not_used(home: Path, recipient: str) -> None:
    """Whoever can exchange it can open what is sealed for it."""
    (home / "recipient").write_text(recipient)
    (home / "recipient").chmod(0o666)
    assert "NEC-X002" in nectar("secrets", "seal", "--key-file", "recipient", home=home, code=1, given="x").stderr


def test_without_a_terminal_nothing_is_asked(home: Path, recipient: str) -> None:
    assert "nothing came on standard input" in nectar("secrets", "seal", home=home, code=2).stderr
    assert "more than 65,536 bytes came" in nectar("secrets", "seal", home=home, code=2, given="x" * 65_537).stderr
    assert "set NECTAR_PASSPHRASE" in nectar("secrets", "seal", "--passphrase", home=home, code=2, given=SECRET).stderr
    (home / "p.toml").write_text("")
    assert "set NECTAR_NEW_PASSPHRASE" in nectar("secrets", "rotate", "p.toml", "--passphrase", home=home, code=2).stderr
    assert "not UTF-8" in nectar("secrets", "seal", home=home, code=2, given=b"\xff\xfe").stderr
    assert "NEC-X010" in nectar("secrets", "open", home=home, code=1, given=b"\xff\xfe").stderr


def test_on_a_terminal_it_is_asked_for_twice_and_not_shown(home: Path, recipient: str) -> None:
    shown = on_a_terminal("secrets", "seal", home=home, typed=[SECRET, SECRET])
    assert "hunter2" not in shown.lower()
    assert SEALED.search(shown)
    shown = on_a_terminal("secrets", "seal", home=home, typed=[SECRET, "other", SECRET, SECRET])
    assert "do not match" in shown
    text = SEALED.search(shown)
    assert text
    assert "say --show" in on_a_terminal("secrets", "open", text[1], home=home, typed=[], code=2)
    assert SECRET in on_a_terminal("secrets", "open", text[1], "--show", home=home, typed=[])


def test_a_password_as_an_argument_is_refused_and_not_repeated(home: Path, recipient: str) -> None:
    failed = nectar("secrets", "seal", SECRET, home=home, code=2)
    assert "a password is no argument" in failed.stderr
    assert SECRET not in failed.stderr
    failed = nectar("secrets", "open", SECRET, home=home, code=1)
    assert SECRET not in failed.stderr
    key = (home / ".config/nectar/key").read_text().splitlines()[1]
    failed = nectar("secrets", "seal", "--recipient", key, home=home, code=2, given="x")
    assert "this is a key that opens" in failed.stderr
    assert key not in failed.stderr


@pytest.mark.parametrize("place", ["password", "database", "databases.password", "tunel.password", "database.pasword"])
def test_a_place_that_no_profile_has(home: Path, recipient: str, place: str) -> None:
    assert "a password's key is" in nectar("secrets", "seal", "--for", place, home=home, code=2, given="x").stderr


@pytest.mark.parametrize(
    "place",
    ["database.password", "databases.a-b.password", "tunnel.password", "databases.x.tunnel.password", "database.tunnel.password"],
)
def test_places_that_profiles_have(home: Path, recipient: str, place: str) -> None:
    text = sealed_in(nectar("secrets", "seal", "--for", place, home=home, given="x").stdout)
    assert nectar("secrets", "open", text, "--for", place, home=home).stdout == "x\n"


def test_one_key_at_a_time(home: Path, recipient: str) -> None:
    failed = nectar("secrets", "seal", "--passphrase", "--recipient", recipient, home=home, code=2, given="x")
    assert "exclude each other" in failed.stderr
    assert "say which key" in nectar("secrets", "rotate", "p.toml", home=home, code=2).stderr


def test_no_key_says_how_to_make_one(home: Path) -> None:
    failed = nectar("secrets", "seal", home=home, code=1, given="x")
    assert "error NEC-X013" in failed.stderr
    assert "nectar secrets keygen" in failed.stderr


@pytest.mark.parametrize("command", ["keygen", "seal", "open", "rotate"])
def test_help(home: Path, command: str) -> None:
    assert f"nectar secrets {command}" in nectar("secrets", command, "--help", home=home).stdout
    assert command in nectar("secrets", "--help", home=home).stdout
