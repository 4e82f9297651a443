"""Checks tests of texts and bytes: like, matches, starts_with, contains."""

from __future__ import annotations

from nectar.filterlang import codes, tree
from nectar.filterlang import syntax as s
from nectar.filterlang.kinds import GLOBBED, SEARCHED, T
from nectar.filterlang.names import Names
from nectar.filterlang.patterns import pattern_trouble
from nectar.filterlang.scopes import Field


def matched(names: Names, expr: s.Match, ref: tree.Ref, what: Field) -> tree.Test | None:
    """The checked test; None after a slip."""
    pattern = expr.pattern
    asked = {"like": GLOBBED, "matches": frozenset({T.TEXT})}.get(expr.kind, SEARCHED)
    if what.type not in asked:
        fault = f"{what.name} is {what.type.value}: {expr.kind} does not apply to it"
        names.slip(codes.TYPES, fault, expr.operand.at, _instead(names, what))
        return None
    if not isinstance(pattern, s.Literal):
        names.slip(codes.TYPES, f"{expr.kind} needs a literal", pattern.at)
        return None
    if expr.kind == "matches":
        why = pattern_trouble(pattern.text)
        if why:
            names.slip(codes.BAD_PATTERN, why, pattern.at)
            return None
        return tree.Regex(ref, pattern.text)
    if expr.kind == "like":
        return _glob(names, pattern, ref, what)
    return _contained(names, expr, pattern, ref, what)


def _contained(names: Names, expr: s.Match, pattern: s.Literal, ref: tree.Ref, what: Field) -> tree.Test | None:
    kind = "text" if what.type is T.TEXT else "hex"
    if pattern.kind != kind:
        names.slip(
            codes.TYPES,
            f"{what.name} is {what.type.value}",
            pattern.at,
            "write a text" if kind == "text" else "write bytes: 0x00ff",
        )
        return None
    bare = Field(what.name, T.TEXT if kind == "text" else T.BYTES, "", "", raw=what.raw)
    value = names.literal(pattern, bare)
    if value is None or not isinstance(value.value, str | bytes):
        return None
    if not value.value:
        names.slip(
            codes.CONSTANT,
            f"everything {'begins with' if expr.kind == 'starts_with' else 'holds'} nothing",
            pattern.at,
            "leave it out",
        )
        return None
    return (tree.Starts if expr.kind == "starts_with" else tree.Contains)(ref, value.value)


def _instead(names: Names, what: Field) -> str:
    """A hint at the tests that do apply to the field."""
    test = "" if names.setting.network.network_id == 1 else "_test"
    if what.name == "name":
        return "compare name_text"
    if what.type is T.STAKE_ADDRESS:
        return f'write like "stake{test}1..*", or compare with == or in'
    if what.type in GLOBBED:
        return f'write like "addr{test}1..*", or compare with == or in'
    return "write starts_with or contains" if what.type in SEARCHED else "compare with == or in"


def _glob(names: Names, pattern: s.Literal, ref: tree.Ref, what: Field) -> tree.Test | None:
    text = pattern.text
    if "*" not in text:
        if what.type is not T.TEXT:
            value = names.literal(pattern, what)
            return None if value is None else tree.Compare("==", ref, value)
        names.slip(codes.BAD_PATTERN, f'like "{text}" is ==: there is no * in it', pattern.at, f'write == "{text}", or "{text}*"')
        return None
    if not text.strip("*"):
        names.slip(codes.CONSTANT, f'everything is like "{text}"', pattern.at, "leave it out")
        return None
    if what.type is not T.TEXT and not _begins_right(names, text, what, pattern.at):
        return None
    return tree.Glob(ref, text)


def _begins_right(names: Names, text: str, what: Field, at: s.Span) -> bool:
    """Whether an address of this network can begin so. Any other beginning would match nothing."""
    if not names.setting.network.known:
        return True
    begins = text.split("*")[0]
    mainnet = names.setting.network.network_id == 1
    if what.type is T.STAKE_ADDRESS:
        right: tuple[str, ...] = ("stake1",) if mainnet else ("stake_test1",)
    elif mainnet:
        right = ("addr1", "Ae2", "Ddz", "stake1")
    else:
        right = ("addr_test1", "2", "3", "stake_test1", "F")
    if not begins or any(prefix.startswith(begins) or begins.startswith(prefix) for prefix in right):
        return True
    names.slip(
        codes.FOREIGN,
        f'no {what.type.value.split()[-1]} of this network begins with "{begins}"',
        at,
        "they begin with " + " or ".join(right[:1]),
    )
    return False
