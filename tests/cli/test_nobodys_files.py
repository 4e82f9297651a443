"""What stands in a file that a plan or a profile leads to is nowhere in what any command says, in any format: a pull request is
enough to name the file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.inside import Ended, nectar
from tests.conftest import ROOT

SECRETS = ("hunter2Hunter2zq", "Xk93kQv71LmW", "sk4live4Qw8Zr5Tn")
KEY = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRETS[0]}\n{SECRETS[1]}\n-----END OPENSSH PRIVATE KEY-----\n"
CONTENTS = {
    "a private key": KEY,
    "a file of variables": "".join(f"export KEY{at}={one}\n" for at, one in enumerate(SECRETS)),
    "words in quotes": "".join(f'KEY{at} = "{one}"\n' for at, one in enumerate(SECRETS)),
    "TOML of another tool": f'[registry]\n{SECRETS[0]} = "{SECRETS[1]}"\ntoken = "{SECRETS[2]}"\n["{SECRETS[1]}"]\n',
    "JSON": json.dumps({SECRETS[0]: SECRETS[1], "networkMagic": SECRETS[2], "startTime": SECRETS[2]}),
    "one line": SECRETS[0],
    "words of a plan": f'[plan]\nname = "*{SECRETS[0]}"\nnetwork = "{SECRETS[1]}"\ndescription = 1\n[filters]\nwhere = "{SECRETS[2]} > 1"\n'
    f'address_filter = ["{SECRETS[0]}", "{SECRETS[1]}"]\nkeep = "{SECRETS[2]}"\nrows = {{ {SECRETS[0]} = "{SECRETS[1]} ==" }}\n'
    f'[sync]\nstart = "{SECRETS[0]}"\nend = {{ date = "{SECRETS[1]}" }}\n[[views]]\nname = "{SECRETS[0]}"\nfrom = "{SECRETS[1]}"\nwhere = "{SECRETS[2]} {SECRETS[0]}"\n'
    f'[[tests]]\nname = "{SECRETS[0]}"\nslots = ["{SECRETS[1]}"]\nrows = {{ {SECRETS[2]} = 1 }}\n',
    "words of a profile": f'default = "{SECRETS[0]}"\n[databases.x]\nconnection_type = "{SECRETS[0]}"\nhost = "{SECRETS[1]}!"\nuser = ["{SECRETS[2]}"]\nport = "{SECRETS[0]}"\n'
    f'[databases.y]\nconnection_type = "mysql"\nhost = "{SECRETS[1]} x"\nuse_custom_dsn = "{SECRETS[0]}"\ncustom_dsn = "{SECRETS[2]}"\n{SECRETS[1]} = "{SECRETS[0]}"\n'
    f'[limits]\nallowed_hosts = ["{SECRETS[0]}!", "{SECRETS[1]}/99"]\n[tunnel]\nhost = "{SECRETS[2]}?"\n',
    "tasks of Carp": f'[{SECRETS[0]}]\n[MultieraBlockTask]\n{SECRETS[1]} = true\nreadonly = "{SECRETS[2]}"\n',
    "a broken TOML": f'a = 1\na = "{SECRETS[0]}"\n"{SECRETS[1]}" = 1\n"{SECRETS[1]}" = 2\n',
    "TOML that says a table twice": f"[{SECRETS[0]}]\n[{SECRETS[0]}]\n",
    "TOML that says a key within twice": f"a = {{ {SECRETS[0]} = 1, {SECRETS[0]} = 2 }}\n",
    "TOML of included files": f'include = ["{SECRETS[0]}", "~{SECRETS[1]}"]\n',
    "not UTF-8": SECRETS[0] + "\udcff" + SECRETS[1],
}
ON = "[processors]\nblocks = true\ntransactions = true\nmulti_assets = true\nmetadata = true\n"
PREVIEW = '[plan]\nnetwork = "preview"\n'


def pieces() -> Iterator[str]:
    """Of every secret all that stands together and is not likely to stand anywhere else."""
    for secret in SECRETS:
        yield from (secret[at : at + 6].lower() for at in range(len(secret) - 5))
        yield from (secret[at : at + 6].encode().hex() for at in range(len(secret) - 5))


def tell_nothing(ended: Ended, home: Path) -> None:
    assert ended.code != 3, ended.said
    said = ended.said + "".join(path.read_text() for path in home.rglob("*crash*"))
    assert [piece for piece in pieces() if piece in said.lower()] == [], said


def plan_of(**places: str) -> str:
    return "".join(f"{text}\n" for text in places.values()) + ON


PLACES: dict[str, Callable[[Path], str]] = {
    "include": lambda planted: f'include = ["{planted}"]\n{PREVIEW}{ON}',
    "include of an include": lambda planted: (
        f'include = ["{beside(planted, "middle.toml", f"include = [{str(planted)!r}]")}"]\n{PREVIEW}{ON}'
    ),
    "profile": lambda planted: f'[plan]\nnetwork = "preview"\nprofile = "{planted}"\n{ON}',
    **{
        f"list of {field}": lambda planted, field=field: (
            f"{PREVIEW}{ON}[filters]\nwhere = 'any(outputs, {field} in @file(\"{planted}\"))'\n"
        )  # type: ignore[misc]
        for field in ("address", "stake_address", "payment_cred", "value", "datum_hash", "index")
    },
    "list of tx": lambda planted: f"{PREVIEW}{ON}[filters]\nwhere = 'hash in @file(\"{planted}\")'\n",
    "list of epochs": lambda planted: f"{PREVIEW}{ON}[filters]\nwhere = 'block.epoch in @file(\"{planted}\")'\n",
    "list of times": lambda planted: f"{PREVIEW}{ON}[filters]\nwhere = 'block.time in @file(\"{planted}\")'\n",
    "list of kinds": lambda planted: (
        f"{PREVIEW}{ON}certificates = true\n[filters]\nwhere = 'any(certs, kind in @file(\"{planted}\"))'\n"
    ),
    "list of texts": lambda planted: f"{PREVIEW}{ON}[filters]\nwhere = 'any(mints, name_text in @file(\"{planted}\"))'\n",
    "list of texts in rows": lambda planted: f"{PREVIEW}{ON}[filters.rows]\ntx_metadata = 'json in @file(\"{planted}\")'\n",
    "list of texts in a view": lambda planted: (
        f'{PREVIEW}{ON}[[views]]\nname = "v"\nfrom = "tx"\nwhere = \'any(mints, name_text in @file("{planted}"))\'\n'
    ),
    "network's config": lambda planted: f'[plan]\nnetwork = "{network(planted, "config.json")}"\n{ON}',
    **{
        f"network's {era}": lambda planted, era=era: f'[plan]\nnetwork = "{network(planted, f"{era}-genesis.json")}"\n{ON}'  # type: ignore[misc]
        for era in ("byron", "shelley", "alonzo", "conway")
    },
    "source": lambda planted: f'{PREVIEW}[source]\nkind = "immutable"\npath = "{chunks(planted)}"\n{ON}',
    "test": lambda planted: (
        f'{PREVIEW}{ON}[[tests]]\nname = "t"\npath = "{chunks(planted)}"\nslots = [0, 10]\nrows = {{ block = 1 }}\n'
    ),
    "the plan, a link out of the folder": lambda planted: "",
}


def beside(planted: Path, name: str, text: str) -> Path:
    path = planted.parent / name
    path.write_text(text.replace("'", '"'))
    return path


def network(planted: Path, name: str) -> Path:
    """Preview's genesis files, one of them the planted one."""
    import gzip

    folder = planted.parent / "genesis"
    folder.mkdir(exist_ok=True)
    for file in (ROOT / "nectar/genesis/networks/preview").iterdir():
        (folder / file.name.removesuffix(".gz")).write_bytes(gzip.decompress(file.read_bytes()))
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(planted)
    return folder


def chunks(planted: Path) -> Path:
    folder = planted.parent / "immutable"
    folder.mkdir(exist_ok=True)
    for end in ("chunk", "primary", "secondary"):
        (folder / f"00000.{end}").unlink(missing_ok=True)
        (folder / f"00000.{end}").symlink_to(planted)
    return folder


COMMANDS = (
    *(("plan", "validate", "--format", form, "PLAN") for form in ("text", "json", "sarif", "github")),
    ("plan", "compile", "PLAN"),
    ("plan", "compile", "--emit-sql", "PLAN"),
    ("plan", "compile", "--emit-sql", "--dialect", "mysql", "PLAN"),
    ("plan", "explain", "PLAN"),
    ("plan", "explain", "--format", "json", "PLAN"),
    ("plan", "test", "PLAN"),
    ("plan", "import", "PLAN"),
    ("run", "PLAN", "--once", "--workers", "1", "--dry-run", "--db", "x.db"),
    ("sync", "--execution-plan", "PLAN", "--once", "--workers", "1", "--dry-run", "--db", "x.db"),
    ("db", "schema", "PLAN"),
    ("db", "init", "PLAN", "--db", "y.db"),
)


@pytest.mark.parametrize("place", PLACES)
def test_of_no_file_that_a_plan_names(place: str, tmp_path: Path) -> None:
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir()
    away.mkdir()
    planted, plan = away / "planted.toml", home / "plan.toml"
    for name, text in CONTENTS.items():
        planted.write_bytes(text.encode(errors="surrogateescape"))
        if "link" in place:
            plan.unlink(missing_ok=True)
            plan.symlink_to(planted)
        else:
            plan.write_text(PLACES[place](planted))
        for command in COMMANDS:
            quick = name in ("a private key", "words in quotes", "one line") or command[:2] == ("plan", "validate")
            if quick:
                tell_nothing(nectar(*("plan.toml" if word == "PLAN" else word for word in command), home=home), home)


OF_A_PROFILE = (
    'ssl_ca_path = "PLANTED"',
    'ssl_cert_path = "PLANTED"\nssl_key_path = "PLANTED"',
    'password = { file = "PLANTED" }',
    'password = { kubernetes = "PLANTED" }',
    'password = { command = "cat PLANTED PLANTED" }',
    "password = { command = \"sh -c 'cat PLANTED >&2; exit 1'\" }",
    'password = { sealed = "nectar:v1:AAAA" }',
    '[tunnel]\nhost = "127.0.0.1"\nport = 1\nuser = "u"\nkey_path = "PLANTED"\nknown_hosts_path = "PLANTED"',
    '[tunnel]\nhost = "127.0.0.1"\nport = 1\nuser = "u"\npassword = { file = "PLANTED" }\nknown_hosts_path = "PLANTED"',
)


@pytest.mark.parametrize("line", OF_A_PROFILE)
def test_of_no_file_that_a_profile_names(line: str, tmp_path: Path) -> None:
    home, away = tmp_path / "home", tmp_path / "away"
    home.mkdir()
    away.mkdir()
    planted = away / "planted"
    (home / "plan.toml").write_text(f'[plan]\nnetwork = "preview"\nprofile = "profile.toml"\n{ON}')
    (home / "profile.toml").write_text(
        f'[database]\nconnection_type = "mysql"\nhost = "127.0.0.1"\nport = 1\nuser = "u"\ndatabase = "n"\n{line.replace("PLANTED", str(planted))}\n'
        "[retry]\nfirst_seconds = 0.05\npatience_seconds = 1\n"
    )
    for name in ("a private key", "words in quotes", "one line", "words of a profile"):
        planted.write_text(CONTENTS[name])
        planted.chmod(0o600)
        variables = {"NECTAR_KEY_FILE": str(planted)}
        for form in ("text", "json", "sarif", "github"):
            tell_nothing(nectar("plan", "validate", "plan.toml", "--format", form, home=home, **variables), home)
        for command in (
            ("db", "check", "--profile", "profile.toml"),
            ("db", "check", "--profile", "profile.toml", "--format", "json"),
            ("status", "--profile", "profile.toml"),
        ):
            tell_nothing(nectar(*command, home=home, **variables), home)


@pytest.mark.parametrize(
    "command",
    [
        ("db", "check"),
        ("db", "check", "--format", "json"),
        ("status",),
        ("db", "init"),
        ("run", "plan.toml", "--dry-run", "--once"),
    ],
)
def test_of_no_profile_that_is_none(command: tuple[str, ...], tmp_path: Path) -> None:
    planted = tmp_path / "planted.toml"
    (tmp_path / "plan.toml").write_text(PREVIEW + ON)
    for text in CONTENTS.values():
        planted.write_bytes(text.encode(errors="surrogateescape"))
        tell_nothing(nectar(*command, "--profile", "planted.toml", home=tmp_path), tmp_path)
        tell_nothing(nectar(*command, home=tmp_path, NECTAR_PROFILE=str(planted)), tmp_path)


@pytest.mark.parametrize(
    "command",
    [
        ("secrets", "rotate", "planted", "--key-file", "planted"),
        ("secrets", "seal", "--key-file", "planted"),
        ("secrets", "open", "nectar:v1:AAAA"),
        ("plan", "import", "planted"),
        ("plan", "import", "planted", "--format", "json"),
    ],
)
def test_of_no_key_and_no_plan_of_carps(command: tuple[str, ...], tmp_path: Path) -> None:
    planted = tmp_path / "planted"
    for text in CONTENTS.values():
        planted.write_bytes(text.encode(errors="surrogateescape"))
        planted.chmod(0o600)
        tell_nothing(nectar(*command, home=tmp_path, NECTAR_KEY_FILE="planted"), tmp_path)


def test_the_search_finds_one(tmp_path: Path) -> None:
    for said in (f"x {SECRETS[0][2:9]} y", SECRETS[2].encode().hex(), SECRETS[1].upper()):
        with pytest.raises(AssertionError):
            tell_nothing(Ended(1, said, ""), tmp_path)
    with pytest.raises(AssertionError):
        tell_nothing(Ended(3, "", ""), tmp_path)
