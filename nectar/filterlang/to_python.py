"""Compiles a checked tree to Python source, once: no tree is walked for a transaction.

Truth has three values: true, false and unknown. Each test is therefore written as two Python conditions, *surely true* and
*surely false*; it is unknown when neither holds. `not` swaps the two, and a comparison with a missing value makes neither
true. Within `and` and `or` cheap tests come first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nectar.cardano.address import reward_address
from nectar.cardano.block import Block
from nectar.cardano.certificate import Credential
from nectar.cardano.governance import ACTION_KINDS, VOTER_ROLES, VOTES
from nectar.cardano.ids import asset_fingerprint
from nectar.cardano.network import Network
from nectar.filterlang import access, tree
from nectar.filterlang.json_path import json_text
from nectar.filterlang.kinds import T
from nectar.filterlang.patterns import glob_regex, searcher
from nectar.filterlang.scopes import ASSETS_OF_OUTPUT, BLOCK, COLLECTIONS, TX, Field, Scope

_FALSE_OP = {"==": "!=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_COST = {tree.Truth: 1, tree.Null: 1, tree.In: 2, tree.Compare: 2, tree.Starts: 2, tree.Contains: 3, tree.Glob: 4, tree.Regex: 8}
_DEAR_CODE = ("address_text", "metadata_text", "json_text", "asset_fingerprint", "certs(", "time_text")


@dataclass(frozen=True, slots=True)
class Surely:
    """The two functions of one filter: surely true and surely false. Called with (transaction, block)."""

    true: Callable[..., bool]
    false: Callable[..., bool]


def functions(network: Network, metadata_text: Callable[[Any], str | None]) -> dict[str, Any]:
    """The names that fields' code uses. `metadata_text`: a metadatum's JSON, None where it has no JSON form."""
    history = network.history

    def issuer_pool(block: Block) -> bytes | None:
        return None if block.era < 2 or block.issuer in network.delegates else block.issuer

    def account(credential: Credential | None) -> bytes | None:
        if credential is None:
            return None
        return reward_address(network.network_id, credential.is_script, credential.hash)

    names = {name: value for name, value in vars(access).items() if not name.startswith("_")}
    return {
        **names,
        "ACTION_KINDS": ACTION_KINDS,
        "VOTER_ROLES": VOTER_ROLES,
        "VOTES": VOTES,
        "asset_fingerprint": asset_fingerprint,
        "epoch_of": history.epoch_of,
        "time_text": lambda slot: history.time_text(max(slot, 0)),
        "issuer_pool": issuer_pool,
        "account": account,
        "metadata_text": metadata_text,
        "json_text": json_text,
    }


def to_python(
    test: tree.Test, env: Mapping[str, Any], scopes: Iterable[Scope] = (), questions: Iterable[tree.Test] = ()
) -> Surely:
    """Compiles a test. `scopes`: those of `t` besides the transaction's. `env`: `functions()`, and more where `scopes` need it.

    `questions` are tests of spent outputs that tracked outputs answer: `env` has `tracked_some`, `tracked_none` and
    `tracked_count`, called with the transaction and the question's number.
    """
    writer = _Writer(dict(env), {scope.name: scope for scope in (BLOCK, TX, *COLLECTIONS.values(), *scopes)}, tuple(questions))
    return Surely(writer.function(test, True, ("t", "b")), writer.function(test, False, ("t", "b")))


def matching(body: tree.Test, each: tree.Each, env: Mapping[str, Any]) -> Callable[..., list[int]]:
    """A function that returns the indexes of the elements for which `body` is surely true. Called with (transaction, block)."""
    writer = _Writer(dict(env), {scope.name: scope for scope in (BLOCK, TX, *COLLECTIONS.values())})
    elements = writer.elements(each)
    name = writer.name("places")
    writer.define(name, "t, b", f"[i for i, {each.var} in enumerate({elements}) if {writer.text(body, True)}]")
    return writer.made(name)


def of_element(body: tree.Test, var: str, env: Mapping[str, Any]) -> Surely:
    """Compiles a test about one element alone. Called with (element, None)."""
    writer = _Writer(dict(env), {scope.name: scope for scope in (BLOCK, TX, *COLLECTIONS.values())})
    return Surely(writer.function(body, True, (var, "b")), writer.function(body, False, (var, "b")))


@dataclass(slots=True)
class _Writer:
    env: dict[str, Any]
    scopes: dict[str, Scope]
    questions: tuple[tree.Test, ...] = ()
    count: int = 0
    sources: list[str] = field(default_factory=list)

    def function(self, test: tree.Test, wanted: bool, variables: tuple[str, str]) -> Callable[..., bool]:
        name = self.name("test")
        self.define(name, ", ".join(variables), self.text(test, wanted))
        return self.made(name)

    def made(self, name: str) -> Callable[..., Any]:
        exec(compile("\n".join(self.sources), "<filter>", "exec"), self.env)
        self.sources.clear()
        return self.env[name]  # type: ignore[no-any-return]

    def name(self, kind: str) -> str:
        self.count += 1
        return f"_{kind}{self.count}"

    def constant(self, value: Any) -> str:
        """The source of a value: numbers and bytes as literals, everything else by a name in `env`."""
        if isinstance(value, int | bytes) and not isinstance(value, bool):
            return repr(value) if not isinstance(value, int) or value >= 0 else f"({value})"
        name = self.name("value")
        self.env[name] = value
        return name

    def define(self, name: str, variables: str, body: str) -> None:
        self.sources.append(f"def {name}({variables}):\n    return {body}")

    def loop(self, each: tree.Each, condition: str, outer: str) -> str:
        """A function that says whether the condition holds for some element; a loop is twice as quick as a generator."""
        name = self.name("some")
        elements = self.elements(each)
        self.sources.append(
            f"def {name}({outer}):\n    for {each.var} in {elements}:\n"
            f"        if {condition}:\n            return True\n    return False"
        )
        return f"{name}({outer})"

    def elements(self, each: tree.Each) -> str:
        scope = self.scopes[each.scope]
        if each.scope == "assets" and each.parent != "t":
            return ASSETS_OF_OUTPUT[0].format(p=each.parent)
        return scope.each.format(t="t", b="b")

    # Tests

    def text(self, test: tree.Test, wanted: bool) -> str:
        """The Python condition that the test is surely true (`wanted`), or surely false."""
        match test:
            case tree.Const(value):
                return str(value is wanted)
            case tree.Not(part):
                return self.text(part, not wanted)
            case tree.And(parts) | tree.Or(parts):
                word = " and " if isinstance(test, tree.And) is wanted else " or "
                ordered = sorted(parts, key=self.cost)
                return f"({word.join(self.text(part, wanted) for part in ordered)})"
            case tree.Any(each, body):
                return self._any(each, body, wanted)
            case tree.Compare():
                return self._compare(test, wanted)
            case tree.Null(ref):
                return f"({self.ref(ref)} is {'' if wanted else 'not '}None)"
            case _:
                return self._about(test, wanted)

    def _any(self, each: tree.Each, body: tree.Test, wanted: bool) -> str:
        """A quantifier. It is surely false when its body is surely false for every element."""
        if each.scope == "inputs" and body in self.questions:
            return f"tracked_{'some' if wanted else 'none'}(t, {self.questions.index(body)})"
        depth = int(each.var[1:])
        outer = ", ".join(["t", "b", *(f"x{n}" for n in range(1, depth))])
        if wanted:
            return self.loop(each, self.text(body, True), outer)
        return f"(not {self.loop(each, f'not {self.text(body, False)}', outer)})"

    def _compare(self, test: tree.Compare, wanted: bool) -> str:
        op = test.op if wanted else _FALSE_OP[test.op]
        left, right = self.term(test.left), self.term(test.right)
        known = [text for term, text in ((test.left, left), (test.right, right)) if self.nullable(term)]
        if op == "==" and len(known) < 2:
            return f"({left} == {right})"  # a missing value equals nothing
        if not known:
            return f"({left} {op} {right})"
        return self._with(known, lambda names: f"{names.get(left, left)} {op} {names.get(right, right)}")

    def _with(self, texts: list[str], body: Callable[[dict[str, str]], str]) -> str:
        """Evaluates each text that may be None once, and tests it first."""
        names = {text: text if text.replace(".", "").isidentifier() else self.name("v") for text in texts}
        tests = " and ".join(
            f"{name} is not None" if name == text else f"({name} := {text}) is not None" for text, name in names.items()
        )
        return f"({tests} and {body(names)})"

    def _about(self, test: Any, wanted: bool) -> str:
        """The condition of a test about one field: its value, a test for None, and the test itself."""
        ref: tree.Ref = test.ref
        text, what = self.ref(ref), self.field_of(ref)
        asked = self._asked(test, what)
        if isinstance(test, tree.Glob) and what.type in (T.ADDRESS, T.STAKE_ADDRESS) and not what.shown:
            shown = asked
            asked = lambda name: shown(f"address_text({name})")  # noqa: E731
        refused = "" if wanted else "not "
        if not self.nullable(ref):
            return f"({refused}{asked(text)})"
        if wanted and isinstance(test, tree.In):
            return f"({asked(text)})"  # None is in no list
        return self._with([text], lambda names: f"{refused}{asked(names[text])}")

    def _asked(self, test: Any, what: Field) -> Callable[[str], str]:
        match test:
            case tree.Truth():
                return lambda text: text
            case tree.In(_, _, values):
                name = self.constant(frozenset(values))
                return lambda text: f"({text} in {name})"
            case tree.Starts(_, value):
                return lambda text: f"{text}.startswith({self.constant(value)})"
            case tree.Contains(_, value):
                return lambda text: f"({self.constant(value)} in {text})"
            case tree.Glob(_, pattern):
                return self._glob(pattern, what)
            case tree.Regex(_, pattern):
                name = self.constant(searcher(pattern))
                return lambda text: f"{name}({_as_text(text, what)})"
        raise TypeError(type(test).__name__)

    def _glob(self, pattern: str, what: Field) -> Callable[[str], str]:
        if pattern.endswith("*") and "*" not in pattern[:-1]:
            begin = pattern[:-1].encode() if what.raw else pattern[:-1]
            return lambda text: f"{text}.startswith({self.constant(begin)})"
        name = self.constant(glob_regex(pattern, raw=what.raw))
        return lambda text: f"({name}({text}) is not None)"

    # Terms

    def term(self, term: tree.Term) -> str:
        match term:
            case tree.Ref():
                return self.ref(term)
            case tree.Value(_, value):
                return self.constant(value)
            case tree.Count(each, None):
                return f"len({self.elements(each)})"
            case tree.Count(each, body) if each.scope == "inputs" and body in self.questions:
                return f"tracked_count(t, {self.questions.index(body)})"
            case tree.Count(each, body) if body is not None:
                return self._summed(each, self.text(body, True), "1")
            case tree.Sum(each, ref):
                value = self.ref(ref)
                return self._summed(each, f"{value} is not None" if self.nullable(ref) else "True", value)
        raise TypeError(type(term).__name__)

    def _summed(self, each: tree.Each, condition: str, value: str) -> str:
        depth = int(each.var[1:])
        outer = ", ".join(["t", "b", *(f"x{n}" for n in range(1, depth))])
        name = self.name("sum")
        self.sources.append(
            f"def {name}({outer}):\n    total = 0\n    for {each.var} in {self.elements(each)}:\n"
            f"        if {condition}:\n            total += {value}\n    return total"
        )
        return f"{name}({outer})"

    def ref(self, ref: tree.Ref) -> str:
        text = self.field_of(ref).code.format(x=ref.var, t="t", b="b")
        if ref.path:
            return f"json_text({text}, {self.constant(ref.path)})"
        return text

    def field_of(self, ref: tree.Ref) -> Field:
        return self.scopes[ref.scope].fields[ref.field]

    def nullable(self, term: tree.Term) -> bool:
        return isinstance(term, tree.Ref) and (self.field_of(term).null or bool(term.path))

    def cost(self, test: tree.Test) -> int:
        """A rough cost: numbers before texts before collections."""
        match test:
            case tree.And(parts) | tree.Or(parts):
                return sum(map(self.cost, parts))
            case tree.Not(part):
                return self.cost(part)
            case tree.Any(_, body):
                return 20 + 4 * self.cost(body)
            case tree.Compare(_, left, right):
                inner = 40 if any(isinstance(term, tree.Count | tree.Sum) for term in (left, right)) else 2
                return inner + sum(self._dear(ref) for ref in tree.refs_of(test))
            case _:
                return _COST.get(type(test), 1) + sum(self._dear(ref) for ref in tree.refs_of(test))

    def _dear(self, ref: tree.Ref) -> int:
        code = self.field_of(ref).code
        return 30 * any(word in code for word in _DEAR_CODE) + 60 * bool(ref.path)


def _as_text(text: str, what: Field) -> str:
    return f"{text}.decode('utf-8', 'replace')" if what.raw else text
