"""Resolves names: by the scopes around them, innermost first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from nectar.filterlang import codes, tree
from nectar.filterlang import syntax as s
from nectar.filterlang.kinds import T
from nectar.filterlang.literals import BadLiteral, NetworkFacts, value_of
from nectar.filterlang.scopes import BLOCK, COLLECTIONS, TX, Field, Scope


@dataclass(frozen=True, slots=True)
class Setting:
    """What an expression's names can mean and its literals are checked against.

    `base`: the scope of `t`. `collections`: those that quantifiers can iterate over. `folder`: where `@file` paths start.
    `later`: columns that follow from other rows, so that they are not known when a row is made.
    """

    network: NetworkFacts
    folder: Path
    base: Scope = TX
    collections: Mapping[str, Scope] = field(default_factory=lambda: COLLECTIONS)
    block: Scope | None = BLOCK
    later: frozenset[str] = frozenset()


@dataclass(slots=True)
class Frame:
    """A scope whose fields can be named, and its variable."""

    scope: Scope
    var: str


class Names:
    """Resolves names and notes slips. A method returns None after a slip, so that the rest of the expression is checked too."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.slips: list[s.Slip] = []
        self.frames = [Frame(setting.base, "t")]
        if setting.block is not None:
            self.frames.insert(0, Frame(setting.block, "b"))

    def slip(self, code: str, what: str, at: s.Span, hint: str = "", allowed: str = "") -> None:
        self.slips.append(s.Slip(code, what, at, hint, allowed))

    def find(self, name: s.Name) -> tuple[Frame, Field, tuple[str | int, ...]] | None:
        """The innermost frame that has a field of this name. Parts after the name of a JSON field are a path inside it."""
        parts = name.parts
        for frame in reversed(self.frames):
            rest = (
                parts[1:]
                if len(parts) > 1 and parts[0] == frame.scope.name and frame.scope.name not in frame.scope.fields
                else parts
            )
            for split in range(len(rest), 0, -1):
                what = frame.scope.fields.get(".".join(rest[:split]))
                path = (*rest[split:], *name.keys)
                if what is not None and (not path or what.type is T.JSON):
                    return frame, what, path
        return None

    def ref(self, name: s.Name) -> tuple[tree.Ref, Field] | None:
        match = self.find(name)
        if match is None:
            self.unknown(name)
            return None
        frame, what, path = match
        if path and any(isinstance(key, str) and '"' in key for key in path):
            self.slip(codes.BAD_LITERAL, 'a key in a path cannot hold "', name.at)
            return None
        return tree.Ref(frame.scope.name, what.name, frame.var, path), what

    def field_of(self, scope: Scope, word: str, at: s.Span) -> Field | None:
        what = scope.fields.get(word)
        if what is None:
            near = get_close_matches(word, scope.fields, 1, 0.6)
            hint = f"did you mean {near[0]}?" if near else ""
            self.slip(codes.UNKNOWN_NAME, f"{scope.name} has no field {word}", at, hint, ", ".join(scope.fields))
        return what

    def unknown(self, name: s.Name) -> None:
        dotted = ".".join(name.parts)
        if dotted in self.setting.later:
            hint = "a view can ask about it"
            self.slip(codes.UNKNOWN_NAME, f"{dotted} follows from other rows and is not known when a row is made", name.at, hint)
            return
        scopes = {frame.scope.name: frame.scope for frame in self.frames}
        if len(name.parts) > 1 and name.parts[0] in scopes:
            self.field_of(scopes[name.parts[0]], ".".join(name.parts[1:]), name.at)
            return
        if name.parts[0] in self.setting.collections:
            hint = f"write any({name.parts[0]}, {'.'.join(name.parts[1:]) or '...'} ...)"
            self.slip(codes.MISPLACED, f"{name.parts[0]} is a collection", name.at, hint)
            return
        innermost = self.frames[-1].scope
        known = [word for frame in reversed(self.frames) for word in frame.scope.fields]
        near = get_close_matches(dotted, known, 1, 0.6)
        elsewhere = [scope.name for scope in self.setting.collections.values() if dotted in scope.fields]
        hint = (
            f"did you mean {near[0]}?"
            if near
            else f"{elsewhere[0]} have one: any({elsewhere[0]}, {dotted} ...)"
            if elsewhere
            else ""
        )
        self.slip(codes.UNKNOWN_NAME, f"unknown field {dotted}", name.at, hint, ", ".join(innermost.fields))

    def each(self, name: s.Name) -> tree.Each | None:
        """The collection of the innermost frame that has it."""
        known = self.setting.collections
        word = name.parts[-1]
        if word not in known or len(name.parts) > 2 or name.keys:
            self.no_collection(name, word)
            return None
        scope = known[word]
        for frame in reversed(self.frames):
            named = len(name.parts) == 1 or name.parts[0] == frame.scope.name
            if named and (frame.scope.name in scope.within or (frame.var == "t" and "tx" in scope.within)):
                return tree.Each(word, f"x{sum(f.var[0] == 'x' for f in self.frames) + 1}", frame.var)
        self.slip(codes.MISPLACED, f"{word} is not a collection of what stands around it", name.at)
        return None

    def no_collection(self, name: s.Name, word: str) -> None:
        if not self.setting.collections:
            self.slip(codes.NOT_A_COLLECTION, "a row has no collections", name.at, "name its columns")
            return
        near = get_close_matches(word, self.setting.collections, 1, 0.6)
        hint = f"did you mean {near[0]}?" if near else ""
        self.slip(codes.NOT_A_COLLECTION, f"{word} is not a collection", name.at, hint, ", ".join(self.setting.collections))

    def literal(self, literal: s.Literal, what: Field) -> tree.Value | None:
        try:
            return tree.Value(what.type, value_of(literal, what, self.setting.network))
        except BadLiteral as error:
            self.slip(error.code, error.what, literal.at, error.hint)
            return None
