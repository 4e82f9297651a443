"""Profiles made for tests: a server's few keys, and what they give."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from nectar.config.profile.load import parse_profile
from nectar.config.profile.model import Server
from nectar.errors import Complaint, PlanError

GATEWAY = "gateway01.us-west-2.prod.aws.tidbcloud.com"


def table(kind: str, text: str = "", *, host: str = "db.example.com", user: str = "u", header: str = "[database]") -> str:
    """A server's profile; `text` follows its keys."""
    return f'{header}\nconnection_type = "{kind}"\nhost = "{host}"\nuser = "{user}"\ndatabase = "n"\n{text}'


def by_dsn(text: str, kind: str = "mysql", more: str = "") -> str:
    return f"[database]\nconnection_type = \"{kind}\"\nuse_custom_dsn = true\ncustom_dsn = '''{text}'''\n{more}"


def server(
    text: str, environment: Mapping[str, str] | None = None, name: str | None = None, path: str = "/p/profile.toml"
) -> Server:
    target = parse_profile(text, Path(path), name, environment)
    assert isinstance(target, Server)
    return target


def complaints_of(text: str, environment: Mapping[str, str] | None = None, name: str | None = None) -> tuple[Complaint, ...]:
    with pytest.raises(PlanError) as caught:
        parse_profile(text, Path("/p/profile.toml"), name, environment)
    return caught.value.complaints
