"""Every file that is read whole is a regular one, and is read up to a stated size; the rest is refused at once, wherever it is
named. Nothing here waits: a pipe nobody writes into would do so for ever."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nectar import reading
from nectar.compiler.load import read_plan
from nectar.config.profile.model import Reference
from nectar.errors import PlanError, SecretError
from nectar.secrets.registry import resolve_secret
from tests.cli.inside import nectar, not_for_ever
from tests.conftest import ROOT

ON = '[plan]\nnetwork = "preview"\n[processors]\nblocks = true\ntransactions = true\n'
SERVER = '[database]\nconnection_type = "mysql"\nhost = "127.0.0.1"\nport = 1\nuser = "u"\ndatabase = "n"\n'


@pytest.fixture(autouse=True)
def _never_waits() -> Iterator[None]:
    with not_for_ever():
        yield


def pipe(path: Path) -> Path:
    os.mkfifo(path, 0o600)
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def device(path: Path) -> Path:
    path.symlink_to("/dev/zero")
    return path


def listener(path: Path) -> Path:
    made = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's path has few characters
    made.bind(path.name)
    os.chdir(here)
    made.close()
    return path


def loop(path: Path) -> Path:
    path.symlink_to(path)
    return path


KINDS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "pipe": (pipe, "it is a pipe"),
    "folder": (folder, "it is a folder"),
    "device": (device, "it is a device"),
    "socket": (listener, "it is a socket"),
    "loop": (loop, "symbolic links"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_only_regular_files_are_read(kind: str, tmp_path: Path) -> None:
    make, why = KINDS[kind]
    path = make(tmp_path / "odd")
    with pytest.raises(OSError, match=why):
        reading.read_file(path, 100)
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(OSError, match=why):
        reading.read_file(tmp_path / "link", 100)


def test_a_link_to_a_file_is_as_good(tmp_path: Path) -> None:
    """As Kubernetes mounts what it gives: through a link to a folder with a date."""
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026/x").write_bytes(b"abc")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "x").symlink_to("..data/x")
    assert reading.read_file(tmp_path / "x", 3) == b"abc"


@pytest.mark.parametrize("name", ["a\0b", "a\udc80\ud800b"])
def test_names_that_no_file_can_have(name: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"name|No such file"):
        reading.read_file(tmp_path / name, 3)


def test_it_ends_at_the_limit_whatever_the_size_was_said_to_be(tmp_path: Path) -> None:
    """A file without blocks, and one that says that it is empty and is not."""
    huge = tmp_path / "huge"
    huge.touch()
    os.truncate(huge, 1 << 40)
    with pytest.raises(OSError, match="more than 1,000 bytes"):
        reading.read_file(huge, 1_000)
    if sys.platform == "linux":
        assert os.stat("/proc/self/status").st_size == 0
        with pytest.raises(OSError, match="more than 10 bytes"):
            reading.read_file(Path("/proc/self/status"), 10)
    huge.write_bytes(b"x" * 1_000)
    os.truncate(huge, 1_000)
    assert reading.read_file(huge, 1_000) == b"x" * 1_000
    with pytest.raises(OSError, match="more than 999 bytes"):
        reading.read_file(huge, 999)


def chunks(path: Path) -> str:
    (path.parent / "immutable").mkdir()
    for end in ("chunk", "primary", "secondary"):
        (path.parent / f"immutable/00000.{end}").symlink_to(path)
    return "immutable"


def genesis(path: Path) -> str:
    (path.parent / "genesis").mkdir()
    for era in ("byron", "shelley", "alonzo", "conway"):
        (path.parent / f"genesis/{era}-genesis.json").symlink_to(path)
    return "./genesis"


# where a file can be named -> what is run, and what stands in the plan and the profile
PLACES: dict[str, tuple[tuple[str, ...], Callable[[Path], str], Callable[[Path], str]]] = {
    "plan": (("plan", "validate", "odd"), lambda _: "", lambda _: ""),
    "plan of a run": (("run", "odd", "--dry-run"), lambda _: "", lambda _: ""),
    "plan of sync": (("sync", "--execution-plan", "odd"), lambda _: "", lambda _: ""),
    "Carp": (("plan", "import", "odd"), lambda _: "", lambda _: ""),
    "include": (("plan", "validate", "plan.toml"), lambda _: 'include = ["odd"]\n' + ON, lambda _: ""),
    "profile of the plan": (
        ("plan", "validate", "plan.toml"),
        lambda _: ON.replace("[plan]", '[plan]\nprofile = "odd"'),
        lambda _: "",
    ),
    "profile": (("db", "check", "--profile", "odd"), lambda _: "", lambda _: ""),
    "list": (("plan", "explain", "plan.toml"), lambda _: ON + "[filters]\nwhere = 'hash in @file(\"odd\")'\n", lambda _: ""),
    "genesis": (("plan", "compile", "plan.toml"), lambda path: ON.replace("preview", genesis(path)), lambda _: ""),
    "test": (
        ("plan", "test", "plan.toml"),
        lambda path: f'{ON}[[tests]]\nname = "t"\npath = "{chunks(path)}"\nslots = [0, 9]\nrows = {{ block = 1 }}\n',
        lambda _: "",
    ),
    "sample": (
        ("plan", "explain", "plan.toml", "--sample", "immutable"),
        lambda path: ON[: len(chunks(path)) * 0] + ON,
        lambda _: "",
    ),
    "source": (
        ("run", "plan.toml", "--source", "immutable", "--workers", "1"),
        lambda path: ON[: len(chunks(path)) * 0] + ON,
        lambda _: "",
    ),
    "authorities": (
        ("db", "check", "--profile", "profile.toml"),
        lambda _: "",
        lambda _: SERVER + 'ssl_ca_path = "odd"\nssl_mode = "VERIFY_CA"\n',
    ),
    "certificate": (
        ("db", "check", "--profile", "profile.toml"),
        lambda _: "",
        lambda _: SERVER + 'ssl_cert_path = "odd"\nssl_key_path = "odd"\nssl_mode = "REQUIRED"\n',
    ),
    "SSH key": (
        ("db", "check", "--profile", "profile.toml"),
        lambda _: "",
        lambda _: SERVER + '[tunnel]\nhost = "h"\nuser = "u"\nkey_path = "odd"\n',
    ),
    "secret": (("db", "check", "--profile", "profile.toml"), lambda _: "", lambda _: SERVER + 'password = { file = "odd" }\n'),
    "mounted secret": (
        ("db", "check", "--profile", "profile.toml"),
        lambda _: "",
        lambda _: SERVER + 'password = { kubernetes = "odd" }\n',
    ),
    "key": (("secrets", "seal", "--key-file", "odd"), lambda _: "", lambda _: ""),
    "profile to rotate": (("secrets", "rotate", "odd", "--key-file", "key"), lambda _: "", lambda _: ""),
    "script": (
        ("node", "serve", str(ROOT / "tests/data/preview"), "--network", "preview", "--socket", "s", "--script", "odd"),
        lambda _: "",
        lambda _: "",
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "socket"])
def test_wherever_a_file_is_named(place: str, kind: str, tmp_path: Path) -> None:
    """An error of ours that says what it is; no waiting, no bug."""
    command, plan, profile = PLACES[place]
    make, why = KINDS[kind]
    odd = make(tmp_path / "odd")
    (tmp_path / "plan.toml").write_text(plan(odd))
    (tmp_path / "profile.toml").write_text(profile(odd))
    nectar("secrets", "keygen", "--out", "key", "--symmetric", home=tmp_path)
    ended = nectar(*command, home=tmp_path, NECTAR_KEY_FILE="key", NECTAR_PASSPHRASE_FILE="odd")
    assert ended.code in (1, 2), ended.said
    assert "NEC-" in ended.said, ended.said
    assert why in ended.said, ended.said


@pytest.mark.parametrize(
    ("place", "most"),
    [
        ("plan", reading.TOML),
        ("Carp", reading.TOML),
        ("include", reading.TOML),
        ("profile", reading.TOML),
        ("list", reading.LIST),
        ("genesis", reading.GENESIS),
        ("test", reading.CHUNK),
        ("authorities", reading.CERTIFICATES),
        ("SSH key", reading.CERTIFICATES),
        ("secret", reading.SECRET),
        ("mounted secret", reading.SECRET),
        ("key", reading.SECRET),
    ],
)
def test_of_every_kind_at_most_what_is_stated(place: str, most: int, tmp_path: Path) -> None:
    """A sparse file: nothing is written, and nothing beyond the limit is read."""
    command, plan, profile = PLACES[place]
    odd = tmp_path / "odd"
    odd.touch(0o600)
    os.truncate(odd, most + 1)
    (tmp_path / "plan.toml").write_text(plan(odd))
    (tmp_path / "profile.toml").write_text(profile(odd))
    ended = nectar(*command, home=tmp_path)
    assert ended.code in (1, 2), ended.said
    assert f"more than {most:,} bytes" in ended.said


def test_a_command_may_print_no_more_than_a_secret_has() -> None:
    for text in ("head -c 65537 /dev/zero", "cat /dev/zero", "yes"):
        with pytest.raises(SecretError, match="more than 65,536 bytes"):
            resolve_secret(Reference("command", text, "database.password"))
    assert (
        resolve_secret(Reference("command", "sh -c 'head -c 65536 /dev/zero | tr \\\\0 x'", "database.password")).reveal()
        == "x" * 65_536
    )


def test_of_a_list_with_many_wrong_lines_some_are_told_and_the_others_counted(tmp_path: Path) -> None:
    certificates = ON + "certificates = true\n"
    for where, lines in (
        ('hash in @file("list.txt")', 100_000),
        ('any(certs, kind in @file("list.txt"))', 100_000),
        ('any(outputs, address in @file("list.txt"))', 100_000),
    ):
        (tmp_path / "list.txt").write_text("".join(f"wrong{at}\n" for at in range(lines)))
        (tmp_path / "plan.toml").write_text(f"{certificates}[filters]\nwhere = '{where}'\n")
        with pytest.raises(PlanError) as caught:
            read_plan(tmp_path / "plan.toml")
        told = caught.value.complaints
        assert [one.line for one in told if one.file.endswith("list.txt")] == list(range(1, 21))
        (rest,) = [one for one in told if one.file.endswith("plan.toml")]
        assert rest.what == "99,980 more lines of list.txt are wrong"
