"""What somebody on the wire sees of a whole job: with TLS nothing of it, without all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nectar.config.profile import model as config
from nectar.config.profile.model import SslMode, Tls
from nectar.runner.run import run
from nectar.runner.signals import Stop
from nectar.runner.steps import Options
from tests.mysql.jobs import PASSWORD_VARIABLE, Heard, plan_of, profile
from tests.mysql.programs import PASSWORD, USER
from tests.mysql.server import Server
from tests.runner.jobs import between, plan_text
from tests.server.conftest import Papers
from tests.server.recorder import Recorder, recording

FIRST, LAST = 190 * 4_320, 191 * 4_320 - 1  # with metadata of NFTs in it


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)


@pytest.fixture
def target(secured: Server) -> Iterator[config.Server]:
    """An empty database of the server with TLS."""
    with secured.scratch() as database:
        yield profile(secured, database)


def _job(chain: Path, target: config.Server, recorder: Recorder, tls: Tls, **other: object) -> Heard:
    text = plan_text(chain / "preview/immutable", between(FIRST, LAST), performance="batch_blocks = 100")
    said = Heard()
    to = replace(target, port=recorder.port, tls=tls, **other)  # type: ignore[arg-type]
    assert run(plan_of(text), Options(to, workers=1), said, Stop()).blocks > 100
    return said


def _planted(secured: Server, database: str) -> list[bytes]:
    """Of the rows that came: words of metadata, and hashes as either way of loading writes them."""
    texts = [str(text) for (text,) in secured.run("SELECT json FROM tx_metadata", database)]
    words = {word for text in texts for word in re.findall(r"[A-Za-z0-9 :/]{20,}", text)}
    hashes = [one for table in ("tx", "block") for (one,) in secured.run(f"SELECT HEX(hash) FROM {table} LIMIT 50", database)]
    assert len(words) > 40
    return [str(one).encode() for one in (*sorted(words), *hashes)]


@pytest.mark.parametrize("load_data", [True, False], ids=["load data", "inserts"])
@pytest.mark.parametrize("mode", [SslMode.VERIFY_IDENTITY, SslMode.REQUIRED, SslMode.PREFERRED])
def test_nothing_of_a_job_is_on_the_wire(
    mode: SslMode, load_data: bool, chain: Path, secured: Server, target: config.Server, papers: Papers
) -> None:
    """Nor of the connections that follow when the first is cut."""
    with recording(secured.port, cut=200_000) as recorder:
        said = _job(chain, target, recorder, Tls(mode, papers.ca.pair.certificate), load_data=load_data)
    captured = recorder.captured.upper()
    assert recorder.connections > 1
    assert said.of("retry")
    assert len(captured) > 500_000
    planted = _planted(secured, target.database)
    for secret in (
        PASSWORD.encode(),
        USER.encode() + b"\0",
        target.database.encode(),
        b"INSERT INTO",
        b"LOAD DATA",
        b"nectar_checkpoint",
        *planted,
    ):
        assert secret.upper() not in captured, secret


def test_all_of_it_is_without_tls(chain: Path, secured: Server, target: config.Server) -> None:
    """The control: what was looked for can be seen."""
    with recording(secured.port) as recorder:
        _job(chain, target, recorder, Tls(SslMode.DISABLED))
    captured = recorder.captured.upper()
    planted = _planted(secured, target.database)
    assert [one for one in planted if one.upper() not in captured] == []
    for one in (USER.encode() + b"\0", target.database.encode(), b"LOAD DATA", b"nectar_checkpoint"):
        assert one.upper() in captured
    assert PASSWORD.encode() not in recorder.captured
    assert os.environ[PASSWORD_VARIABLE] == PASSWORD
