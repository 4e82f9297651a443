"""One database of a profile while it is read: what its table says, what its connection text says, what the sections say."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from nectar.config import codes
from nectar.config.complaints.collector import Complaints, dotted
from nectar.config.document.positions import TomlPath
from nectar.config.keys import Keys
from nectar.config.profile.dsn import Said
from nectar.config.profile.model import Reference

Section = TypeVar("Section", bound=Keys)


@dataclass(slots=True)
class DatabaseReader:
    """`at` is where it stands: ``("database",)`` or ``("databases", "prod")``. `said`: what custom_dsn says, by key.

    Grows `notes`: see `Server`.
    """

    complaints: Complaints
    at: TomlPath
    said: Said = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def get(self, key: str, default: Any = None) -> Any:
        """The value, from wherever it is said; `default` when it is not said or wrong."""
        return self.said[key] if key in self.said else self.complaints.get((*self.at, key), default)

    def has(self, key: str) -> bool:
        """Whether it is said anywhere, right or wrong."""
        return key in self.said or self.complaints.has((*self.at, key))

    def place(self, key: str) -> TomlPath:
        """Whom a complaint about `key` concerns."""
        return (*self.at, "custom_dsn" if key in self.said else key)

    def sound(self, *keys: str) -> bool:
        """Whether nothing is wrong with any of them."""
        return all(self.complaints.sound(self.place(key)) for key in keys)

    def section(self, *path: str) -> TomlPath:
        """Where ``pool.size`` is said: in the database's own section, else in the one for all."""
        own = (*self.at, *path)
        return own if self.complaints.has(own) else path

    def option(self, section: str, key: str, default: Any = None) -> Any:
        """Such as `option("pool", "size", 4)`."""
        return self.complaints.get(self.section(section, key), default)

    def keys(self, model: type[Section], section: str) -> Section:
        """The section's keys, each from the database's own section, else from the one for all. Wrong ones are left out."""
        keys = {key: self.option(section, key) for key in model.model_fields}
        return model(**{key: value for key, value in keys.items() if value is not None})

    def path(self, at: TomlPath, text: str | None) -> Path | None:
        """A path that stands at `at`, relative to the folder of whoever says it; None for none. A ~ is refused."""
        if not text:
            return None
        if text.startswith("~"):
            what = f"{at[-1]} begins with ~, which is not expanded" if at[-1] != "custom_dsn" else "custom_dsn has a path with ~"
            self.complaints.add(codes.BAD_FORM, what, at, suggestion="write the whole path")
        return self.complaints.document.folder(at) / text

    def reference(self, at: TomlPath) -> Reference | None:
        """Where the secret at `at` is kept."""
        said = self.complaints.get(at, None)
        if not isinstance(said, dict) or len(said) != 1:
            return None
        ((kind, value),) = said.items()
        if kind in ("file", "kubernetes"):
            self.path((*at, kind), value)
        return Reference(kind, value, dotted(at), self.complaints.document.folder((*at, kind)))
