"""A family of databases is imported when it is chosen, and no other with it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

ASK = """
import json, sys
from pathlib import Path
import nectar.runner.run, nectar.runner.follow.run
from nectar.runner.sink_layout import layout
from nectar.compiler.load import read_document
from nectar.config.document.load import load_text
from nectar.sinks.registry import stager
text = '[plan]\\nname = "p"\\nnetwork = "preview"\\n[source]\\nkind = "immutable"\\npath = "i"\\n[processors]\\nblocks = true\\n'
stager({0!r}, layout(read_document(load_text(text, "plan.toml"), Path("plan.toml")), {0!r}))
print(json.dumps(sorted(sys.modules)))
"""


@pytest.mark.parametrize(
    ("name", "wanted", "unwanted"),
    [
        ("sqlite", "nectar.sinks.sqlite", ("nectar.sinks.mysql", "pymysql")),
        ("mysql", "nectar.sinks.mysql", ("nectar.sinks.sqlite", "apsw")),
        ("tidb", "nectar.sinks.mysql", ("nectar.sinks.sqlite", "apsw")),
    ],
)
def test_only_what_is_chosen(name: str, wanted: str, unwanted: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-c", ASK.format(name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    modules = json.loads(done.stdout)
    assert any(one.startswith(wanted) for one in modules)
    assert not [one for one in modules if one.startswith(unwanted)]
