"""Regions are split ahead on a TiDB of one's own, before the first row, and never again; a refusal is a note."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from nectar.cardano.position import TX_BITS
from nectar.config.profile.model import ConnectionType
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from tests.mysql import errors
from tests.mysql.faults import Answer, Drop, FaultPlan, at
from tests.mysql.jobs import Heard, plan_of, profile
from tests.mysql.persona import tidb_proxy
from tests.mysql.proxy import Proxy
from tests.mysql.server import Server
from tests.mysql.variables import SELF_MANAGED, STARTER
from tests.runner.jobs import between, plan_text
from tests.tidb.parsing import TidbParser

FIRST, LAST = 238 * 4_320, 238 * 4_320 + 400
REFUSED = Answer(8212, "Failed to split region ranges: the region size is too small", rolls_back=False)


def load(
    chain: Path,
    server: Server,
    database: str,
    proxy: Proxy,
    *,
    last: int = LAST,
    kind: ConnectionType = ConnectionType.TIDB_LOCAL,
) -> Heard:
    said = Heard()
    target = replace(profile(server, database, port=proxy.port), kind=kind)
    summary = run(plan_of(plan_text(chain / "preview/immutable", between(FIRST, last))), Options(target, workers=1), said, Stop())
    assert summary.rows["block"] > 0
    return said


def asked(proxy: Proxy) -> list[str]:
    return [one for one in proxy.recorded if "SPLIT" in one.upper()]


def test_before_the_first_row_and_once(chain: Path, server: Server, database: str, tidb_parser: TidbParser) -> None:
    with tidb_proxy(server.address, tidb_parser, version=SELF_MANAGED, record=True) as proxy:
        said = load(chain, server, database, proxy)
        waits, *splits = asked(proxy)
        assert waits == "SET SESSION tidb_wait_split_region_finish = 0"
        assert f"/*T! SPLIT TABLE `tx` BETWEEN ({FIRST << TX_BITS}) AND ({LAST + 1 << TX_BITS}) REGIONS 16 */" in splits
        assert len(splits) > 10
        first_row = next(
            at for at, one in enumerate(proxy.recorded) if re.search(r"^(LOAD|INSERT INTO `block)", one, re.MULTILINE)
        )
        assert all(proxy.recorded.index(one) < first_row for one in splits)
        assert not said.of("note")
        load(chain, server, database, proxy, last=LAST + 400)
        assert len(asked(proxy)) == len(splits) + 1


@pytest.mark.parametrize(
    ("version", "kind"),
    [(STARTER, ConnectionType.TIDB_SERVERLESS), (SELF_MANAGED, ConnectionType.MYSQL), (None, ConnectionType.TIDB_CLUSTER)],
)
def test_nowhere_else(
    version: str | None, kind: ConnectionType, chain: Path, server: Server, database: str, tidb_parser: TidbParser
) -> None:
    """Not on Starter, not where the profile says MySQL, not where the server is none."""
    made = (
        Proxy(server.address, record=True)
        if version is None
        else tidb_proxy(server.address, tidb_parser, version=version, record=True)
    )
    with made as proxy:
        said = load(chain, server, database, proxy, kind=kind)
        assert not asked(proxy)
    assert bool(said.of("note")) is (version is None), said.said
    assert all("the profile says TiDB, and the server is MariaDB" in note for note in said.of("note"))


def test_a_refusal_is_noted_and_the_next_is_tried(chain: Path, server: Server, database: str, tidb_parser: TidbParser) -> None:
    plan = FaultPlan(
        [at("SPLIT TABLE `tx`", REFUSED), at("tidb_wait_split", Answer(1193, "Unknown system variable", rolls_back=False))]
    )
    with tidb_proxy(server.address, tidb_parser, plan, SELF_MANAGED, record=True) as proxy:
        said = load(chain, server, database, proxy)
        assert len(asked(proxy)) > 10
    assert len(said.of("note")) == 2
    assert any("no regions were split ahead by `/*T! SPLIT TABLE `tx`" in note and "8212" in note for note in said.of("note"))


@pytest.mark.parametrize("act", [Drop(), errors.PD_TIMEOUT])
def test_trouble_ends_it_and_not_the_job(
    act: Drop | Answer, chain: Path, server: Server, database: str, tidb_parser: TidbParser
) -> None:
    with tidb_proxy(server.address, tidb_parser, FaultPlan([at("SPLIT TABLE", act, nth=3)]), SELF_MANAGED, record=True) as proxy:
        said = load(chain, server, database, proxy)
        assert len(asked(proxy)) == 4
    assert [note for note in said.of("note") if "splitting regions ahead was given up" in note]
