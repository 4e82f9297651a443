"""What a database is told of a plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from nectar.runner.sink_layout import layout
from nectar.sinks.registry import family
from tests.runner.jobs import compiled, plan_text


@pytest.mark.parametrize("name", ["sqlite", "mysql"])
@pytest.mark.parametrize("resolve_inputs", ["live", "deferred", "off"])
def test_look_ups_are_kept_where_every_commit_resolves(resolve_inputs: str, name: str) -> None:
    plan = compiled(plan_text(Path("x"), processors=f'transactions = {{ resolve_inputs = "{resolve_inputs}" }}'))
    look_ups = {one.name for one in family(name).look_ups(plan.tables)}
    assert look_ups
    kept = {one.name for one in layout(plan, name).kept_indexes}
    assert look_ups & kept == (look_ups if resolve_inputs == "live" else set())
