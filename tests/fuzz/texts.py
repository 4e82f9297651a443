"""Plans, profiles, connection texts and filters with something wrong in them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from nectar.compiler.load import read_document
from nectar.config.document.load import load_text
from nectar.config.profile.dsn.parts import DsnError
from nectar.config.profile.dsn.read import read_dsn
from nectar.config.profile.load import parse_profile
from nectar.errors import GenesisError, PlanError
from nectar.resources import read_schema

ODD = (
    "1979-05-27",
    "07:32:00",
    "1979-05-27T07:32:00Z",
    "1.5",
    "inf",
    "-inf",
    "nan",
    "true",
    "false",
    "0",
    "-1",
    "18446744073709551616",
    "9223372036854775808",
    "1e400",
    '""',
    '"\\u0000"',
    '"~"',
    '"/"',
    '".."',
    '"\\n"',
    "'''x'''",
    "[]",
    "[[]]",
    "{}",
    "[{}]",
    '[1, "a"]',
    "{ a = 1 }",
    '{ env = "X" }',
    '{ file = "/none" }',
    '{ sealed = "nectar:v1:AAAA" }',
    '"0x"',
    '"addr1"',
    '"stake_test1"',
    '"pool1"',
    '"tip-1"',
    '"origin"',
    '"mainnet"',
    '"\U0001f41d"',
    '"é"',
    "0xff",
    "0b1",
    "0o7",
    "{ epoch = 1 }",
    "{ slot = 1 }",
    "{ date = 1900-01-01 }",
    "{ date = 9999-12-31 }",
    '{ slot = 1, hash = "00" }',
    '{ block_hash = "' + "00" * 32 + '" }',
    '"' + "a" * 5_000 + '"',
    "[" * 40 + "]" * 40,
)
PIECES = (
    "any(outputs, ",
    "all(inputs, ",
    "count(mints)",
    "address",
    "value",
    "policy",
    "metadata[721]",
    ".name",
    " and ",
    " or ",
    "not ",
    "(",
    ")",
    " like ",
    " matches ",
    " in ",
    " between ",
    " is null",
    '"addr1*"',
    "0x00",
    "1_000 ada",
    "== ",
    "!= ",
    ">= ",
    "< ",
    "1",
    "-1",
    "1e9",
    '"',
    "'",
    '@file("x")',
    "[",
    "]",
    ",",
    "{",
    "}",
    "$",
    "\x00",
    "é",
    "tx.fee",
    "block.slot",
    "epoch(5)",
    "date(2021-01-01)",
    "true",
    "null",
    "where",
)
DSNS = (
    "mysql://u@h:3306/d?ssl-mode=REQUIRED",
    "u@tcp(h:4000)/d?tls=custom&charset=utf8mb4&timeout=5s",
    "mysql -h h -P 4000 -u u -D d --ssl-mode=VERIFY_IDENTITY",
    "u@unix(/run/m.sock)/d",
    "mysql://u@[::1]:3306/d",
    "mysql+pymysql://u@h/d?ssl_ca=/c.pem",
)


@cache
def keys(name: str) -> tuple[tuple[str, ...], ...]:
    """Every key of a schema, as a path of tables."""
    paths: set[tuple[str, ...]] = set()
    whole = json.loads(read_schema(name))

    def walk(node: Any, path: tuple[str, ...], depth: int) -> None:
        if depth > 12 or not isinstance(node, dict):
            return
        if "$ref" in node:
            walk(_at(whole, node["$ref"]), path, depth + 1)
        for key, inner in node.get("properties", {}).items():
            paths.add((*path, key))
            walk(inner, (*path, key), depth + 1)
        for several in ("anyOf", "oneOf", "allOf"):
            for inner in node.get(several, ()):
                walk(inner, path, depth + 1)

    walk(whole, (), 0)
    return tuple(sorted(paths))


def _at(whole: Any, ref: str) -> Any:
    for part in ref.removeprefix("#/").split("/"):
        whole = whole[part]
    return whole


def toml(name: str, rng: Random) -> str:
    """Lines of `a.b.c = value` over a plan or a profile that would do; sometimes cut up as bytes are."""
    base = {
        "plan": ['plan.name = "n"', 'plan.network = "preview"', "processors.blocks = true", "processors.transactions = true"],
        "profile": [
            'database.connection_type = "mysql"',
            'database.host = "h.example.com"',
            'database.user = "u"',
            'database.database = "n"',
        ],
    }[name]
    lines = {line.split(" = ")[0]: line for line in base if rng.random() < 0.9}
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        key = ".".join(rng.choice(keys(name)))
        lines[key] = f"{key} = {rng.choice(ODD)}"
    if name == "plan" and rng.random() < 0.4:
        where = "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 12)))
        lines["filters.where"] = f"filters.where = {json.dumps(where)}"
    text = "\n".join(lines.values())
    if rng.random() < 0.15:
        at = rng.randrange(len(text) + 1)
        text = (
            text[:at]
            + rng.choice(("[", "]", '"', "=", "\n", "\r", "\x00", "#", "'''", "é", "\ufeff"))
            + text[at + rng.randrange(3) :]
        )
    return text


def check_plan(text: str) -> str:
    """What the text gives: "compiled", or the code of its first complaint."""
    try:
        read_document(load_text(text, "plan.toml"), Path("plan.toml"))
    except (PlanError, GenesisError) as error:
        return error.code
    return "compiled"


def check_profile(text: str) -> str:
    try:
        parse_profile(text, Path("profile.toml"))
    except PlanError as error:
        return error.code
    return "read"


def dsn(rng: Random) -> str:
    text = rng.choice(DSNS)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text) + 1)
        put = rng.choice(
            (
                "",
                "",
                ":",
                "@",
                "/",
                "?",
                "&",
                "=",
                "%",
                "%zz",
                "(",
                ")",
                " ",
                "'",
                '"',
                "\\",
                "\x00",
                "é",
                "99999999",
                "[",
                "-",
                "--",
            )
        )
        text = text[:at] + put + text[at + rng.randrange(4) :]
    return text


def check_dsn(text: str) -> str:
    try:
        read_dsn(text)
    except DsnError as error:
        return error.code
    return "read"
