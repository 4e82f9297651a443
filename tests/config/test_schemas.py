"""The published schemas are written from the models; plans survive the way to another process; defaults are said once."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from nectar.config.plan.keys import Plan, Processors
from nectar.config.plan.load import load_plan
from nectar.config.schemas import MODELS, schema_text
from tests.conftest import ROOT


@pytest.mark.parametrize("name", MODELS)
def test_the_published_schema_is_the_models_own(name: str) -> None:
    published = (ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(name), "the models say otherwise: python -m nectar.config.schemas"


@pytest.mark.parametrize("path", sorted((ROOT / "plans").glob("*.toml")), ids=lambda path: path.stem)
def test_a_plan_is_the_same_in_another_process(path: Path) -> None:
    """Worker processes get it pickled."""
    plan = load_plan(path)
    assert pickle.loads(pickle.dumps(plan)) == plan


@pytest.mark.parametrize("name", MODELS)
def test_every_default_of_the_schema_is_the_models_own(name: str) -> None:
    """A default that is said beside a field, since the text writes it in another form, means what the model does."""
    schema = json.loads(schema_text(name))
    if name == "plan":
        sync = schema["properties"]["sync"]["properties"]
        said = Plan.model_validate({"sync": {"start": sync["start"]["default"]}})
        off = {key: one["default"] for key, one in schema["properties"]["processors"]["properties"].items()}
        assert said == Plan() == Plan.model_validate({"processors": off})
        assert tuple(off) == Processors.names()
