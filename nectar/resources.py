"""The grammar, schemas and plans that come with Nectar: inside an installed wheel, or at a checkout's root."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from nectar.errors import FatalError


def read_schema(name: str) -> str:
    """Text of ``schemas/<name>.schema.json``; `name` is ``plan`` or ``profile``. Errors: FatalError NEC-R001."""
    return _read("schemas", f"{name}.schema.json")


def schema_line(name: str) -> str:
    """The comment by which editors find a schema: the URL of this installation's own file."""
    file = _find("schemas", f"{name}.schema.json")
    return f"#:schema {file.as_uri()}\n" if isinstance(file, Path) else ""


def read_templates() -> dict[str, str]:
    """Text of each ``plans/NAME.toml``, by NAME."""
    folder = next(place for place in _places("plans") if place.is_dir())
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {file.name.removesuffix(".toml"): file.read_text(encoding="utf-8") for file in files}


def read_grammar(name: str) -> str:
    """Text of ``grammar/<name>``, such as ``filter.lark``. Errors: FatalError NEC-R001."""
    return _read("grammar", name)


def _read(folder: str, name: str) -> str:
    return _find(folder, name).read_text(encoding="utf-8")


def _find(folder: str, name: str) -> Traversable:
    for place in _places(folder):
        file = place.joinpath(name)
        if file.is_file():
            return file
    raise FatalError(
        f"{folder}/{name} is missing from this installation",
        where=str(_places(folder)[0]),
        hint="install Nectar again: pip install --force-reinstall nectar-cardano",
        code="NEC-R001",
    )


def _places(folder: str) -> tuple[Traversable, ...]:
    """A wheel carries the folder inside the package (pyproject's force-include); an editable install reads the checkout's."""
    package = files("nectar")
    checkout = Path(str(package)).parent
    return (package.joinpath("_shipped", folder), checkout.joinpath(folder))
