"""Where the opening key is looked for, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from nectar.config.profile.model import Reference
from nectar.errors import SecretError
from nectar.secrets import keys
from nectar.secrets.keys import opening_key
from nectar.secrets.registry import resolve_secret
from nectar.secrets.sealed import WITH_PASSPHRASE, key_name, new_identity, new_key, seal_value, sealing_key
from nectar.secrets.secret import Secret


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (keys.KEY, keys.KEY_FILE, keys.PASSPHRASE, keys.PASSPHRASE_FILE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def kept(path: Path, text: str) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\n")
    path.chmod(0o600)
    return str(path)


def test_the_first_that_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    texts = [new_key(), new_identity()[0], new_key()]
    names = [key_name(sealing_key(Secret(text), "")) for text in texts]
    (tmp_path / "config/nectar").mkdir(parents=True)
    kept(tmp_path / "config/nectar/key", texts[2])
    assert key_name(opening_key()) == names[2]
    monkeypatch.setenv(keys.PASSPHRASE_FILE, kept(tmp_path / "passphrase", "words of a file"))
    assert opening_key().secret == Secret("words of a file")
    monkeypatch.setenv(keys.PASSPHRASE, "words")
    assert opening_key() == (WITH_PASSPHRASE, Secret("words"), b"")
    monkeypatch.setenv(keys.KEY_FILE, kept(tmp_path / "key", f"# mine\n{texts[1]}"))
    assert key_name(opening_key()) == names[1]
    monkeypatch.setenv(keys.KEY, texts[0])
    assert key_name(opening_key()) == names[0]


@pytest.mark.parametrize("name", [keys.KEY, keys.KEY_FILE, keys.PASSPHRASE, keys.PASSPHRASE_FILE])
def test_none_is_passed_over_that_is_named(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A key that cannot be used is an error, not a reason to look on."""
    (tmp_path / "config/nectar").mkdir(parents=True)
    kept(tmp_path / "config/nectar/key", new_key())
    monkeypatch.setenv(name, "/no/such/file" if name != keys.PASSPHRASE else "\udcff")
    with pytest.raises(SecretError) as caught:
        opening_key()
    assert caught.value.code in ("NEC-X014", "NEC-X001")


def test_a_sealed_value_of_a_profile_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    text = new_key()
    monkeypatch.setenv(keys.KEY, text)
    sealed = seal_value(Secret("v"), "database.password", sealing_key(Secret(text), ""))
    assert resolve_secret(Reference("sealed", sealed, "database.password")).reveal() == "v"


def test_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    with pytest.raises(SecretError) as caught:
        opening_key()
    assert caught.value.code == "NEC-X013"


@pytest.mark.parametrize("mode", [0o640, 0o644, 0o620, 0o602, 0o666])
def test_a_key_that_others_can_touch(mode: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(keys.KEY_FILE, kept(tmp_path / "key", new_key()))
    (tmp_path / "key").chmod(mode)
    with pytest.raises(SecretError) as caught:
        opening_key()
    assert caught.value.code == "NEC-X002"
