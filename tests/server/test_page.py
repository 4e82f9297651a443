"""What docs/network.md tells people to do works."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from nectar.config.profile.model import SslMode, Tls
from nectar.errors import ConnectError
from nectar.server import faults, tls
from nectar.server.audit import Attempt
from tests.mysql.programs import USER
from tests.server.conftest import started
from tests.server.making import asked, joined, server
from tests.server.test_tls_matrix import MATRIX

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "network.md").read_text()


def test_the_way_to_a_server_with_tls(tmp_path: Path) -> None:
    """The commands as they stand there, but for the name."""
    (commands,) = re.findall(r"```sh\n(openssl .*?)```", PAGE, re.DOTALL)
    subprocess.run(
        ["bash", "-euc", commands.replace("db.example.com", "localhost")], cwd=tmp_path, check=True, capture_output=True
    )
    options = [
        f"--ssl-ca={tmp_path}/ca.pem",
        f"--ssl-cert={tmp_path}/server.pem",
        f"--ssl-key={tmp_path}/server.key",
        "--tls-version=TLSv1.2,TLSv1.3",
    ]
    with started(*options) as running:
        with joined(server(running.port, SslMode.VERIFY_IDENTITY, tmp_path / "ca.pem")) as connection:
            assert connection.secured.version == "TLSv1.3"
        with pytest.raises(ConnectError) as caught:
            joined(server(running.port, host="127.0.0.1", tls=Tls(SslMode.VERIFY_IDENTITY, tmp_path / "ca.pem")))
        assert caught.value.code == faults.WRONG_NAME.code
        running.run("SET GLOBAL require_secure_transport = ON")
        with pytest.raises(ConnectError) as caught:
            joined(server(running.port))
        assert caught.value.code == faults.ACCESS_DENIED.code  # MariaDB 10.11 says no more; MySQL and TiDB do
        assert "whether it needs TLS" in caught.value.hint


def test_the_user_who_must_show_a_certificate() -> None:
    assert f"CREATE USER {USER}@'%' IDENTIFIED BY '...' REQUIRE X509" in PAGE
    assert MATRIX["X509 wanted"][4] is faults.ACCESS_DENIED


def test_the_places_of_authorities() -> None:
    named = re.findall(r"`(/etc/[a-z./-]+)`", PAGE.split("### Which authorities")[1].split("###")[0])
    assert [Path(one) for one in named] == list(tls.SYSTEM_BUNDLES)


def test_a_record_is_as_it_is_shown() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    record = Attempt("", "", "", 1, "", "", 1, "")
    assert json.loads(shown).keys() == asdict(record).keys()


def test_every_code_of_the_page_is_one() -> None:
    known = {fault.code for fault in faults.FAULTS} | {"NEC-M003"}
    assert set(re.findall(r"NEC-[A-Z]\d{3}", PAGE)) <= known


def test_connecting_by_what_a_page_says_of_a_server(tmp_path: Path) -> None:
    """The certificate of the guide, named itself as `ssl_ca_path`, as the page allows for a self-signed one."""
    command = 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=me" -addext subjectAltName=DNS:localhost -keyout own.key -out own.pem'
    subprocess.run(["bash", "-euc", command], cwd=tmp_path, check=True, capture_output=True)
    own = tmp_path / "own.pem"
    with (
        started(f"--ssl-cert={own}", f"--ssl-key={tmp_path}/own.key") as running,
        joined(server(running.port, SslMode.VERIFY_IDENTITY, own)) as connection,
    ):
        assert asked(connection, "SELECT 1") == [(1,)]
