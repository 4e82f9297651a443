"""A wheel that is installed outside the checkout has its schemas and grammar, and works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.conftest import ROOT

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment with the wheel alone; its dependencies come from this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, cwd=folder, env=CLEAN)
    (wheel,) = folder.glob("*.whl")
    home = folder / "environment"
    venv.create(home, with_pip=True)
    binaries = home / "bin"
    install = [str(binaries / "pip"), "install", "--quiet", "--no-deps", "--disable-pip-version-check", str(wheel)]
    subprocess.run(install, check=True, cwd=folder, env=CLEAN)
    libraries = [path for path in sys.path if Path(path).name == "site-packages"]
    site_packages = next((home / "lib").glob("python*/site-packages"))
    (site_packages / "dependencies.pth").write_text("\n".join(libraries) + "\n")
    return binaries


def nectar(binaries: Path, *arguments: str, folder: Path) -> str:
    done = subprocess.run([str(binaries / "nectar"), *arguments], cwd=folder, env=CLEAN, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_runs_from_the_wheel_and_not_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    where = [str(installed / "python"), "-c", "import nectar; print(nectar.__file__)"]
    path = Path(subprocess.run(where, cwd=tmp_path, env=CLEAN, capture_output=True, text=True, check=True).stdout.strip())
    assert ROOT not in path.parents
    assert nectar(installed, "--version", folder=tmp_path).startswith("nectar ")


def test_schemas_and_grammar_are_in_it(installed: Path, tmp_path: Path) -> None:
    listing = "import nectar, pathlib; [print(p) for p in sorted(pathlib.Path(nectar.__file__).parent.rglob('_shipped/**/*'))]"
    out = subprocess.run(
        [str(installed / "python"), "-c", listing], cwd=tmp_path, env=CLEAN, capture_output=True, text=True, check=True
    )
    names = {Path(line).name for line in out.stdout.splitlines()}
    assert names >= {"plan.schema.json", "profile.schema.json", "grammar", "schemas", "plans"}


def test_templates_and_schemas_come_from_it(installed: Path, tmp_path: Path) -> None:
    names = [line.split()[0] for line in nectar(installed, "plan", "new", folder=tmp_path).splitlines()]
    assert sorted(names) == sorted(path.stem for path in (ROOT / "plans").glob("*.toml"))
    nectar(installed, "plan", "new", "preview-sample", "--out", "plan.toml", folder=tmp_path)
    nectar(installed, "plan", "validate", "plan.toml", folder=tmp_path)
    schema = (tmp_path / "plan.toml").read_text().splitlines()[0].removeprefix("#:schema file://")
    assert ROOT not in Path(schema).parents
    assert nectar(installed, "plan", "schema", folder=tmp_path) == Path(schema).read_text()
    assert json.loads(nectar(installed, "profile", "schema", folder=tmp_path))["title"] == "Nectar connection profile"


def test_a_plan_is_validated_compiled_and_run(installed: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    source = ROOT / "tests/data/preview/immutable"
    plan.write_text(
        f'[plan]\nnetwork = "preview"\n[source]\nkind = "immutable"\npath = "{source}"\n'
        '[sync]\nstart = "origin"\nend_slot = 20000\n[processors]\nblocks = true\ntransactions = true\n'
    )
    nectar(installed, "plan", "validate", "plan.toml", folder=tmp_path)
    assert "CREATE TABLE" in nectar(installed, "plan", "compile", "plan.toml", "--emit-sql", folder=tmp_path)
    summary = json.loads(nectar(installed, "run", "plan.toml", "--db", "out.db", "--progress", "off", folder=tmp_path))
    assert summary["blocks"] == 1_001
    bad = tmp_path / "bad.toml"
    bad.write_text("[processors]\nblock = true\n")
    done = subprocess.run(
        [str(installed / "nectar"), "plan", "validate", "bad.toml"], cwd=tmp_path, env=CLEAN, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "blocks" in done.stdout + done.stderr
