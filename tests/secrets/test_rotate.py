"""A profile is sealed again: every sealed value changes, and not one other byte."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.config.profile.load import parse_profile
from nectar.config.profile.model import Server
from nectar.errors import SecretError
from nectar.secrets import sealed
from nectar.secrets.rotate import rotated
from nectar.secrets.sealed import SealingKey, new_identity, new_key, open_sealed, seal_value, sealing_key
from nectar.secrets.secret import Secret
from tests.secrets.commands import nectar

OLD, NEW = (sealing_key(Secret(new_key()), "test") for _ in range(2))
RECIPIENT = sealing_key(Secret(new_identity()[1]), "test")

PLACES = ("databases.a.password", "databases.b-c.password", "databases.b-c.tunnel.password", "tunnel.password")
PROFILE = """\ufeff# r\u00e9sum\u00e9: keep  my   spaces\r
default = 'a'   # the usual\r
\t[databases.a]
connection_type="mysql"
host =   "db.example.com"
user = "u"
database="n"
password   =   {   sealed   =   "{0}"   }   # mine
[databases."b-c"]
connection_type = "mysql"
host = "db.example.com"
user = "u"
database = "n"
password.sealed = '{1}'
  [databases."b-c".tunnel]
host = "j"
user = "u"
    [databases."b-c".tunnel.password]
sealed = '''{2}'''
[tunnel]
host = "j"
user = "u"
password = {sealed = "{3}"}

# no end of line"""[1:]


def written(file: Path, key: SealingKey = OLD) -> list[str]:
    """The profile, sealed with `key`; its sealed values."""
    values = [seal_value(Secret(f"secret {place}"), place, key) for place in PLACES]
    text = PROFILE
    for number, value in enumerate(values):
        text = text.replace(f"{{{number}}}", value)
    file.write_bytes(text.encode())
    return values


def passwords(file: Path, key: SealingKey) -> list[str]:
    found = []
    for name in ("a", "b-c"):
        server = parse_profile(file.read_bytes().decode(), file, name)
        assert isinstance(server, Server)
        references = [server.password, server.tunnel.password if server.tunnel else None]
        found += [open_sealed(one.value, one.key_path, key).reveal() for one in references if one]
    return found


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return tmp_path / "profile.toml"


def test_every_value_and_nothing_else(profile: Path) -> None:
    """As the profile's own reader finds and binds them."""
    old = written(profile)
    before = profile.read_bytes()
    assert rotated(profile, OLD, NEW) == len(PLACES)
    after = profile.read_bytes()
    wanted = [f"secret {place}" for place in (PLACES[0], PLACES[3], PLACES[1], PLACES[2])]
    assert passwords(profile, NEW) == wanted
    with pytest.raises(SecretError):
        passwords(profile, OLD)
    for value in old:
        assert value.encode() not in after
    for value in old:
        before = before.replace(value.encode(), b"*")
    assert before == b"*".join(_parts(after))


def _parts(data: bytes) -> list[bytes]:
    """What stands between sealed values."""
    import re

    return re.split(rb"nectar:v1:[A-Za-z0-9_-]+", data)


@settings(deadline=None, max_examples=60)
@given(
    around=st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])), min_size=2, max_size=2),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_remarks_of_any_letters_stay(around: list[str], end: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("rotate") / "p.toml"
    line = f'password = {{ sealed = "{seal_value(Secret("v"), "database.password", OLD)}" }}'
    file.write_bytes(f"# {around[0]}{end}[database]{end}{line} # {around[1]}".encode())
    before = _parts(file.read_bytes())
    assert rotated(file, OLD, NEW) == 1
    assert _parts(file.read_bytes()) == before


def test_for_a_recipient(profile: Path) -> None:
    written(profile)
    rotated(profile, OLD, RECIPIENT)
    with pytest.raises(SecretError, match="it was sealed with the key"):
        passwords(profile, NEW)


def test_mode_and_links_stay(profile: Path, tmp_path: Path) -> None:
    written(profile)
    profile.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to("profile.toml")
    rotated(link, OLD, NEW)
    assert os.readlink(link) == "profile.toml"
    assert stat.S_IMODE(profile.stat().st_mode) == 0o640
    assert len(passwords(profile, NEW)) == len(PLACES)
    assert sorted(tmp_path.iterdir()) == [link, profile]


def test_all_or_nothing(profile: Path) -> None:
    """One value of another key, or moved to another place, and nothing is changed."""
    values = written(profile)
    text = profile.read_bytes().decode()
    other = seal_value(Secret("x"), PLACES[2], NEW)
    for changed in (
        text.replace(values[2], other),
        text.replace(values[3], values[0][:-4] + values[0][-4:].swapcase()),
        text.replace(values[2], values[1]),
    ):
        profile.write_bytes(changed.encode())
        with pytest.raises(SecretError):
            rotated(profile, OLD, NEW)
        assert profile.read_bytes() == changed.encode()


def test_a_disk_that_fails_leaves_the_file(profile: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written(profile)
    before = profile.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SecretError, match="No space left") as caught:
        rotated(profile, OLD, NEW)
    assert caught.value.code == "NEC-X016"
    assert profile.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == [profile]


@pytest.mark.parametrize("data", [b"a = ", b"\xff", b'[database]\npassword.sealed = "nectar:v1:\\u0041A"\n'])
def test_what_is_no_profile(profile: Path, data: bytes) -> None:
    with pytest.raises(SecretError):
        rotated(profile, OLD, NEW)
    profile.write_bytes(data)
    with pytest.raises(SecretError):
        rotated(profile, OLD, NEW)
    assert profile.read_bytes() == data


def test_a_text_that_stands_twice_is_left_to_people(profile: Path) -> None:
    values = written(profile)
    profile.write_bytes(profile.read_bytes() + f"\n# was {values[0]}\n".encode())
    with pytest.raises(SecretError, match="more than once"):
        rotated(profile, OLD, NEW)


def test_from_one_passphrase_to_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command: the new one comes from a variable of its own, not from the one that opens."""
    monkeypatch.setattr(sealed, "LOG_N", 10)
    text = seal_value(Secret("v"), "database.password", sealed.passphrase(Secret("old words")))
    (tmp_path / "p.toml").write_text(f'[database]\npassword = {{ sealed = "{text}" }}\n')
    done = nectar(
        "secrets",
        "rotate",
        "p.toml",
        "--passphrase",
        home=tmp_path,
        NECTAR_PASSPHRASE="old words",
        NECTAR_NEW_PASSPHRASE="new words",
    )
    assert done.stderr == "1 sealed value of p.toml sealed again\n"
    assert done.stdout == ""
    new = (tmp_path / "p.toml").read_text().split('"')[1]
    assert nectar("secrets", "open", new, home=tmp_path, NECTAR_PASSPHRASE="new words").stdout == "v\n"
    assert "NEC-X011" in nectar("secrets", "open", new, home=tmp_path, code=1, NECTAR_PASSPHRASE="old words").stderr
