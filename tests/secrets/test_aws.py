"""Secrets in AWS Secrets Manager, spoken to over HTTP as boto3 speaks: the server is moto's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from nectar.config.profile.model import Reference
from nectar.errors import SecretError
from nectar.secrets.registry import resolve_secret
from tests.mysql.server import free_port

pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning:botocore.*", "default::DeprecationWarning:boto3.*")
SECRET, ACCESS = "planted-Hunter2", "planted-access-key"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture(autouse=True)
def _account(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": ACCESS,
        "AWS_SECRET_ACCESS_KEY": ACCESS + "2",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture(scope="module")
def arn(server: str) -> str:
    client = boto3.client("secretsmanager", "eu-west-1", endpoint_url=server, aws_access_key_id="x", aws_secret_access_key="y")
    client.create_secret(Name="plain", SecretString=SECRET)
    client.create_secret(Name="binary", SecretBinary=SECRET.encode())
    client.create_secret(Name="team/list", SecretString="[1]")
    made = client.create_secret(Name="team/db", SecretString=json.dumps({"password": SECRET + "2", "port": 4000, "empty": ""}))
    return str(made["ARN"])


def of(place: str) -> str:
    return resolve_secret(Reference("aws", place, "database.password")).reveal()


def refused(place: str) -> SecretError:
    with pytest.raises(SecretError) as caught:
        of(place)
    assert SECRET not in str(caught.value)
    assert ACCESS not in str(caught.value)
    return caught.value


def test_by_name_by_field_and_by_arn(arn: str) -> None:
    assert of("plain") == SECRET
    assert of("team/db#password") == SECRET + "2"
    assert of(f"{arn}#password") == SECRET + "2"
    assert json.loads(of("team/db"))["port"] == 4000


def test_what_is_not_there(arn: str) -> None:
    assert "ResourceNotFoundException" in refused("none").what
    for field in ("none", "port", "empty"):
        assert "no text field" in refused(f"team/db#{field}").what
    assert "not JSON" in refused("plain#password").what
    assert "no text" in refused("binary").what
    assert "no text field" in refused("team/list#password").what


def test_an_account_that_is_not_set_up(monkeypatch: pytest.MonkeyPatch, arn: str) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "PartialCredentialsError" in refused("plain").what
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert "NoCredentialsError" in refused("plain").what
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "NoRegionError" in refused("plain").what


def test_nobody_there(monkeypatch: pytest.MonkeyPatch, arn: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert "EndpointConnectionError" in refused("plain").what
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    assert "ValueError" in refused("plain").what
    monkeypatch.setenv("AWS_PROFILE", "none")
    assert "ProfileNotFound" in refused("plain").what
