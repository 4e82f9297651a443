"""Where the real chain data is, and which database servers a test runs on.

The small share of the chain data in tests/data travels with the project; the whole is used where present.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cache import compile_once, forget_temporary
from tests.commands import stop_servers
from tests.mysql.programs import MARIADB, PERSONA
from tests.slow import SLOW_FILES
from tests.tidb.real import ADDRESS, NONE_TESTED

ROOT = Path(__file__).resolve().parent.parent
WHOLE_CHAIN = Path(os.environ.get("NECTAR_CHAIN_DATA", ROOT.parent / "shared" / "chain"))
CASES = Path(os.environ.get("NECTAR_CASES", ROOT.parent / "shared" / "cases"))

OF_A_SERVER = frozenset({"running", "server", "program", "mariadb", "mariadb_here", "tidb_parser", "sshd", "proxied"})
"""Fixtures that start a database server, or another program that is not Nectar's."""
OF_THE_CHAIN = frozenset({"chain", "cases", "chains"})
"""Fixtures that read ../shared."""
SERVER_FOLDERS = frozenset({"mysql", "tidb", "server", "interop"})

compile_once()


@pytest.fixture(scope="session")
def chain() -> Path:
    """The whole collection of real blocks; in CI its absence is a failure, never a skip."""
    return _there(
        WHOLE_CHAIN, f"the whole chain data is not at {WHOLE_CHAIN} (set NECTAR_CHAIN_DATA); tests/data was tested instead"
    )


@pytest.fixture(scope="session")
def cases() -> Path:
    """Small inputs that once gave wrong rows, each in a folder with a plan; in CI their absence is a failure, never a skip."""
    return _there(CASES, f"the cases are not at {CASES} (set NECTAR_CASES)")


def _there(folder: Path, absent: str) -> Path:
    if folder.is_dir():
        return folder
    if os.environ.get("CI"):
        pytest.fail(f"{absent}; CI must have it")
    pytest.skip(absent)


@pytest.fixture(scope="module")
def program(request: pytest.FixtureRequest) -> str:
    """The database server that a test runs on."""
    return str(getattr(request, "param", MARIADB))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test runs on MariaDB, or on those that `@pytest.mark.servers(..)` names; one with a proxy before MariaDB as TiDB too."""
    if "program" not in metafunc.fixturenames:
        return
    mark = metafunc.definition.get_closest_marker("servers")
    names = list(mark.args) if mark is not None else [MARIADB]
    if ADDRESS:
        names = names[:1]
    elif "proxied" in metafunc.fixturenames and MARIADB in names:
        names.append(PERSONA)
    metafunc.parametrize("program", names, indirect=True, scope="module")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what a test needs, by its fixtures and its file, so that `make quick` can leave it out."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        file = item.path.relative_to(ROOT / "tests").as_posix()
        if fixtures & OF_A_SERVER or file.split("/")[0] in SERVER_FOLDERS:
            item.add_marker("server")
        if file in SLOW_FILES:
            item.add_marker("slow")
        if fixtures & OF_THE_CHAIN:
            item.add_marker("chain")


def pytest_sessionfinish(session: pytest.Session) -> None:
    stop_servers()
    if not hasattr(session.config, "workerinput"):  # once, by the process that started the workers
        forget_temporary()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not ADDRESS:
        terminalreporter.write_line(NONE_TESTED)
