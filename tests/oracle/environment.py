"""Makes pycardano's own virtual environment; run by the test command, or by hand.

pycardano 0.19 needs cbor2 5, the product needs cbor2 6: the two meet only as processes (docs/decisions/0001).
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".venv-oracle"
PYTHON = HOME / "bin" / "python"


def requirements() -> list[str]:
    """The `oracle` dependency group of pyproject.toml."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    return list(groups["oracle"])


def build() -> Path:
    """The environment's interpreter, made when it is not there or holds another version."""
    stamp = HOME / ".requirements"
    wanted = "\n".join(requirements())
    if stamp.is_file() and stamp.read_text() == wanted:
        return PYTHON
    venv.create(HOME, with_pip=True, clear=True)
    install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements()]
    subprocess.run(install, check=True)
    stamp.write_text(wanted)
    return PYTHON


if __name__ == "__main__":
    print(build(), file=sys.stderr)
