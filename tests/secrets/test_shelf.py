"""What the shelf has, the schema takes and the pages say."""

from __future__ import annotations

import re

import pytest

from nectar.config.complaints.schema import load_schema
from nectar.secrets.registry import PROVIDERS
from tests.conftest import ROOT

GUIDE = (ROOT / "docs/secrets.md").read_text()


def codes_raised() -> set[str]:
    text = "".join(path.read_text() for folder in ("nectar/secrets", "nectar/cli") for path in (ROOT / folder).glob("*.py"))
    return set(re.findall(r'code="(NEC-X\d{3})"', text))


def test_each_form_of_the_schema_has_a_provider() -> None:
    assert set(load_schema("profile")["$defs"]["secret"]["properties"]) == set(PROVIDERS)


@pytest.mark.parametrize("kind", PROVIDERS)
def test_the_guide_and_the_profiles_page_show_each_form(kind: str) -> None:
    for text in (GUIDE, (ROOT / "docs/profile.md").read_text()):
        assert f"{{ {kind} = " in text


def test_each_code_is_documented_and_raised() -> None:
    documented = re.findall(r"^\| (NEC-X\d{3}) \|", (ROOT / "docs/errors.md").read_text(), re.MULTILINE)
    assert sorted(codes_raised()) == documented


@pytest.mark.parametrize(
    "variable",
    ["NECTAR_KEY", "NECTAR_KEY_FILE", "NECTAR_PASSPHRASE", "NECTAR_PASSPHRASE_FILE", "NECTAR_NEW_PASSPHRASE", "VAULT_ADDR"],
)
def test_the_guide_names_each_variable(variable: str) -> None:
    assert f"`{variable}`" in GUIDE
