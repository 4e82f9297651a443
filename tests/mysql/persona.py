"""MariaDB taken for TiDB: its version, its grammar, its variables, its limits. A model, no TiDB.

What TiDB's parser refuses is refused; what only TiDB understands is answered here or reworded for MariaDB. What MariaDB
takes and TiDB would refuse *after* parsing passes, but for what `refusals` knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.mysql.faults import FaultPlan
from tests.mysql.handshake import About
from tests.mysql.proxy import Proxy
from tests.mysql.refusals import after_parsing
from tests.mysql.refusals import split as split_refused
from tests.mysql.variables import OWN, RENAMED, STARTER, may_not_set, unknown
from tests.mysql.wire import Greeting, Status, err_packet, ok_packet, text_result
from tests.tidb.parsing import TidbParser, as_server_error

MIB = 1 << 20
QUOTED = r"'(?:[^'\\]+|\\.|'')*'|\"(?:[^\"\\]+|\\.|\"\")*\"|`[^`]*`|/\*.*?\*/"
TOKEN = re.compile(
    rf"(?P<quoted>{QUOTED})|@@(?:(?:session|global|local)\.)?(?P<variable>\w+)|\b(?P<version>VERSION\s*\(\s*\))", re.I | re.S
)
COMMAS = re.compile(rf"{QUOTED}|[(),]", re.S)
ASSIGNMENT = re.compile(
    r"\s*(?:(?:GLOBAL|SESSION|LOCAL)\s+|@@(?:(?:GLOBAL|SESSION|LOCAL)\.)?)?(\w+)\s*:?=\s*(.*?)\s*", re.I | re.S
)
SERIALIZABLE = re.compile(r"\bISOLATION\s+LEVEL\s+SERIALIZABLE\b|isolation\s*=\s*['\"]?SERIALIZABLE\b", re.I)
BEGIN = re.compile(r"\s*(?:BEGIN|START\s+TRANSACTION)(?:\s+(?:OPTIMISTIC|PESSIMISTIC)|\s*/\*T!.*?\*/)?\s*;?\s*", re.I)
FOR_UPDATE = re.compile(r"\s+FOR\s+UPDATE\s*;?\s*$", re.I)
SPLIT = re.compile(r"\s*(?:/\*T!\s*)?SPLIT\s+", re.I)
ANALYZE = re.compile(r"\s*ANALYZE\s+TABLE\b", re.I)
ADMIN = re.compile(r"\s*ADMIN\s+(SHOW|CHECK)\b", re.I)
TIFLASH = re.compile(r"\s*ALTER\s+(TABLE|DATABASE)\s+\S+\s+SET\s+TIFLASH\s+REPLICA\b", re.I)
BATCH = re.compile(r"\s*BATCH\s+(ON\s+\S+\s+)?LIMIT\s+\d+\s+", re.I)
SERVER_FILE = re.compile(r"\s*LOAD\s+DATA\s+(?!.*?\bLOCAL\s+INFILE\b)", re.I | re.S)
SHOW_ONE = re.compile(r"\s*SHOW\s+(?:GLOBAL\s+|SESSION\s+)?VARIABLES\s+LIKE\s+'([^'%]+)'\s*;?\s*", re.I)
TABLE_WORDS = re.compile(
    rf"(?P<quoted>{QUOTED})|\b(?:NON)?CLUSTERED\b|\b(?:SHARD_ROW_ID_BITS|PRE_SPLIT_REGIONS|AUTO_ID_CACHE)\s*=?\s*\d+", re.I | re.S
)


class TidbPersona:
    """For any number of connections. `version` with `-serverless` or `CLOUD.` means Starter, and its rules."""

    def __init__(
        self,
        parser: TidbParser,
        version: str = STARTER,
        transaction_limit: int | None = 100 * MIB,
        entry_limit: int | None = 6 * MIB,
    ) -> None:
        self.parser, self.version = parser, version
        self.starter = "-serverless" in version or "CLOUD." in version
        self.transaction_limit, self.entry_limit = transaction_limit, entry_limit

    def greet(self, greeting: Greeting) -> Greeting:
        return greeting._replace(version=self.version)

    def answer(self, statement: str, about: About) -> str | list[bytes]:
        """What MariaDB is to be asked, or what it is not asked at all."""
        refusal = self.parser.refusal(statement)
        if refusal is not None:
            code, said = as_server_error(refusal)
            return [err_packet(code, said)]
        if SERVER_FILE.match(statement):
            return [
                err_packet(
                    8154,
                    "Don't support load data from tidb-server's disk. Or if you want to load local data via client, the path of INFILE needs to specify the clause of LOCAL first",
                )
            ]
        refused = after_parsing(statement)
        return self._own(statement, about) if refused is None else [refused]

    def _own(self, statement: str, about: About) -> str | list[bytes]:
        if BEGIN.fullmatch(statement):
            return "START TRANSACTION WITH CONSISTENT SNAPSHOT"  # TiDB's snapshot is BEGIN's, not the first read's
        if ANALYZE.match(statement):
            return [ok_packet(status=about.status)]  # and no table of results, as the others give
        if SPLIT.match(statement):
            refused = split_refused(statement, self.starter)
            if refused is not None:
                return [refused]
            return text_result(["TOTAL_SPLIT_REGION", "SCATTER_FINISH_RATIO"], [["0", "0"]], about.deprecate_eof, about.status)
        if ADMIN.match(statement):
            shows = "show" in statement.lower()
            return (
                text_result(["JOB_ID", "STATE"], [], about.deprecate_eof, about.status)
                if shows
                else [ok_packet(status=about.status)]
            )
        if TIFLASH.match(statement):
            return [ok_packet(status=about.status)]
        word = statement.lstrip()[:6].upper().split(None, 1)
        if word[:1] == ["SET"]:
            return self._set(statement, about)
        if word[:1] == ["SELECT"]:
            return self._select(statement, about)
        if word[:1] in (["CREATE"], ["ALTER"]):
            return TABLE_WORDS.sub(lambda found: found["quoted"] or "", statement)
        shown = SHOW_ONE.fullmatch(statement)
        if shown is not None and (value := self._value(shown[1].lower(), about)) is not None:
            return text_result(["Variable_name", "Value"], [[shown[1].lower(), value]], about.deprecate_eof, about.status)
        batch = BATCH.match(statement)
        return statement if batch is None else statement[batch.end() :]

    def _set(self, statement: str, about: About) -> str | list[bytes]:
        if SERIALIZABLE.search(statement):
            return [
                err_packet(
                    8048,
                    "The isolation level 'SERIALIZABLE' is not supported. Set tidb_skip_isolation_level_check=1 to skip this error",
                )
            ]
        kept, set_here = [], {}
        for part in split(statement.strip().rstrip(";")[3:]):
            found = ASSIGNMENT.fullmatch(part)
            name = found[1].lower() if found is not None else ""
            refusal = may_not_set(name, self.starter)
            if refusal is not None:
                return [refusal]
            if found is not None and name in OWN:
                set_here[name] = found[2].strip("'\"")
            else:
                kept.append(part.replace(found[1], RENAMED[name], 1) if found is not None and name in RENAMED else part)
        about.variables.update(set_here)
        return "SET" + ",".join(kept) if kept else [ok_packet(status=about.status)]

    def _select(self, statement: str, about: About) -> str | list[bytes]:
        """Versions and TiDB's own variables become literals; items that are no more than that keep their name.

        FOR UPDATE does not wait for anybody outside a transaction.
        """
        if about.status & Status.AUTOCOMMIT and not about.status & Status.IN_TRANSACTION:
            statement = FOR_UPDATE.sub("", statement)
        for token in TOKEN.finditer(statement):
            name = (token["variable"] or "").lower()
            if name and not token["quoted"] and may_not_set(name, starter=False) is not None:
                return [unknown(name)]
        if TOKEN.sub(lambda token: token["quoted"] or "", statement) == statement:
            return statement
        head, body = statement[: len(statement) - len(statement.lstrip()) + 6], statement.lstrip()[6:].rstrip().rstrip(";")
        return head + ",".join(self._item(part, about) for part in split(body))

    def _item(self, part: str, about: About) -> str:
        literal = TOKEN.sub(lambda token: self._literal(token, about), part)
        alone = TOKEN.fullmatch(part.strip())
        return f"{literal} AS `{part.strip()}`" if alone is not None and not alone["quoted"] else literal

    def _literal(self, token: re.Match[str], about: About) -> str:
        if token["quoted"]:
            return token[0]
        name = "version" if token["version"] else token["variable"].lower()
        value = self._value(name, about)
        return f"@@{RENAMED[name]}" if name in RENAMED else token[0] if value is None else "'" + value.replace("'", "''") + "'"

    def _value(self, name: str, about: About) -> str | None:
        return self.version if name == "version" else about.variables.get(name, OWN.get(name))


def split(text: str) -> list[str]:
    """At the commas that stand in no parenthesis and no quotes."""
    return list(_parts(text))


def _parts(text: str) -> Iterator[str]:
    depth = start = 0
    for token in COMMAS.finditer(text):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if token[0] == "," and depth == 0:
            yield text[start : token.start()]
            start = token.end()
    yield text[start:]


def tidb_proxy(
    server: tuple[str, int], parser: TidbParser, plan: FaultPlan | None = None, version: str = STARTER, record: bool = False
) -> Proxy:
    """The fault proxy as TiDB."""
    return Proxy(server, plan, TidbPersona(parser, version), record)
