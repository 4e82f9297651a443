"""Reads one database of a profile: from its table, its connection text and the sections."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from nectar.config import codes
from nectar.config.complaints.collector import Complaints, dotted
from nectar.config.document.positions import TomlPath
from nectar.config.keys import Keys
from nectar.config.profile.dsn import DsnKeys
from nectar.config.profile.model import Reference

Section = TypeVar("Section", bound=Keys)


@dataclass(slots=True)
class DatabaseReader:
    """`at` is the table's path: ``("database",)`` or ``("databases", "prod")``. `dsn_keys`: what custom_dsn says, by key.

    Grows `notes`: see `Server`.
    """

    complaints: Complaints
    at: TomlPath
    dsn_keys: DsnKeys = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def get(self, key: str, default: Any = None) -> Any:
        """The value, from the text or the table; `default` where it is missing or wrong."""
        return self.dsn_keys[key] if key in self.dsn_keys else self.complaints.get((*self.at, key), default)

    def has(self, key: str) -> bool:
        """Whether the text or the table says it, right or wrong."""
        return key in self.dsn_keys or self.complaints.has((*self.at, key))

    def place(self, key: str) -> TomlPath:
        """The path that a complaint about `key` is about."""
        return (*self.at, "custom_dsn" if key in self.dsn_keys else key)

    def sound(self, *keys: str) -> bool:
        """Whether none of them was complained about."""
        return all(self.complaints.sound(self.place(key)) for key in keys)

    def section(self, *path: str) -> TomlPath:
        """The path of ``pool.size``: in the database's own section where it has the key, else in the section for all."""
        own = (*self.at, *path)
        return own if self.complaints.has(own) else path

    def option(self, section: str, key: str, default: Any = None) -> Any:
        """The value of a section's key, such as `option("pool", "size", 4)`."""
        return self.complaints.get(self.section(section, key), default)

    def keys(self, model: type[Section], section: str) -> Section:
        """The section's keys, each from the database's own section, else from the one for all. Wrong ones are left out."""
        keys = {key: self.option(section, key) for key in model.model_fields}
        return model(**{key: value for key, value in keys.items() if value is not None})

    def path(self, at: TomlPath, text: str | None) -> Path | None:
        """`text`, a path said at `at`, joined to the folder of the file that says it; None for none. Complains of a ~."""
        if not text:
            return None
        if text.startswith("~"):
            what = f"{at[-1]} begins with ~, which is not expanded" if at[-1] != "custom_dsn" else "custom_dsn has a path with ~"
            self.complaints.add(codes.BAD_FORM, what, at, suggestion="write the whole path")
        return self.complaints.document.folder(at) / text

    def reference(self, at: TomlPath) -> Reference | None:
        """Where the secret at `at` is kept."""
        place = self.complaints.get(at, None)
        if not isinstance(place, dict) or len(place) != 1:
            return None
        ((kind, value),) = place.items()
        if kind in ("file", "kubernetes"):
            self.path((*at, kind), value)
        return Reference(kind, value, dotted(at), self.complaints.document.folder((*at, kind)))
