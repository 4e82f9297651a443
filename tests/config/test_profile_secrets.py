"""Any profile is databases or a PlanError; a password planted in it is nowhere in what is said about it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nectar.cli.complaint_formats import Checked, complaints_github, complaints_json, complaints_sarif
from nectar.cli.complaint_text import complaints_text
from nectar.config import codes
from nectar.config.profile.load import parse_profile
from nectar.config.profile.model import Server
from nectar.errors import PlanError
from tests.cache import BYTECODE
from tests.config.profiles import GATEWAY, by_dsn, server, table
from tests.conftest import ROOT

PLANTED = "hunter2Hunter2"

PLACES = [
    table("mysql", f'password = "{PLANTED}"'),
    table("mysql", f'passwrod = "{PLANTED}"'),
    table("mysql", f'pasword = {{ env = "{PLANTED}" }}'),
    table("mysql", f'password = """\n{PLANTED}"""'),
    table("mysql", f"password = {PLANTED}"),
    table("mysql", f'password = {{ clear = "{PLANTED}" }}'),
    table("mysql", f'password = {{ sealed = "{PLANTED}" }}'),
    table("mysql", f'password = ["{PLANTED}"]'),
    table("mysql", f'ssl_mode = "NO" # the password is {PLANTED}'),
    table("mysql", f'[tunnel]\nhost = "j"\nuser = "u"\npassword = "{PLANTED}"'),
    table("mysql", host=f"root:{PLANTED}@h"),
    table("mysql", host=f"root:{PLANTED}@tcp(h:1)/d"),
    table("mysql", host=f"root:{PLANTED}/d"),
    f'database = {{ connection_type = "mysql", pass = "{PLANTED}" }}',
    f'[database]\nconnection_type = "mysql://u:{PLANTED}@h/d"\n',
    f'default = "mysql://u:{PLANTED}@h/d"\n',
    f'[database]\n"mysql://u:{PLANTED}@h/d" = 1\n',
    *(
        by_dsn(dsn.replace("PW", PLANTED))
        for dsn in (
            "mysql://u:PW@h/n",
            "mysql://u:PW/x@h/n",
            "mysql://u:1234?PW=@h/n",
            "mysql://u:1234#PW@h/n",
            "mysql://u@h/n?password=PW",
            "mysql://u@h/n?PW=1",
            "mysql://:PW@h/n",
            "mysql://u:PW@h:bad/n",
            "jdbc:mysql://u:PW@h/n",
            "u:PW@tcp(h:3306)/n",
            "u:x@PW@tcp(h)/n",
            "u:1/PW@tcp(h)/n",
            "u:PW@h/n",
            "u@tcp(h)/n?PW=1",
            "u@tcp(h)/n?tls=PW",
            "mysql -uu -hh -pPW n",
            "mysql -uu -hh -p PW",
            "mysql -uu -hh --password=PW n",
            "mysql -uu -hh --password PW n",
            "mysql -uu -hh --pasword=PW n",
            "MYSQL_PWD=PW mysql -uu -hh n",
            "mysql -uu -hh -p'PW n",
            "sqlcmd -P PW",
            "host=h user=u password=PW",
        )
    ),
]


def everything_said(error: PlanError, file: Path) -> str:
    checked = [Checked(str(file), error.complaints)]
    text = complaints_text(error.complaints, False) + complaints_text(error.complaints, True)
    return "\n".join(
        (
            str(error),
            repr(error),
            repr(error.complaints),
            text,
            complaints_json(checked),
            complaints_sarif(checked),
            complaints_github(checked),
        )
    )


@pytest.mark.parametrize("text", PLACES)
def test_a_planted_password_is_refused_and_never_said(text: str, tmp_path: Path) -> None:
    file = tmp_path / "profile.toml"
    file.write_text(text)
    with pytest.raises(PlanError) as caught:
        parse_profile(text, file)
    said = everything_said(caught.value, file)
    assert PLANTED not in said
    assert PLANTED[4:] not in said


@settings(max_examples=400, deadline=None, derandomize=True)
@given(data=st.data())
def test_nor_is_it_when_the_rest_is_garbled(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    text = data.draw(st.sampled_from(PLACES[:6] + PLACES[17:]))
    here = text.index(PLANTED)
    at = data.draw(st.integers(0, here) | st.integers(here + len(PLANTED), len(text)))
    cut = data.draw(st.integers(0, 12))
    changed = text[:at] + data.draw(st.text(max_size=4)) + (text[min(at + cut, here) :] if at <= here else text[at + cut :])
    file = tmp_path_factory.mktemp("garbled") / "profile.toml"
    file.write_text(changed)
    try:
        parse_profile(changed, file)
    except PlanError as error:
        assert PLANTED not in everything_said(error, file)


def test_validate_says_it_neither(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text('[plan]\nprofile = "profile.toml"\n[processors]\nblocks = true\n')
    (tmp_path / "profile.toml").write_text(PLACES[1])
    command = [sys.executable, "-m", "nectar", "plan", "validate", "plan.toml"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(BYTECODE)}, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert codes.UNKNOWN_KEY in done.stdout
    assert PLANTED not in done.stdout + done.stderr


@pytest.mark.parametrize("key", ["NECTAR_DB_CUSTOM_DSN", "NECTAR_DB_HOST", "NECTAR_DB_PORT", "NECTAR_DB_CONNECTION_TYPE"])
def test_neither_is_one_of_the_environment(key: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse_profile(
            table("mysql"), Path("/p/x.toml"), None, {key: f"mysql://u:{PLANTED}@h/n", "NECTAR_DB_USE_CUSTOM_DSN": "true"}
        )
    assert PLANTED not in everything_said(caught.value, Path("/p/x.toml"))


LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
HOSTS = st.lists(LABEL, min_size=1, max_size=4).map(".".join).filter(
    lambda host: not host.replace(".", "").isdecimal()
) | st.ip_addresses().map(str)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
MODES = st.sampled_from(["REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"])


@settings(max_examples=300, deadline=None)
@given(host=HOSTS, port=st.integers(1, 65535), user=NAMES, database=NAMES, mode=MODES)
def test_a_url_made_of_a_server_gives_it_back(host: str, port: int, user: str, database: str, mode: str) -> None:
    place = f"[{host}]" if ":" in host else host
    url = f"mysql://{quote(user, safe='')}@{place}:{port}/{quote(database, safe='')}?ssl-mode={mode}"
    got = server(by_dsn(url, "tidb-cluster"))
    assert (got.host, got.port, got.user, got.database, got.tls.mode.value) == (host, port, user, database, mode)
    assert got == server(by_dsn(f"mysql+pymysql{url[5:]}", "tidb-cluster"))


GOOD = [
    table(
        "tidb-serverless", 'password = { env = "X" }\n[pool]\nsize = 3\n[limits]\nallowed_hosts = ["*"]', host=GATEWAY, user="a.b"
    ),
    by_dsn("mysql://u@h/n?ssl-mode=REQUIRED&connect_timeout=3"),
    by_dsn("u@tcp(h:4000)/n?tls=true&timeout=3s&charset=utf8mb4", "tidb-cluster"),
    by_dsn("mysql --comments -uu -h h -P 4000 -D n --ssl-mode=VERIFY_CA -p"),
    'default = "a"\n' + table("mysql", header="[databases.a]") + '[databases.b]\npath = "x.db"\n[retry]\nfirst_seconds = 0.5\n',
]


@settings(max_examples=500, deadline=None)
@given(data=st.data())
def test_any_changed_profile_is_databases_or_a_plan_error(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(GOOD))
    at, cut = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 30))
    changed = text[:at] + data.draw(st.text(max_size=12)) + text[at + cut :]
    environment = data.draw(
        st.dictionaries(st.sampled_from(["NECTAR_DB_PORT", "NECTAR_DB_PASSWORD", "NECTAR_DATABASE"]), st.text(max_size=4))
    )
    try:
        parse_profile(changed, Path("/p/profile.toml"), None, environment)
    except PlanError as error:
        assert all(one.code in codes.MEANINGS for one in error.complaints)


@settings(max_examples=300, deadline=None)
@given(dsn=st.text(st.sampled_from("mysql:/@tcp()?&=-pPuh%[]'1.a "), max_size=60))
def test_any_connection_text_is_a_server_or_a_plan_error(dsn: str) -> None:
    try:
        assert isinstance(parse_profile(by_dsn(dsn.replace("'", '"')), Path("/p/profile.toml")), Server)
    except PlanError as error:
        assert all(one.code in codes.MEANINGS for one in error.complaints)
