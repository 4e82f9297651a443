"""Small bugs that can be planted in a module. Each replaces one piece of its text."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

COMPARED = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: (r"is\s+not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: (r"not\s+in", ("in",)),
}
COUNTED = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "//"),
    ast.Div: ("/", "*"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.BitXor: ("^", "|"),
}
NAMES = {
    "sorted": "list",
    "reversed": "list",
    "set": "list",
    "frozenset": "list",
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
}
DROPPED = (ast.Continue, ast.Break, ast.Delete, ast.Raise, ast.AugAssign)


class Change(NamedTuple):
    """`start` and `end` count characters of the module's text. `inside`: the function's qualified name, `<module>` outside of any."""

    kind: str
    start: int
    end: int
    new: str
    inside: str
    line: int


def changes(text: str) -> list[Change]:
    """Every change of a module, once, in the order of its text. Some change nothing in truth (see `is_other`)."""
    finder = _Finder(text)
    finder.visit(ast.parse(text))
    by_place = {(change.start, change.end, change.new): change for change in finder.changes}
    return [by_place[key] for key in sorted(by_place)]


def planted(text: str, change: Change) -> str:
    return text[: change.start] + change.new + text[change.end :]


def is_other(text: str, change: Change) -> bool:
    """Whether the changed module compiles and is another program than the module itself."""
    try:
        tree = ast.parse(planted(text, change))
        compile(tree, "mutant", "exec")
    except SyntaxError:
        return False
    return ast.dump(tree) != ast.dump(ast.parse(text))


class _Finder(ast.NodeVisitor):
    """Collects the changes of a module. It leaves alone what no run reads: annotations, docstrings, type-checking imports, decorators."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.changes: list[Change] = []
        self.names: list[str] = []
        lengths = [len(line) for line in text.splitlines(keepends=True)]
        self.lines = [sum(lengths[:at]) for at in range(len(lengths) + 1)]

    def span(self, node: ast.AST) -> tuple[int, int]:
        """(start, end) of a node in characters of the text; the columns of an AST count bytes."""
        corners = [(node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)]  # type: ignore[attr-defined]
        ends = []
        for line, column in corners:
            raw = self.text[self.lines[line - 1] : self.lines[line]].encode()
            ends.append(self.lines[line - 1] + len(raw[:column].decode()))
        return ends[0], ends[1]

    def of(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def add(self, kind: str, start: int, end: int, new: str) -> None:
        line = self.text.count("\n", 0, start) + 1
        within = self.names[-1:] == ["<locals>"]  # else a class's body, which runs when the module does
        self.changes.append(Change(kind, start, end, new, ".".join(self.names[:-1]) if within else "<module>", line))

    def swap(self, kind: str, node: ast.AST, new: str) -> None:
        self.add(kind, *self.span(node), new)

    def between(self, kind: str, left: ast.AST, right: ast.AST, operator: str, new: str) -> None:
        """Replaces the operator that stands between two nodes."""
        start, end = self.span(left)[1], self.span(right)[0]
        match = re.search(rf"(?<!\w){operator}(?!\w)" if operator[0].isalpha() else operator, self.text[start:end])
        if match is not None:
            self.add(kind, start + match.start(), start + match.end(), new)

    # what is walked through

    def _named(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, step: list[str]) -> None:
        self.names += step
        body = node.body
        if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            body = body[1:]
        for one in body:
            self.visit(one)
        del self.names[-len(step) :]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for default in [*node.args.defaults, *(one for one in node.args.kw_defaults if one)]:
            self.visit(default)
        self._named(node, [node.name, "<locals>"])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._named(node, [node.name])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None and self.of(node.annotation) != "TypeAlias":
            self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        if self.of(node.test) == "TYPE_CHECKING":
            return
        self.swap("condition", node.test, f"not ({self.of(node.test)})")
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Texts for people; and Python 3.11 does not know where things stand in them."""

    # what is changed

    def visit_Compare(self, node: ast.Compare) -> None:
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            text, others = COMPARED[type(operator)]
            for other in others:
                kind = "boundary" if {text, other} in ({"<", "<="}, {">", ">="}) else "comparison"
                self.between(kind, left, right, text, other)
            left = right
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        texts = any(
            isinstance(one, ast.JoinedStr) or (isinstance(one, ast.Constant) and isinstance(one.value, str))
            for one in (node.left, node.right)
        )
        if type(node.op) in COUNTED and not texts:
            old, new = COUNTED[type(node.op)]
            self.between("arithmetic", node.left, node.right, re.escape(old), new)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self.between("and or", left, right, old, new)
            self.swap("condition dropped", node, self.of(left if len(node.values) == 2 else right))
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self.swap("not", node, f"({self.of(node.operand)})")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self.swap("constant", node, str(not node.value))
        elif isinstance(node.value, int):
            for other in {node.value + 1, max(node.value - 1, 0)} - {node.value}:
                self.swap("constant", node, str(other))

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.swap("branches", node, f"{self.of(node.orelse)} if {self.of(node.test)} else {self.of(node.body)}")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = self.of(node.func)
        if name in NAMES:
            self.swap("call", node.func, NAMES[name])
        if name == "dict.fromkeys" and len(node.args) == 1:
            self.swap("call", node, self.of(node.args[0]))
        plain = [one for one in node.args if not isinstance(one, ast.Starred)]
        if len(plain) > 1 and len(plain) == len(node.args) and name != "isinstance":
            first, second = plain[:2]
            between = self.text[self.span(first)[1] : self.span(second)[0]]
            self.add("arguments", self.span(first)[0], self.span(second)[1], f"{self.of(second)}{between}{self.of(first)}")
        self.generic_visit(node)

    def visit_Slice(self, node: ast.Slice) -> None:
        for bound in (node.lower, node.upper):
            if bound is not None:
                self.swap("slice", bound, "")
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and self.of(node.value) != "None":
            self.swap("return", node.value, "None")
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.swap("statement dropped", node, "pass")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if type(node.op) in COUNTED:
            old, new = COUNTED[type(node.op)]
            self.between("arithmetic", node.target, node.value, re.escape(old) + "=", f"{new}=")
        self.generic_visit(node)

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, DROPPED):
            self.swap("raise dropped" if isinstance(node, ast.Raise) else "statement dropped", node, "pass")
        if not isinstance(node, ast.Import | ast.ImportFrom | ast.Raise):  # an error is raised or not; its words are for people
            super().generic_visit(node)
