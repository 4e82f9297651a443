"""Syntax tree -> checked tree: names, types and literals, every slip at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from nectar.filterlang import codes, tree
from nectar.filterlang import syntax as s
from nectar.filterlang.kinds import GLOBBED, ORDERED, SEARCHED, T
from nectar.filterlang.literals import BadLiteral, NetworkFacts, named_value, value_of
from nectar.filterlang.patterns import pattern_trouble
from nectar.filterlang.scopes import BLOCK, COLLECTIONS, TX, TYPES, Field, Scope

_COUNTED = Field("count", T.INT, "", "", low=0)
_FLIP = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
MOST_IN_FILE = 10_000_000


@dataclass(frozen=True, slots=True)
class Setting:
    """Where an expression stands: what its bare names can be, and what its literals are checked against.

    `base`: the scope of `t`; with `collections` those can be gone over, and `block` be named. `folder`: of `@file` paths.
    """

    network: NetworkFacts
    folder: Path
    base: Scope = TX
    collections: Mapping[str, Scope] = field(default_factory=lambda: COLLECTIONS)
    block: Scope | None = BLOCK


def check(expr: s.Expr, setting: Setting) -> tree.Test:
    """Errors: FilterError with every slip."""
    checker = _Checker(setting)
    test = checker.test(expr)
    if checker.slips or test is None:
        raise s.FilterError(sorted(dict.fromkeys(checker.slips), key=lambda slip: slip.at))
    return test


@dataclass(slots=True)
class _Frame:
    """One thing that names can be about: the innermost comes last."""

    scope: Scope
    var: str


class _Checker:
    """Methods give None where a slip was noted, so that what stands beside it is checked all the same."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.slips: list[s.Slip] = []
        self.frames = [_Frame(setting.base, "t")]
        if setting.block is not None:
            self.frames.insert(0, _Frame(setting.block, "b"))

    def slip(self, code: str, what: str, at: s.Span, hint: str = "", allowed: str = "") -> None:
        self.slips.append(s.Slip(code, what, at, hint, allowed))

    # Tests

    def test(self, expr: s.Expr) -> tree.Test | None:
        match expr:
            case s.Or(parts):
                return self._joined(tree.Or, parts)
            case s.And(parts):
                return self._joined(tree.And, parts)
            case s.Not(part):
                inner = self.test(part)
                return None if inner is None else tree.Not(inner)
            case s.Literal("yes" | "no", _, at):
                self.slip(codes.CONSTANT, f"{'true' if expr.kind == 'yes' else 'false'} says nothing", at, "leave it out")
                return None
            case s.Name():
                return self._truth(expr)
            case s.Quantifier():
                return self._quantifier(expr)
            case s.Compare():
                return self._compare(expr)
            case s.Between(operand, low, high, negated, at):
                both = self.test(s.And((s.Compare(">=", operand, low, at), s.Compare("<=", operand, high, at)), at))
                return tree.Not(both) if negated and both is not None else both
            case s.Within():
                return self._within(expr)
            case s.Match():
                return self._match(expr)
            case s.IsNull(operand, negated, at):
                return self._is_null(operand, negated, at)
            case s.Literal(_, text, at):
                self.slip(codes.TYPES, f"{text[:40]} is no test", at, "compare something with it")
            case s.Count(_, _, at) | s.Sum(_, at):
                self.slip(codes.TYPES, "a number is no test", at, "compare it: count(outputs) > 1")
        return None

    def _joined(self, make: Any, parts: Sequence[s.Expr]) -> tree.Test | None:
        found = [self.test(part) for part in parts]
        sound = [one for one in found if one is not None]
        for at, part in enumerate(parts):
            if part in parts[:at]:
                self.slip(codes.REPEATED, "the same test stands here twice", part.at, "leave one out")
        if len(sound) < len(found):
            return None
        flat = [inner for one in sound for inner in (one.parts if isinstance(one, make) else (one,))]
        return make(tuple(flat))  # type: ignore[no-any-return]

    def _truth(self, name: s.Name) -> tree.Test | None:
        found = self._ref(name)
        if found is None:
            return None
        ref, what = found
        if what.type is not T.BOOL:
            self.slip(codes.TYPES, f"{what.name} is {what.type.value}, which is no test", name.at, "compare it with something")
            return None
        return tree.Truth(ref)

    def _quantifier(self, expr: s.Quantifier) -> tree.Test | None:
        each = self._each(expr.collection)
        body = self._inside(each, expr.body)
        if each is None or body is None:
            return None
        if expr.kind == "all":
            return tree.Not(tree.Any(each, tree.Not(body)))
        found = tree.Any(each, body)
        return tree.Not(found) if expr.kind == "none" else found

    def _inside(self, each: tree.Each | None, body: s.Expr) -> tree.Test | None:
        if each is None:
            return None
        self.frames.append(_Frame(self.setting.collections[each.scope], each.var))
        found = self.test(body)
        self.frames.pop()
        return found

    def _each(self, name: s.Name) -> tree.Each | None:
        """The collection, of the innermost thing that has it."""
        known = self.setting.collections
        word = name.parts[-1]
        if word not in known or len(name.parts) > 2 or name.keys:
            self._no_collection(name, word)
            return None
        scope = known[word]
        for frame in reversed(self.frames):
            named = len(name.parts) == 1 or name.parts[0] == frame.scope.name
            if named and (frame.scope.name in scope.within or (frame.var == "t" and "tx" in scope.within)):
                return tree.Each(word, f"x{sum(f.var[0] == 'x' for f in self.frames) + 1}", frame.var)
        self.slip(codes.MISPLACED, f"{word} cannot be gone over here", name.at)
        return None

    def _no_collection(self, name: s.Name, word: str) -> None:
        if not self.setting.collections:
            self.slip(codes.NOT_A_COLLECTION, "a row has no collections", name.at, "name its columns")
            return
        near = get_close_matches(word, self.setting.collections, 1, 0.6)
        hint = f"did you mean {near[0]}?" if near else ""
        self.slip(codes.NOT_A_COLLECTION, f"{word} is no collection", name.at, hint, ", ".join(self.setting.collections))

    # Comparisons

    def _compare(self, expr: s.Compare) -> tree.Test | None:
        left, right, op = expr.left, expr.right, expr.op
        if self._is_value(left) and not self._is_value(right):
            left, right, op = right, left, _FLIP[op]
        term = self._term(left)
        if term is None:
            if isinstance(right, s.Name) and not self._is_value(right):
                self._ref(right)
            return None
        what, value = term[1], self._value(right, term[1], op)
        if value is None or not self._comparable(what, op, expr.at):
            return None
        if op == "!=":
            return tree.Not(tree.Compare("==", term[0], value))
        return tree.Compare(op, term[0], value)

    def _is_value(self, expr: s.Expr) -> bool:
        """A literal, or a bare word that is no field."""
        return isinstance(expr, s.Literal) or (isinstance(expr, s.Name) and len(expr.parts) == 1 and self._find(expr) is None)

    def _comparable(self, what: Field, op: str, at: s.Span) -> bool:
        if op not in ("==", "!=") and what.type not in ORDERED:
            self.slip(
                codes.TYPES, f"{what.name} is {what.type.value}, which has no order", at, "compare with == or !=, or use like"
            )
            return False
        return True

    def _term(self, expr: s.Expr) -> tuple[tree.Term, Field] | None:
        match expr:
            case s.Name():
                found = self._ref(expr)
                if found is not None and found[1].type is T.JSON and not found[0].path:
                    self.slip(
                        codes.TYPES,
                        f"{found[1].name} is a whole value",
                        expr.at,
                        'name what is within: json.name, json["a key"][0]',
                    )
                    return None
                return found if found is None or found[1].type is not T.JSON else (found[0], _text_of(found[1]))
            case s.Count(collection, body):
                each = self._each(collection)
                inner = None if body is None else self._inside(each, body)
                if each is None or (body is not None and inner is None):
                    return None
                return tree.Count(each, inner), _COUNTED
            case s.Sum(name):
                return self._sum(name)
            case s.Literal(_, _, at):
                self.slip(codes.CONSTANT, "two literals are compared", at, "name a field on one side")
            case _:
                self.slip(codes.TYPES, "a yes or no cannot be compared", expr.at, "join tests with and, or, not")
        return None

    def _sum(self, name: s.Name) -> tuple[tree.Term, Field] | None:
        if len(name.parts) != 2:
            self.slip(codes.TYPES, "sum wants a collection's field", name.at, "write sum(outputs.value)")
            return None
        each = self._each(s.Name(name.parts[:1], (), name.at))
        if each is None:
            return None
        what = self._field_of(self.setting.collections[each.scope], name.parts[1], name.at)
        if what is None:
            return None
        if what.type not in (T.LOVELACE, T.INT):
            self.slip(codes.TYPES, f"{what.name} is {what.type.value}, which has no sum", name.at)
            return None
        return tree.Sum(each, tree.Ref(each.scope, what.name, each.var)), Field("the sum", what.type, "", "")

    def _value(self, expr: s.Expr, what: Field, op: str = "==") -> tree.Term | None:
        """What a field is compared with: a literal of its type, or another field."""
        if isinstance(expr, s.Literal):
            return self._literal(expr, what)
        if isinstance(expr, s.Name) and self._is_value(expr):
            value = named_value(expr.parts[0], what)
            if value is not None:
                return tree.Value(what.type, value)
        other = self._term(expr)
        if other is None:
            return None
        if other[1].type is not what.type or other[1].raw is not what.raw or other[1].shown is not what.shown:
            said = f"{what.name} is {what.type.value} and {other[1].name} is {other[1].type.value}"
            self.slip(codes.TYPES, f"{said}: they do not compare", expr.at)
            return None
        return other[0]

    def _literal(self, literal: s.Literal, what: Field) -> tree.Value | None:
        try:
            return tree.Value(what.type, value_of(literal, what, self.setting.network))
        except BadLiteral as error:
            self.slip(error.code, error.what, literal.at, error.hint)
            return None

    # in

    def _within(self, expr: s.Within) -> tree.Test | None:
        if isinstance(expr.choices, s.Name):
            found = self._in_set(expr.operand, expr.choices)
        else:
            found = self._in_list(expr)
        return tree.Not(found) if expr.negated and found is not None else found

    def _in_set(self, operand: s.Expr, name: s.Name) -> tree.Test | None:
        """`"mint" in types`: the fields that the word stands for."""
        found = self._ref(name)
        if found is None:
            return None
        if found[1].type is not T.SET:
            hint = 'the only set is types; lists stand in brackets, or in a file: in @file("..")'
            self.slip(codes.TYPES, f"{found[1].name} is no list", name.at, hint)
            return None
        if not isinstance(operand, s.Literal) or operand.kind != "text" or operand.text not in TYPES:
            said = operand.text if isinstance(operand, s.Literal) else "this"
            near = get_close_matches(said, TYPES, 1, 0.5)
            hint = f'did you mean "{near[0]}"?' if near else ""
            self.slip(
                codes.BAD_LITERAL, f"{said} is no type of transaction", operand.at, hint, ", ".join(f'"{one}"' for one in TYPES)
            )
            return None
        truths = tuple(tree.Truth(tree.Ref(found[0].scope, one, found[0].var)) for one in TYPES[operand.text])
        return truths[0] if len(truths) == 1 else tree.Or(truths)

    def _in_list(self, expr: s.Within) -> tree.Test | None:
        term = self._term(expr.operand)
        if term is None:
            return None
        ref, what = term
        if not isinstance(ref, tree.Ref):
            self.slip(codes.TYPES, "only a field can be looked for in a list", expr.operand.at)
            return None
        if isinstance(expr.choices, s.File):
            values, path = self._file(expr.choices, what), expr.choices.path
        else:
            assert not isinstance(expr.choices, s.Name)
            values, path = self._list(expr.choices, what), ""
        if values is None:
            return None
        return tree.In(ref, what.type, tuple(sorted(values)), path)

    def _list(self, choices: Sequence[s.Expr], what: Field) -> set[Any] | None:
        values: dict[Any, s.Expr] = {}
        sound = True
        for choice in choices:
            found = self._value(choice, what)
            if found is None:
                sound = False
            elif not isinstance(found, tree.Value):
                self.slip(codes.TYPES, "a list holds literals", choice.at, "compare fields with ==")
                sound = False
            elif found.value in values:
                self.slip(codes.REPEATED, "this stands in the list already", choice.at, "leave it out")
                sound = False
            else:
                values[found.value] = choice
        return set(values) if sound else None

    def _file(self, file: s.File, what: Field) -> set[Any] | None:
        """One literal a line; empty lines and what follows # do not count."""
        path = self.setting.folder / file.path
        try:
            lines = path.read_bytes().decode("utf-8-sig").splitlines()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            self.slip(codes.BAD_FILE, f"{file.path} cannot be read: {why}", file.at, "paths are relative to the plan's folder")
            return None
        values: dict[Any, int] = {}
        before = len(self.slips)
        for number, line in enumerate(lines, 1):
            text = line.partition("#")[0].strip()
            if text:
                self._entry(text, what, values, str(path), number, file.at)
        if len(self.slips) > before:
            return None
        if not values:
            self.slip(codes.BAD_FILE, f"{file.path} has no entries", file.at, "write one a line")
            return None
        return set(values)

    def _entry(self, text: str, what: Field, values: dict[Any, int], path: str, number: int, at: s.Span) -> None:
        try:
            value = value_of(_literal_of(text, what), what, self.setting.network)
        except BadLiteral as error:
            self.slips.append(s.Slip(error.code, error.what, at, error.hint, "", path, number))
            return
        if value in values:
            said = f"this stands in line {values[value]} already"
            self.slips.append(s.Slip(codes.REPEATED, said, at, "leave one out", "", path, number))
        values.setdefault(value, number)

    # Texts and bytes

    def _match(self, expr: s.Match) -> tree.Test | None:
        term = self._term(expr.operand)
        if term is None:
            return None
        ref, what = term
        if not isinstance(ref, tree.Ref):
            self.slip(codes.TYPES, "a number has no text", expr.operand.at)
            return None
        found = self._matched(expr, ref, what)
        return tree.Not(found) if expr.negated and found is not None else found

    def _matched(self, expr: s.Match, ref: tree.Ref, what: Field) -> tree.Test | None:
        pattern = expr.pattern
        asked = {"like": GLOBBED, "matches": frozenset({T.TEXT})}.get(expr.kind, SEARCHED)
        if what.type not in asked:
            hint = "compare name_text" if what.name == "name" else "compare with == or in"
            self.slip(codes.TYPES, f"{what.name} is {what.type.value}: {expr.kind} does not look into it", expr.operand.at, hint)
            return None
        if not isinstance(pattern, s.Literal):
            self.slip(codes.TYPES, f"{expr.kind} wants a literal", pattern.at)
            return None
        if expr.kind == "matches":
            why = pattern_trouble(pattern.text)
            if why:
                self.slip(codes.BAD_PATTERN, why, pattern.at)
                return None
            return tree.Regex(ref, pattern.text)
        if expr.kind == "like":
            return self._glob(pattern, ref, what)
        kind = "text" if what.type is T.TEXT else "hex"
        if pattern.kind != kind:
            self.slip(
                codes.TYPES,
                f"{what.name} is {what.type.value}",
                pattern.at,
                "write a text" if kind == "text" else "write bytes: 0x00ff",
            )
            return None
        bare = Field(what.name, T.TEXT if kind == "text" else T.BYTES, "", "", raw=what.raw)
        value = self._literal(pattern, bare)
        if value is None or not isinstance(value.value, str | bytes):
            return None
        if not value.value:
            self.slip(
                codes.CONSTANT,
                f"everything {'begins with' if expr.kind == 'starts_with' else 'holds'} nothing",
                pattern.at,
                "leave it out",
            )
            return None
        return (tree.Starts if expr.kind == "starts_with" else tree.Contains)(ref, value.value)

    def _glob(self, pattern: s.Literal, ref: tree.Ref, what: Field) -> tree.Test | None:
        text = pattern.text
        if "*" not in text:
            if what.type is not T.TEXT:
                value = self._literal(pattern, what)
                return None if value is None else tree.Compare("==", ref, value)
            self.slip(
                codes.BAD_PATTERN, f'like "{text}" is ==: there is no * in it', pattern.at, f'write == "{text}", or "{text}*"'
            )
            return None
        if not text.strip("*"):
            self.slip(codes.CONSTANT, f'everything is like "{text}"', pattern.at, "leave it out")
            return None
        if what.type is not T.TEXT and not self._begins_right(text, what, pattern.at):
            return None
        return tree.Glob(ref, text)

    def _begins_right(self, text: str, what: Field, at: s.Span) -> bool:
        """A beginning of another network's addresses, or of none, would match nothing."""
        begins = text.split("*")[0]
        mainnet = self.setting.network.network_id == 1
        if what.type is T.STAKE_ADDRESS:
            right: tuple[str, ...] = ("stake1",) if mainnet else ("stake_test1",)
        elif mainnet:
            right = ("addr1", "Ae2", "Ddz", "stake1")
        else:
            right = ("addr_test1", "2", "3", "stake_test1", "F")
        if not begins or any(one.startswith(begins) or begins.startswith(one) for one in right):
            return True
        self.slip(
            codes.FOREIGN,
            f'no {what.type.value.split()[-1]} of this network begins with "{begins}"',
            at,
            "they begin with " + " or ".join(right[:1]),
        )
        return False

    def _is_null(self, operand: s.Expr, negated: bool, at: s.Span) -> tree.Test | None:
        term = self._term(operand)
        if term is None:
            return None
        ref, what = term
        if not isinstance(ref, tree.Ref) or not what.null:
            self.slip(codes.CONSTANT, f"{what.name} always has a value", at, "leave this out")
            return None
        return tree.Not(tree.Null(ref)) if negated else tree.Null(ref)

    # Names

    def _find(self, name: s.Name) -> tuple[_Frame, Field, tuple[str | int, ...]] | None:
        """The innermost thing that has a field of this name; what follows the name of a JSON field goes into it."""
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

    def _ref(self, name: s.Name) -> tuple[tree.Ref, Field] | None:
        found = self._find(name)
        if found is None:
            self._unknown(name)
            return None
        frame, what, path = found
        if path and any(isinstance(key, str) and '"' in key for key in path):
            self.slip(codes.BAD_LITERAL, 'a key in a path cannot hold "', name.at)
            return None
        return tree.Ref(frame.scope.name, what.name, frame.var, path), what

    def _field_of(self, scope: Scope, word: str, at: s.Span) -> Field | None:
        what = scope.fields.get(word)
        if what is None:
            near = get_close_matches(word, scope.fields, 1, 0.6)
            hint = f"did you mean {near[0]}?" if near else ""
            self.slip(codes.UNKNOWN_NAME, f"{scope.name} has no field {word}", at, hint, ", ".join(scope.fields))
        return what

    def _unknown(self, name: s.Name) -> None:
        said = ".".join(name.parts)
        scopes = {frame.scope.name: frame.scope for frame in self.frames}
        if len(name.parts) > 1 and name.parts[0] in scopes:
            self._field_of(scopes[name.parts[0]], ".".join(name.parts[1:]), name.at)
            return
        if name.parts[0] in self.setting.collections:
            hint = f"write any({name.parts[0]}, {'.'.join(name.parts[1:]) or '...'} ...)"
            self.slip(codes.MISPLACED, f"{name.parts[0]} are many", name.at, hint)
            return
        here = self.frames[-1].scope
        known = [one for frame in reversed(self.frames) for one in frame.scope.fields]
        near = get_close_matches(said, known, 1, 0.6)
        elsewhere = [scope.name for scope in self.setting.collections.values() if said in scope.fields]
        hint = (
            f"did you mean {near[0]}?"
            if near
            else f"{elsewhere[0]} have one: any({elsewhere[0]}, {said} ...)"
            if elsewhere
            else ""
        )
        self.slip(codes.UNKNOWN_NAME, f"there is no field {said} here", name.at, hint, ", ".join(here.fields))


def _text_of(what: Field) -> Field:
    """A value inside JSON, as text."""
    return Field(what.name, T.TEXT, what.doc, what.code, what.sql, True)


def _literal_of(text: str, what: Field) -> s.Literal:
    """An entry of a file, where texts stand bare."""
    if what.type is T.TEXT:
        return s.Literal("text", text)
    if text.startswith("0x"):
        return s.Literal("hex", text)
    if text.replace("_", "").lstrip("-").isdigit():
        return s.Literal("integer", text)
    if what.type is T.TIME:
        return s.Literal("date", text)
    if what.type is T.LOVELACE and len(text.split()) == 2 and text.split()[1] in ("ada", "lovelace"):
        return s.Literal("amount", text)
    return s.Literal("identifier", text)
