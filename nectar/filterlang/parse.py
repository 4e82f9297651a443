"""Text -> syntax tree, by `grammar/filter.lark`. The only module that knows Lark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nectar.filterlang.codes import SYNTAX, TOO_LONG
from nectar.filterlang.syntax import (
    Between,
    Comparison,
    Conjunction,
    CountCall,
    Disjunction,
    Expr,
    File,
    FilterError,
    IsNull,
    Literal,
    Match,
    Name,
    Negation,
    Quantifier,
    Slip,
    Span,
    SumCall,
    Within,
)
from nectar.resources import read_grammar

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

LONGEST = 65_536  # characters of a filter; a long list belongs in a file
DEEPEST = 64  # parentheses and quantifiers within each other


_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}

_WORDS = {
    "LPAR": '"("',
    "RPAR": '")"',
    "LSQB": '"["',
    "RSQB": '"]"',
    "COMMA": '","',
    "DOT": '"."',
    "AT": '"@file"',
    "COMPARISON": "a comparison (==, !=, <, <=, >, >=)",
    "INTEGER": "a number",
    "NUMBER": "a number",
    "TEXT": "a text in quotes",
    "PATTERN": "a /pattern/",
    "HEX": "0x.. bytes",
    "DATE": "a date",
    "EPOCH": "epoch N",
    "IDENTIFIER": "an address or id",
    "NAME": "a field",
    "$END": "the end",
}
_OPERAND = frozenset(
    (
        "NAME",
        "TEXT",
        "INTEGER",
        "NUMBER",
        "HEX",
        "DATE",
        "EPOCH",
        "IDENTIFIER",
        "TRUE",
        "FALSE",
        "LPAR",
        "ANY",
        "ALL",
        "NONE",
        "COUNT",
        "SUM",
    )
)
_KEYWORDS = (
    "and",
    "or",
    "not",
    "in",
    "between",
    "like",
    "matches",
    "starts_with",
    "contains",
    "is",
    "null",
    "any",
    "all",
    "none",
    "count",
    "sum",
)


def parse(text: str) -> Expr:
    """Errors: FilterError NEC-F001 (with what was expected, in words), NEC-F002 (too long or too deep to be meant)."""
    if len(text) > LONGEST:
        hint = 'put long lists into a file: in @file("wallets.txt")'
        raise FilterError(
            [Slip(TOO_LONG, f"this filter has {len(text):,} characters; {LONGEST:,} are the most", Span(0, 1), hint)]
        )
    if not text.strip() or not re.sub(r"#[^\n]*", "", text).strip():
        raise FilterError(
            [Slip(SYNTAX, "this filter is empty", Span(0, len(text)), 'say what to keep, as in "fee > 1 ada", or leave it out')]
        )
    _check_depth(text)
    from lark.exceptions import UnexpectedInput

    try:
        return _expr(_parser().parse(text))
    except UnexpectedInput as error:
        raise FilterError([_syntax(text, error)]) from None


@lru_cache(maxsize=1)
def _parser() -> Lark:
    """The parser. It takes 40 ms to build, so a plan without filters does without it."""
    from lark import Lark

    return Lark(read_grammar("filter.lark"), parser="lalr", propagate_positions=True, maybe_placeholders=True)


def _check_depth(text: str) -> None:
    """Refuses text that nests too deeply: the parser recurses once for each parenthesis and each `not`."""
    around = [0]  # the depth of each open parenthesis
    depth = 0
    for token in re.finditer(r'"(?:\\.|[^"\\\n])*"|#[^\n]*|[()]|\w+|[^\s\w]', text):
        if token[0] in ("(", "not"):
            depth += 1
            around += [depth] if token[0] == "(" else []
        elif token[0] == ")":
            del around[max(len(around) - 1, 1) :]
            depth = around[-1]
        elif token[0][0] != "#":
            depth = around[-1]
        if depth > DEEPEST:
            raise FilterError([Slip(TOO_LONG, f"more than {DEEPEST} parentheses or nots within each other", Span(*token.span()))])


def _syntax(text: str, error: Any) -> Slip:
    """The slip for a syntax error: the unexpected word and what could stand in its place."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    allowed = set(getattr(error, "allowed", None) or getattr(error, "expected", None) or ())
    at = error.pos_in_stream if isinstance(error.pos_in_stream, int) else len(text)
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        at = len(text.rstrip())
        return Slip(SYNTAX, "the filter ends too early", Span(at, at + 1), "", _in_words(allowed))
    if not isinstance(error, UnexpectedCharacters | UnexpectedToken):
        at = len(text.rstrip())
        return Slip(SYNTAX, "the filter ends too early", Span(at, at + 1), "", _in_words(allowed))
    word = re.match(r"\w+|==|=|&&|\|\||[^\w\s]", text[at:])
    unexpected = word[0] if word else text[at : at + 1]
    return Slip(
        SYNTAX, f'"{unexpected}" cannot stand here', Span(at, at + len(unexpected)), _meant(unexpected), _in_words(allowed)
    )


def _meant(word: str) -> str:
    """A hint at what the writer meant by an unexpected word; empty when there is none."""
    known = {
        "=": "compare with ==",
        "&&": "write and",
        "||": "write or",
        "!": "write not",
        "'": 'texts stand in double quotes: "abc"',
    }
    if word in known:
        return known[word]
    if word == '"':
        return "the text has no closing quote"
    if word == "/":
        return "the pattern has no closing slash"
    near = get_close_matches(word.lower(), _KEYWORDS, 1, 0.7)
    return f"did you mean {near[0]}?" if near and near[0] != word else ""


_AFTER = frozenset({"IN", "LIKE", "BETWEEN", "MATCHES", "STARTS_WITH", "CONTAINS", "IS", "COMPARISON"})
_JOINS = frozenset({"AND", "OR"})
_SMALL = frozenset({"DOT", "LSQB", "RSQB", "COMMA", "RPAR", "NOT"})
"""Allowed after many words and rarely meant: named only where nothing else is allowed."""


def _in_words(allowed: set[str]) -> str:
    """The allowed tokens in words."""
    words = []
    if {"NAME", "TEXT", "LPAR"} <= allowed or {"NAME", "INTEGER", "HEX"} <= allowed:
        words.append("a field, a literal, or a test in parentheses")
        allowed = allowed - _OPERAND
    if allowed >= _JOINS:
        words += ["and", "or"]
        allowed = allowed - _JOINS
    if allowed >= _AFTER:
        words.append("a comparison (==, !=, <, <=, >, >=, in, between, like, matches, starts_with, contains, is null)")
        allowed = allowed - _AFTER
    rest = allowed - _SMALL if words else allowed
    words += sorted({_WORDS.get(token, token.lower()) for token in rest if not token.startswith("__")})
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])}, or {words[-1]}"


def _expr(tree: Any) -> Expr:
    return _MAKE[tree.data](tree.children, _span(tree))  # type: ignore[no-any-return]


def _span(tree: Any) -> Span:
    return Span(getattr(tree.meta, "start_pos", 0), getattr(tree.meta, "end_pos", 0))


def _token_span(token: Token) -> Span:
    return Span(token.start_pos or 0, token.end_pos or 0)


def _name(children: Sequence[Any], at: Span) -> Name:
    parts = tuple(str(child) for child in children if not hasattr(child, "data"))
    if parts[0] in _KEYWORDS:  # where no operator can stand, the lexer takes it for a name
        raise FilterError([Slip(SYNTAX, f'"{parts[0]}" cannot stand here', at, "", _in_words(set(_OPERAND)))])
    keys = tuple(_key(child.children[0]) for child in children if hasattr(child, "data"))
    return Name(parts, keys, at)


def _key(token: Token) -> str | int:
    return int(token) if token.type == "INTEGER" else unquoted(token)


def unquoted(token: str) -> str:
    """The value of a quoted text. Errors: FilterError for an unknown escape."""

    def character_of(match: re.Match[str]) -> str:
        escape = match[1]
        if escape[0] == "u" and len(escape) == 5:
            return chr(int(escape[1:], 16))
        if escape not in _ESCAPES:
            begin = getattr(token, "start_pos", 0) + 1 + match.start()
            what = f"\\{escape} is not an escape"
            raise FilterError([Slip(SYNTAX, what, Span(begin, begin + 2), 'escapes are \\" \\\\ \\n \\r \\t and \\uXXXX')])
        return _ESCAPES[escape]

    value = _ESCAPE.sub(character_of, token[1:-1])
    if any("\ud800" <= character <= "\udfff" for character in value):
        begin = getattr(token, "start_pos", 0)
        raise FilterError([Slip(SYNTAX, "half of a surrogate pair is not a text", Span(begin, begin + len(token)))])
    return value


_YES_NO = {"yes": "true", "no": "false"}


def _token_literal(kind: str) -> Any:
    def make(children: Sequence[Any], at: Span) -> Literal:
        text = unquoted(children[0]) if kind == "text" else _YES_NO.get(kind) or " ".join(map(str, children))
        return Literal(kind, text, at)

    return make


def _pattern(token: Token) -> Literal:
    if token.type == "PATTERN":
        return Literal("pattern", str(token[1:-1]), _token_span(token))
    return Literal("text", unquoted(token), _token_span(token))


def _choices(tree: Any) -> tuple[Expr, ...] | File | Name:
    if tree.data == "file":
        return File(unquoted(tree.children[0]), _span(tree))
    if tree.data == "choices":
        return tuple(map(_expr, tree.children))
    return _name(tree.children, _span(tree))


def _within(negated: bool) -> Any:
    return lambda c, at: Within(_expr(c[0]), _choices(c[1]), negated, at)


def _between(negated: bool) -> Any:
    return lambda c, at: Between(_expr(c[0]), _expr(c[1]), _expr(c[2]), negated, at)


def _match(kind: str, negated: bool) -> Any:
    def make(children: Sequence[Any], at: Span) -> Match:
        operand, pattern = children
        return Match(kind, _expr(operand), _expr(pattern) if hasattr(pattern, "data") else _pattern(pattern), negated, at)

    return make


def _collection(tree: Tree[Any]) -> Name:
    return _name(tree.children, _span(tree))


_LITERALS = ("integer", "number", "amount", "epoch", "date", "hex", "text", "identifier", "yes", "no")
_MAKE: dict[str, Any] = {
    "either": lambda c, at: Disjunction(tuple(map(_expr, c)), at),
    "both": lambda c, at: Conjunction(tuple(map(_expr, c)), at),
    "negation": lambda c, at: Negation(_expr(c[0]), at),
    "comparison": lambda c, at: Comparison(str(c[1]), _expr(c[0]), _expr(c[2]), at),
    "between": _between(False),
    "not_between": _between(True),
    "within": _within(False),
    "not_within": _within(True),
    "like": _match("like", False),
    "not_like": _match("like", True),
    "matches": _match("matches", False),
    "not_matches": _match("matches", True),
    "starts_with": _match("starts_with", False),
    "contains": _match("contains", False),
    "is_null": lambda c, at: IsNull(_expr(c[0]), False, at),
    "is_not_null": lambda c, at: IsNull(_expr(c[0]), True, at),
    "field": _name,
    "quantifier": lambda c, at: Quantifier(str(c[0]), _collection(c[1]), _expr(c[2]), at),
    "count": lambda c, at: CountCall(_collection(c[0]), None if c[1] is None else _expr(c[1]), at),
    "sum": lambda c, at: SumCall(_collection(c[0]), at),
    **{kind: _token_literal(kind) for kind in _LITERALS},
}
