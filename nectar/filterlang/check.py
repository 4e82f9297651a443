"""Checks a syntax tree: resolves names, compares types and decodes literals, and collects every slip."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from nectar.filterlang import codes, tree
from nectar.filterlang import syntax as s
from nectar.filterlang.kinds import ORDERED, T
from nectar.filterlang.lists import file_values
from nectar.filterlang.literals import named_value
from nectar.filterlang.names import Frame, Names, Setting
from nectar.filterlang.scopes import TYPES, Field
from nectar.filterlang.texts import matched

_COUNTED = Field("count", T.INT, "", "", low=0)
_FLIP = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def check(expr: s.Expr, setting: Setting) -> tree.Test:
    """The checked tree. Errors: FilterError with every slip."""
    checker = _Checker(setting)
    test = checker.test(expr)
    if checker.slips or test is None:
        raise s.FilterError(sorted(dict.fromkeys(checker.slips), key=lambda slip: slip.at))
    return test


class _Checker(Names):
    """Checks node by node. A method returns None after a slip, so that the rest of the expression is checked too."""

    # Tests

    def test(self, expr: s.Expr) -> tree.Test | None:
        match expr:
            case s.Disjunction(parts):
                return self._joined(tree.Or, parts)
            case s.Conjunction(parts):
                return self._joined(tree.And, parts)
            case s.Negation(part):
                inner = self.test(part)
                return None if inner is None else tree.Not(inner)
            case s.Literal("yes" | "no", _, at):
                self.slip(codes.CONSTANT, f"{'true' if expr.kind == 'yes' else 'false'} tests nothing", at, "leave it out")
                return None
            case s.Name():
                return self._truth(expr)
            case s.Quantifier():
                return self._quantifier(expr)
            case s.Comparison():
                return self._compare(expr)
            case s.Between(operand, low, high, negated, at):
                both = self.test(s.Conjunction((s.Comparison(">=", operand, low, at), s.Comparison("<=", operand, high, at)), at))
                return tree.Not(both) if negated and both is not None else both
            case s.Within():
                return self._within(expr)
            case s.Match():
                return self._match(expr)
            case s.IsNull(operand, negated, at):
                return self._is_null(operand, negated, at)
            case s.Literal(_, text, at):
                self.slip(codes.TYPES, f"{text[:40]} is not a test", at, "compare something with it")
            case s.CountCall(_, _, at) | s.SumCall(_, at):
                self.slip(codes.TYPES, "a number is not a test", at, "compare it: count(outputs) > 1")
        return None

    def _joined(self, make: Any, parts: Sequence[s.Expr]) -> tree.Test | None:
        tests = [self.test(part) for part in parts]
        sound = [test for test in tests if test is not None]
        for at, part in enumerate(parts):
            if part in parts[:at]:
                self.slip(codes.REPEATED, "this test is written twice", part.at, "leave one out")
        if len(sound) < len(tests):
            return None
        flat = [inner for test in sound for inner in (test.parts if isinstance(test, make) else (test,))]
        return make(tuple(flat))  # type: ignore[no-any-return]

    def _truth(self, name: s.Name) -> tree.Test | None:
        field = self.ref(name)
        if field is None:
            return None
        ref, what = field
        if what.type is not T.BOOL:
            self.slip(codes.TYPES, f"{what.name} is {what.type.value}, which is not a test", name.at, "compare it with something")
            return None
        return tree.Truth(ref)

    def _quantifier(self, expr: s.Quantifier) -> tree.Test | None:
        each = self.each(expr.collection)
        body = self._inside(each, expr.body)
        if each is None or body is None:
            return None
        if expr.kind == "all":
            return tree.Not(tree.Any(each, tree.Not(body)))
        some = tree.Any(each, body)
        return tree.Not(some) if expr.kind == "none" else some

    def _inside(self, each: tree.Each | None, body: s.Expr) -> tree.Test | None:
        if each is None:
            return None
        self.frames.append(Frame(self.setting.collections[each.scope], each.var))
        test = self.test(body)
        self.frames.pop()
        return test

    # Comparisons

    def _compare(self, expr: s.Comparison) -> tree.Test | None:
        left, right, op = expr.left, expr.right, expr.op
        if self._is_value(left) and not self._is_value(right):
            left, right, op = right, left, _FLIP[op]
        term = self._term(left)
        if term is None:
            if isinstance(right, s.Name) and not self._is_value(right):
                self.ref(right)
            return None
        what, value = term[1], self._value(right, term[1], op)
        if value is None or not self._comparable(what, op, expr.at):
            return None
        if op == "!=":
            return tree.Not(tree.Compare("==", term[0], value))
        return tree.Compare(op, term[0], value)

    def _is_value(self, expr: s.Expr) -> bool:
        """Whether it is a literal, or a bare word that is not a field."""
        return isinstance(expr, s.Literal) or (isinstance(expr, s.Name) and len(expr.parts) == 1 and self.find(expr) is None)

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
                field = self.ref(expr)
                if field is not None and field[1].type is T.JSON and not field[0].path:
                    self.slip(
                        codes.TYPES,
                        f"{field[1].name} is a whole JSON value",
                        expr.at,
                        'name a value inside it: json.name, json["a key"][0]',
                    )
                    return None
                return field if field is None or field[1].type is not T.JSON else (field[0], _text_of(field[1]))
            case s.CountCall(collection, body):
                each = self.each(collection)
                inner = None if body is None else self._inside(each, body)
                if each is None or (body is not None and inner is None):
                    return None
                return tree.Count(each, inner), _COUNTED
            case s.SumCall(name):
                return self._sum(name)
            case s.Literal(_, _, at):
                self.slip(codes.CONSTANT, "two literals are compared", at, "name a field on one side")
            case _:
                self.slip(codes.TYPES, "a yes or no cannot be compared", expr.at, "join tests with and, or, not")
        return None

    def _sum(self, name: s.Name) -> tuple[tree.Term, Field] | None:
        if len(name.parts) != 2:
            self.slip(codes.TYPES, "sum needs a collection's field", name.at, "write sum(outputs.value)")
            return None
        each = self.each(s.Name(name.parts[:1], (), name.at))
        if each is None:
            return None
        what = self.field_of(self.setting.collections[each.scope], name.parts[1], name.at)
        if what is None:
            return None
        if what.type not in (T.LOVELACE, T.INT):
            self.slip(codes.TYPES, f"{what.name} is {what.type.value}, which has no sum", name.at)
            return None
        return tree.Sum(each, tree.Ref(each.scope, what.name, each.var)), Field("the sum", what.type, "", "")

    def _value(self, expr: s.Expr, what: Field, op: str = "==") -> tree.Term | None:
        """The right side of a comparison: a literal of the field's type, or another field."""
        if isinstance(expr, s.Literal):
            return self.literal(expr, what)
        if isinstance(expr, s.Name) and self._is_value(expr):
            value = named_value(expr.parts[0], what)
            if value is not None:
                return tree.Value(what.type, value)
        other = self._term(expr)
        if other is None:
            return None
        if other[1].type is not what.type or other[1].raw is not what.raw or other[1].shown is not what.shown:
            types = f"{what.name} is {what.type.value} and {other[1].name} is {other[1].type.value}"
            self.slip(codes.TYPES, f"{types}: they do not compare", expr.at)
            return None
        return other[0]

    # in

    def _within(self, expr: s.Within) -> tree.Test | None:
        if isinstance(expr.choices, s.Name):
            test = self._in_set(expr.operand, expr.choices)
        else:
            test = self._in_list(expr)
        return tree.Not(test) if expr.negated and test is not None else test

    def _in_set(self, operand: s.Expr, name: s.Name) -> tree.Test | None:
        """`"mint" in types`: one of the fields that the word stands for is true."""
        field = self.ref(name)
        if field is None:
            return None
        ref, what = field
        if what.type is not T.SET:
            hint = 'the only set is types; lists stand in brackets, or in a file: in @file("..")'
            self.slip(codes.TYPES, f"{what.name} is not a list", name.at, hint)
            return None
        if not isinstance(operand, s.Literal) or operand.kind != "text" or operand.text not in TYPES:
            word = operand.text if isinstance(operand, s.Literal) else "this"
            near = get_close_matches(word, TYPES, 1, 0.5)
            hint = f'did you mean "{near[0]}"?' if near else ""
            self.slip(
                codes.BAD_LITERAL,
                f"{word} is not a type of transaction",
                operand.at,
                hint,
                ", ".join(f'"{name}"' for name in TYPES),
            )
            return None
        truths = tuple(tree.Truth(tree.Ref(ref.scope, word, ref.var)) for word in TYPES[operand.text])
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
            values, path = file_values(self, expr.choices, what), expr.choices.path
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
            value = self._value(choice, what)
            if value is None:
                sound = False
            elif not isinstance(value, tree.Value):
                self.slip(codes.TYPES, "a list holds literals", choice.at, "compare fields with ==")
                sound = False
            elif value.value in values:
                self.slip(codes.REPEATED, "this is in the list already", choice.at, "leave it out")
                sound = False
            else:
                values[value.value] = choice
        return set(values) if sound else None

    # Texts and bytes

    def _match(self, expr: s.Match) -> tree.Test | None:
        term = self._term(expr.operand)
        if term is None:
            return None
        ref, what = term
        if not isinstance(ref, tree.Ref):
            self.slip(codes.TYPES, "a number has no text", expr.operand.at)
            return None
        test = matched(self, expr, ref, what)
        return tree.Not(test) if expr.negated and test is not None else test

    def _is_null(self, operand: s.Expr, negated: bool, at: s.Span) -> tree.Test | None:
        term = self._term(operand)
        if term is None:
            return None
        ref, what = term
        if not isinstance(ref, tree.Ref) or not what.null:
            self.slip(codes.CONSTANT, f"{what.name} always has a value", at, "leave this out")
            return None
        return tree.Not(tree.Null(ref)) if negated else tree.Null(ref)


def _text_of(what: Field) -> Field:
    """The field of a value inside JSON, which filters compare as text."""
    return Field(what.name, T.TEXT, what.doc, what.code, what.sql, True)
