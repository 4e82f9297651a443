"""Every kind of complaint about a plan or a profile, word for word as the command line shows it: one golden file of each.

Meant changes: NECTAR_UPDATE_GOLDEN=1 pytest tests/config/test_whole_messages.py, and read the difference.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from nectar.cli.complaint_text import complaints_text
from nectar.config import codes
from nectar.config.plan.load import load_plan, parse_plan
from nectar.config.profile.load import parse_profile
from nectar.errors import PlanError
from tests.config.profiles import by_dsn, table
from tests.config.test_complaints import ON, SLIPS

GOLDEN = Path(__file__).parent / "golden"
UPDATE = bool(os.environ.get("NECTAR_UPDATE_GOLDEN"))

TX = "[processors]\ntransactions = true\n"
VIEW = "[[views]]\nname = 'v'\nfrom = 'tx'\nwhere = 'fee > 1 ada'\n"
HASH = "ab" * 32

PLANS: dict[str, str] = {
    **{f"slip {at}": slip[0] for at, slip in enumerate(SLIPS)},
    "an empty plan": "",
    "not TOML: a text without quotes": "[plan]\nname = mine\n",
    "not TOML: a key twice": "[plan]\nname = 'a'\nname = 'b'\n",
    "a key that belongs elsewhere": ON + "[plan]\nindexes = 'all'\n",
    "a key that belongs to no table": ON + "[plan]\nviews = []\n",
    "a key near no other": ON + "zzz = 1\n",
    "a dash for an underscore": ON + "multi-assets = true\n",
    "a profile's table": ON + "[plan]\ndatabase = 'x'\n",
    "a profile for a plan": '[database]\nconnection_type = "mysql"\n',
    "a key that looks like a connection text": ON + "'mysql://u:pw@h/db' = 1\n",
    "a value that looks like a connection text": ON + "[plan]\nname = 'mysql://u:pw@h/db'\n",
    "type: text for a table": "plan = 'x'\n" + ON,
    "type: table for a text": ON + "[plan]\nname = {}\n",
    "type: date for a text": ON + "[plan]\ndescription = 2021-09-12\n",
    "type: a number in quotes": ON + "[performance]\nworkers = '4'\n",
    "type: a fraction": ON + "[performance]\nworkers = 4.0\n",
    "type: not a number": ON + "[performance]\nworkers = nan\n",
    "type: true in quotes": "[processors]\nblocks = 'true'\n",
    "type: options where there are none": "[processors]\nscripts = { all = true }\n",
    "type: a processor's number": "[processors]\nblocks = 1\n",
    "type: a text for a list": TX + "[filters]\nskip_tx_types = 'mint'\n",
    "type: a number for a list": "[processors]\nmetadata = { labels = 721 }\n",
    "type: a list for a start": ON + "[sync]\nstart = []\n",
    "type: a date for a start": ON + "[sync]\nstart = 2021-09-12\n",
    "type: a number for an entry": TX + "[filters]\naddress_filter = [5]\n",
    "unknown option of a processor": "[processors]\nblocks = { evry = true }\n",
    "unknown form of start": ON + "[sync]\nstart = { epoc = 5 }\n",
    "missing kind": ON + "[source]\npath = 'x'\n",
    "missing path": ON + "[source]\nkind = 'immutable'\n",
    "missing socket": ON + "[source]\nkind = 'node'\npath = 'x'\n",
    "missing: a view's keys": ON + "[[views]]\n",
    "missing: a test's keys": ON + "[[tests]]\n",
    "missing: the other half of a point": ON + "[sync]\nstart = { slot = 5 }\nend = { hash = '" + HASH + "' }\n",
    "range: a slot": ON + "[sync]\nstart_slot = -1\nend_slot = 4_294_967_296\n",
    "range: a label": "[processors]\nmetadata = { labels = [-1] }\n",
    "range: a long description": ON + "[plan]\ndescription = '" + "x" * 1001 + "'\n",
    "range: too few slots": ON + "[[tests]]\nname = 't'\nslots = [1]\nrows = { block = 1 }\n",
    "range: too many slots": ON + "[[tests]]\nname = 't'\nslots = [1, 2, 3]\nrows = { block = 1 }\n",
    "range: slots in the wrong order": ON + "[[tests]]\nname = 't'\nslots = [2, 1]\nrows = { block = 1 }\n",
    "range: rows of a test": ON + "[[tests]]\nname = 't'\nslots = [1, 2]\nrows = { block = -1 }\n",
    "enum: on_unknown": TX + "[filters]\non_unknown = 'dropp'\n",
    "enum: resolve_inputs": "[processors]\ntransactions = { resolve_inputs = 'never' }\n",
    "enum: on_decode_error": ON + "[sync]\non_decode_error = 'quarantin'\n",
    "one of: two forms of start": ON + "[sync]\nstart = { epoch = 5, date = 2021-09-12 }\n",
    "one of: no form of end": ON + "[sync]\nend = {}\n",
    "pattern: a plan's name": ON + "[plan]\nname = '*'\n",
    "pattern: a network near one": ON + "[plan]\nnetwork = 'mainet'\n",
    "pattern: a network that is known": ON + "[plan]\nnetwork = 'sanchonet'\n",
    "pattern: a network far from any": ON + "[plan]\nnetwork = 'xyzzy'\n",
    "pattern: a path with NUL": ON + '[plan]\nprofile = "a\\u0000b"\n',
    "pattern: an end": ON + "[sync]\nend = 'conwy'\n",
    "pattern: a checkpoint": ON + "[sync]\nstart = { checkpoint = 'xy' }\n",
    "pattern: a hash": ON + "[sync]\nstart = { slot = 5, hash = 'xy' }\n",
    "pattern: a view's name": ON + VIEW.replace("'v'", "'V-1'"),
    "empty: labels": "[processors]\nmetadata = { labels = [] }\n",
    "empty: a view's expression": ON + VIEW.replace("fee > 1 ada", ""),
    "empty: filters.where": TX + "[filters]\nwhere = ''\n",
    "empty: filters.rows": TX + "[filters]\nrows = {}\n",
    "empty: a test's rows": ON + "[[tests]]\nname = 't'\nslots = [1, 2]\nrows = {}\n",
    "empty: views": "views = []\n" + ON,
    "repeated: types of transactions": TX + "[filters]\nskip_tx_types = ['mint', 'burn', 'mint']\n",
    "repeated: a pool in two spellings": TX + f"[filters]\npool_filter = ['{'ab' * 28}', '{'AB' * 28}']\n",
    "repeated: a view's name": ON + VIEW + VIEW,
    "refused: a checkpoint as end": ON + f"[sync]\nend = {{ checkpoint = '{HASH}' }}\n",
    "date: not in the calendar": ON + "[sync]\nstart = { date = '2021-02-30' }\n",
    "date: too late": ON + "[sync]\nstart = { date = 9999-12-31 }\n",
    "date: written otherwise": ON + "[sync]\nstart = { date = '12.9.2021' }\n",
    "date: a time": ON + "[sync]\nstart = { date = 21:44:51 }\n",
    "useless: socket for chunk files": ON + "[source]\nkind = 'immutable'\npath = 'x'\nsocket = 'y'\n",
    "useless: a filter without transactions": ON + "[filters]\nmin_transaction_value = 5\n",
    "useless: every without a filter": "[processors]\nblocks = { every = true }\n",
    "useless: epoch_param of chunk files": "[source]\nkind = 'immutable'\npath = 'x'\n[processors]\nblocks = { epoch_param = true }\n",
    "start after end: epochs": ON + "[sync]\nstart = { epoch = 9 }\nend = { epoch = 5 }\n",
    "start after end: eras": ON + "[sync]\nstart = 'conway'\nend = 'byron'\n",
    "a path that begins with ~": ON + "[plan]\nprofile = '~/p.toml'\n",
    "an address: a placeholder": TX + "[filters]\naddress_filter = ['addr1abc...']\n",
    "an address: a pattern without its dot": TX + "[filters]\naddress_filter = ['addr1*']\n",
    "an address: no beginning": TX + "[filters]\naddress_filter = ['xyz.*', '.*', 'stak.*']\n",
    "an address: a pool": TX + "[filters]\naddress_filter = ['pool1abc']\n",
    "an address: a beginning alone": TX + "[filters]\naddress_filter = ['addr1']\n",
    "an address: another network's": TX + "[filters]\naddress_filter = ['addr_test1.*']\n",
    "a pool: a pattern": TX + "[filters]\npool_filter = ['pool1*']\n",
    "a pool: an address": TX + "[filters]\npool_filter = ['addr1qqqq']\n",
    "several at once": "[plan]\nnam = 'x'\n[sync]\nskip_existing = 1\nstart_slot = -4\n[processors]\nblocks = 3\n[storage]\nindexes = 'x'\n",
}

INCLUDES: dict[str, dict[str, str]] = {
    "not there": {"plan": "include = ['none.toml']\n"},
    "not TOML": {"plan": "include = ['a.toml']\n", "a": "[plan\n"},
    "in a circle": {"plan": "include = ['a.toml']\n", "a": "include = ['plan.toml']\n"},
    "with ~": {"plan": "include = ['~/a.toml']\n" + ON},
    "an empty list": {"plan": "include = []\n" + ON},
    "twice": {"plan": "include = ['a.toml', 'a.toml']\n", "a": ON},
    "a text": {"plan": "include = 'a.toml'\n", "a": ON},
    "a wrong value in it": {"plan": "include = ['a.toml']\n" + ON, "a": "[storage]\nindexes = 'x'\n[plan]\nnam = 'secret'\n"},
    "a wrong include in it": {"plan": "include = ['a.toml']\n" + ON, "a": "include = 5\n"},
    "nothing switched on": {"plan": "include = ['a.toml']\n", "a": "[plan]\nname = 'a'\n"},
}

SERVER = table("mysql")
GATEWAY = "gateway01.us-west-2.prod.aws.tidbcloud.com"

PROFILES: dict[str, str] = {
    "not TOML": "[database]\npassword = hunter2\n",
    "a clear password": SERVER + "password = 'hunter2hunter2'\n",
    "a clear password of a tunnel": SERVER + "[tunnel]\nhost = 'j'\nuser = 'u'\npassword = 'hunter2hunter2'\n",
    "a password's form: none": SERVER + "password = {}\n",
    "a password's form: two": SERVER + "password = { env = 'X', file = 'y' }\n",
    "a password's form: unknown": SERVER + "password = { envv = 'X' }\n",
    "a password's form: a number": SERVER + "password = 5\n",
    "a password's form: an empty text": SERVER + "password = { env = '' }\n",
    "a password's form: a control character": SERVER + 'password = { env = "a\\nb" }\n',
    "a password's form: not sealed": SERVER + "password = { sealed = 'hunter2' }\n",
    "a password's file with ~": SERVER + "password = { file = '~/pw' }\n",
    "unknown: a key": SERVER + "prot = 3306\n",
    "unknown: a url": SERVER + "url = 'mysql://u:hunter2@h/db'\n",
    "unknown: a section's key above": SERVER + "size = 4\n",
    "unknown: a table": SERVER + "[pol]\nsize = 4\n",
    "unknown: a key of the file": "host = 'h'\n",
    "type: a port in quotes": SERVER + "port = '3306'\n",
    "type: a section": SERVER + "[database.pool]\nsize = true\n",
    "type: infinite seconds": SERVER + "[retry]\nfirst_seconds = inf\n",
    "type: hosts": SERVER + "[limits]\nallowed_hosts = 'h'\n",
    "type: a flag": SERVER + "allow_insecure = 'true'\n",
    "range: a port": SERVER + "port = 0\n",
    "range: seconds": SERVER + "[retry]\nfirst_seconds = 0.01\n",
    "range: connections": SERVER + "[pool]\nsize = 65\n",
    "range: a database's name": SERVER.replace('"n"', f'"{"n" * 65}"'),
    "range: recycling of a service": table("tidb-serverless", "[pool]\nrecycle_seconds = 400\n", user="a.b"),
    "range: a transaction of TiDB": table("tidb-cluster", "[limits]\nbatch_bytes = 1_000_000_000\n"),
    "enum: connection_type": SERVER.replace("mysql", "mysq"),
    "enum: ssl_mode": SERVER + "ssl_mode = 'verify'\n",
    "pattern: a user": SERVER.replace('"u"', '"a\\nb"'),
    "pattern: a path": SERVER + 'ssl_ca_path = "a\\u0000"\n',
    "empty: a host": SERVER.replace("db.example.com", ""),
    "empty: hosts": SERVER + "[limits]\nallowed_hosts = []\n",
    "repeated: hosts": SERVER + "[limits]\nallowed_hosts = ['*.example.com', '*.example.com']\n",
    "missing: host, user, database": "[database]\nconnection_type = 'mysql'\n",
    "missing: connection_type": "[database]\nhost = 'h'\n",
    "missing: a tunnel's keys": SERVER + "[tunnel]\n",
    "missing: the key of a certificate": SERVER + "ssl_cert_path = 'c.pem'\n",
    "useless: a host for SQLite": "[database]\nconnection_type = 'sqlite'\nhost = 'h'\n",
    "useless: a path for a server": SERVER + "path = 'x.db'\n",
    "useless: a section for SQLite": "[pool]\nsize = 4\n",
    "useless: a certificate that is not sent": SERVER + "ssl_mode = 'DISABLED'\nallow_insecure = true\nssl_ca_path = 'c'\n",
    "useless: allow_insecure": SERVER + "allow_insecure = true\n",
    "useless: recycling later than the end": SERVER + "[pool]\nrecycle_seconds = 500\nlifetime_seconds = 400\n",
    "useless: a custom_dsn": SERVER + "custom_dsn = 'mysql://u@h/n'\n",
    "insecure": SERVER + "ssl_mode = 'PREFERRED'\n",
    "contradiction: ssl_enabled": SERVER + "ssl_enabled = true\nssl_mode = 'DISABLED'\n",
    "contradiction: retry": SERVER + "[retry]\nfirst_seconds = 5\nlongest_seconds = 1\n",
    "contradiction: both tables": SERVER + "[databases.a]\n",
    "contradiction: said by custom_dsn too": by_dsn("mysql://u@h.example/n", more="user = 'v'\n"),
    "custom_dsn: a password": by_dsn("mysql://u:hunter2@h.example/n"),
    "custom_dsn: none": "[database]\nconnection_type = 'mysql'\nuse_custom_dsn = true\n",
    "custom_dsn: of no form": by_dsn("h.example, port 5"),
    "custom_dsn: an unknown parameter": by_dsn("mysql://u@h.example/n?chrset=utf8mb4"),
    "host: with a port": SERVER.replace("db.example.com", "db.example.com:3306"),
    "host: a socket": SERVER.replace("db.example.com", "/run/mysqld.sock"),
    "host: a URL": SERVER.replace("db.example.com", "mysql://u:hunter2@h"),
    "host: no host": SERVER.replace("db.example.com", "a b"),
    "host: not allowed": SERVER + "[limits]\nallowed_hosts = ['*.other.com']\n",
    "host: a wrong pattern": SERVER + "[limits]\nallowed_hosts = ['10.0.0.1/8', '10.0.0', 'a b']\n",
    "kind: another than the host's": table("mysql", host=GATEWAY, user="a.root"),
    "kind: a user without a prefix": table("tidb-serverless", host=GATEWAY),
    "a certificate that is not there": SERVER + "ssl_ca_path = 'none.pem'\n",
    "a path with ~": SERVER + "ssl_ca_path = '~/ca.pem'\n",
    "databases: none": "[databases]\n",
    "databases: none is chosen": table("mysql", header="[databases.a]") + table("mysql", header="[databases.b]"),
    "databases: no such default": "default = 'prd'\n" + table("mysql", header="[databases.prod]"),
    "databases: a useless default": "default = 'x'\n" + SERVER,
    "databases: a name": table("mysql", header="[databases.'a b']"),
    "databases: a wrong key of one": table("mysql", "prot = 5\n", header="[databases.prod]"),
}

ENVIRONMENTS: dict[str, Mapping[str, str]] = {
    "an unknown variable": {"NECTAR_DB_HOTS": "h"},
    "a variable for a connection text": {"NECTAR_DB_URL": "mysql://u:hunter2@h/n"},
    "a port": {"NECTAR_DB_PORT": "many"},
    "a flag": {"NECTAR_DB_ALLOW_INSECURE": "yes"},
    "a mode": {"NECTAR_DB_SSL_MODE": "verify"},
    "a database that is not there": {"NECTAR_DATABASE": "x"},
    "a connection text with a password": {"NECTAR_DB_USE_CUSTOM_DSN": "1", "NECTAR_DB_CUSTOM_DSN": "mysql://u:hunter2@h/n"},
}


def shown(wrong: BaseException) -> str:
    assert isinstance(wrong, PlanError)
    assert all(complaint.code in codes.MEANINGS for complaint in wrong.complaints)
    return complaints_text(wrong.complaints, False)


def plan_message(text: str) -> str:
    with pytest.raises(PlanError) as caught:
        parse_plan(text, Path("plan.toml"))
    return shown(caught.value)


def include_message(texts: Mapping[str, str], folder: Path) -> str:
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text)
    with pytest.raises(PlanError) as caught:
        load_plan(Path("plan.toml"))
    return shown(caught.value)


def profile_message(text: str, environment: Mapping[str, str] | None = None) -> str:
    with pytest.raises(PlanError) as caught:
        parse_profile(text, Path("profile.toml"), environment=environment)
    return shown(caught.value)


def golden_is(name: str, messages: Mapping[str, str]) -> None:
    text = "".join(f"== {case}\n{message}" for case, message in messages.items())
    golden = GOLDEN / name
    if UPDATE:
        golden.write_text(text)
    assert text == golden.read_text(), f"{name} differs; if that is meant: NECTAR_UPDATE_GOLDEN=1 pytest {__file__}"


def test_each_message_about_a_plan() -> None:
    golden_is("plan-messages.txt", {case: plan_message(text) for case, text in PLANS.items()})


def test_each_message_about_an_include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    messages = {}
    for number, (case, texts) in enumerate(INCLUDES.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        messages[case] = include_message(texts, folder)
    golden_is("include-messages.txt", messages)


def test_each_message_about_a_profile() -> None:
    messages = {case: profile_message(text) for case, text in PROFILES.items()}
    assert "hunter2" not in "".join(messages.values())
    golden_is("profile-messages.txt", messages)


def test_each_message_about_a_variable() -> None:
    messages = {case: profile_message(SERVER, environment) for case, environment in ENVIRONMENTS.items()}
    assert "hunter2" not in "".join(messages.values())
    golden_is("variable-messages.txt", messages)


def test_every_code_of_a_plan_or_profile_has_a_whole_message() -> None:
    """But for those that other rooms add: Carp's tasks, TiDB's limits; and a file that cannot be read, which is pinned below."""
    pinned = "".join(path.read_text() for path in GOLDEN.glob("*-messages.txt"))
    elsewhere = {codes.NOT_YET, codes.UNREADABLE, codes.UNKNOWN_TASK}
    own = [code for code in codes.MEANINGS if code not in elsewhere and not code.startswith("NEC-P08")]
    assert [code for code in own if code not in pinned] == []


def test_a_file_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PlanError) as caught:
        load_plan(Path("none.toml"))
    assert shown(caught.value) == (
        "none.toml: NEC-P002 cannot read this file: No such file or directory\n  next: give the path of a UTF-8 TOML file\n\n"
    )
