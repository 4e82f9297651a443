"""Files above 400 lines and functions above 40 are those listed here, each with its reason."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Mapping

from tests.conftest import ROOT
from tests.slow import SLOW_FILES

FILE_LINES, FUNCTION_LINES = 400, 40

OPTIONS = "most lines are options, with their help"
LONG_FILES: Mapping[str, str] = {}
LONG_FUNCTIONS: Mapping[str, str] = {
    "nectar/cli/init.py init": OPTIONS,
    "nectar/cli/plan_import.py import_command": OPTIONS,
    "nectar/cli/sync.py sync": OPTIONS,
    "nectar/compiler/compile.py compile_draft": "names the parts of a compiled plan in the order in which one needs another",
    "nectar/decode/byron.py byron_block": "reads a block's parts in the order of the CDDL; a call for each would cost time on the hot path",
    "nectar/decode/plutus_json.py _written": "one loop, because a call for each item would cost more than the item",
    "nectar/decode/shelley.py shelley_block": "reads a block's parts in the order of the CDDL, and checks each while its bytes are at hand",
    "nectar/decode/transaction.py decode_transaction": "one line for each key of a transaction's body",
    "nectar/mysql/connect.py connect_to_server": "one attempt from name to login, with all of it in one record",
    "nectar/processors/certificates/rows.py pool_update": "a line for each column of one row",
    "nectar/processors/governance/rows.py proposal": "a line for each column of one row",
    "tests/agreement/test_dbsync.py test_transactions": "a line for each compared column",
    "tests/agreement/test_sample_chain.py test_every_transaction": "a line for each compared column",
    "tests/config/test_profile.py test_every_section_is_heeded": "a profile with every key, and a line for each",
    "tests/filterlang/test_fixtures.py test_the_fixtures_have_every_field_operator_and_literal": "one line for each kind of expression",
    "tests/filterlang/test_roundtrip.py test_a_slip_deep_in_a_plan_is_told_at_its_own_place": "a whole plan stands in it",
    "tests/fuzz/cbor_tree.py item": "a list of odd items",
    "tests/mysql/server.py started": "a server from its files to its first answer",
    "tests/node/proxies.py cutting": "a proxy and its threads, which share what they count",
    "tests/node/serving.py serving": "a server and its threads, which share what they count",
    "tests/node/test_kill.py test_killed_at_any_moment": "one story: kills, restarts and the comparison at the end",
    "tests/runner/test_closing.py test_a_pools_epochs": "a table of expected rows stands in it",
    "tests/tidb/recording.py record": "one situation after the other, on one server",
}  # fmt: skip
"""path and function: reason"""


def tracked(*kinds: str) -> list[str]:
    """The project's files of these kinds, relative to the root."""
    command = ["git", "ls-files", *kinds]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()


def test_files() -> None:
    long = {name for name in tracked("*.py", "*.lark") if (ROOT / name).read_text().count("\n") > FILE_LINES}
    assert long == set(LONG_FILES)


def test_functions() -> None:
    long = set()
    for name in tracked("*.py"):
        for node in ast.walk(ast.parse((ROOT / name).read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    long.add(f"{name} {node.name}")
    assert long == set(LONG_FUNCTIONS)


def test_the_slow_files_exist() -> None:
    assert [name for name in sorted(SLOW_FILES) if not (ROOT / "tests" / name).exists()] == []
