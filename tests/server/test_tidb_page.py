"""docs/tidb.md tells what the code does: its errors, its limits, its defaults."""

from __future__ import annotations

import re

from nectar.compiler.ddl.pre_split import LARGE, REGIONS
from nectar.compiler.internal_tables import own_tables
from nectar.compiler.tidb import limits, row_size
from nectar.compiler.tidb.row_size import largest_row
from nectar.config.profile.defaults import DEFAULTS
from nectar.config.profile.model import ConnectionType
from nectar.mysql.server_errors import MEANING, TEXTS, Action
from tests.compiler.making import EVERY_TABLE, compiled_from
from tests.conftest import ROOT

DOES = {
    Action.REPEAT: "the whole transaction again",
    Action.WAIT: "the whole transaction again, later",
    Action.RECONNECT: "a new connection; a commit under way is asked about",
    Action.HALVE: "batches half as large",
    Action.PAUSE: "a pause of minutes",
    Action.STOP: "stops: a person must act",
}
CODES = {Action.REPEAT: 1, Action.WAIT: 2, Action.RECONNECT: 3, Action.HALVE: 4, Action.PAUSE: 5, Action.STOP: 6}


def errors_table() -> str:
    """As it stands in the page."""
    lines = ["| what Nectar does | code | the server's errors |", "|---|---|---|"]
    for action, does in DOES.items():
        codes = [str(code) for code, (what, _) in sorted(MEANING.items()) if what is action and code]
        texts = [f"*{pattern.pattern}*" for pattern, what, _ in TEXTS if what is action]
        lines.append(f"| {does} | NEC-M00{CODES[action]} | {', '.join([*codes, *texts])} |")
    return "\n".join(lines)


def page() -> str:
    return (ROOT / "docs" / "tidb.md").read_text()


def test_the_errors_are_those_of_the_code() -> None:
    assert errors_table() in page(), "the page's table of errors is to be: \n" + errors_table()


def test_the_limits_are_those_of_the_code() -> None:
    largest = max(largest_row(table) for table in (*own_tables("tidb"), *compiled_from(EVERY_TABLE).tables))
    for number in (
        limits.NAME,
        limits.COLUMNS,
        limits.INDEXES,
        limits.KEY_BYTES,
        row_size.ENTRY_BYTES,
        limits.STATEMENT_BYTES,
        DEFAULTS[ConnectionType.TIDB_CLUSTER].most_batch_bytes,
        row_size.BLOCK_BYTES,
        largest,
    ):
        assert re.search(rf"(?<![\d,]){number:,}(?![\d,])", page()), f"{number:,}"


def test_the_regions_are_those_of_the_code() -> None:
    assert f"{REGIONS} regions" in page()
    assert all(f"`{name}`" in page() for name in LARGE)


def test_the_defaults_are_those_of_the_code() -> None:
    serverless = DEFAULTS[ConnectionType.TIDB_SERVERLESS]
    for said in (
        f"recycled after {serverless.pool.recycle:g} s",
        f"{serverless.pool.lifetime:g} s old",
        f"{serverless.waits.first_connect:g} s for the first",
        f"{serverless.batch_bytes // 1_000_000} MB",
        f"{serverless.batch_rows:,} rows",
        f"every {serverless.retry.quota / 60:g} minutes",
    ):
        assert said in page(), said
