"""A Makefile: which commands a target comes down to, where its variables and rules are plain ones.

Source: the manual of GNU make. Includes and functions are not followed; nor is what hangs on a conditional.
"""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass, field
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NAMES = ("GNUmakefile", "makefile", "Makefile")
_BUILT_IN = {"CC": "cc", "CXX": "g++", "AR": "ar", "RM": "rm -f", "MAKE": "make"}
_ASSIGNED = regex(r"(?:export\s+|override\s+)?([\w.-]+)\s*(::?=|\?=|\+=|=)\s*(.*)")
_RULE = regex(r"([^:=#\t][^:=]*?)\s*::?(?!=)\s*([^;|]*?)\s*(?:\|[^;]*)?(?:;\s*(.*))?")
_REFERENCE = regex(r"\$(?:\(([^()$]*)\)|\{([^{}$]*)\}|(.))")
_NOT_FOLLOWED = regex(r"\s*(?:-?include|sinclude|define|endef|vpath|load)\b")
_CONDITION = regex(r"[ \t]*(?:(ifn?eq|ifn?def)|else|(endif))\b")
_SUFFIXES = regex(r"([\w.-]+):(\.\w+)=(\.\w+)")
_DOUBTFUL = "$(what a condition decides)"
_DEEPEST = 16
_EXPORTS = regex(r"^export[ \t]*((?:[ \t]+[\w.-]+)*)(?=[ \t]*(?:[:?]*=|$))", re.MULTILINE)
_UNTOLD = "$(a b)"
"""A value that is not known: what stands for it is not followed."""


class _NotFollowedError(Exception):
    """What a Makefile says is more than is read here."""


@dataclass(slots=True)
class _Makefile:
    """Its variables, unexpanded, and its rules: for each target what it needs and its recipe."""

    variables: dict[str, str] = field(default_factory=dict)
    rules: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    first: str = ""


def recipe(text: str, words: Sequence[str], is_file: Callable[[str], bool]) -> list[str]:
    """The lines that `make WORD…` runs, which names targets and sets variables; none where that is not followed."""
    given = dict(word.split("=", 1) for word in words if "=" in word)
    try:
        return _commands(_read(text), [word for word in words if "=" not in word], given, is_file)
    except _NotFollowedError:
        return []


def expanded(
    line: str,
    text: str,
    target: str,
    needs: Sequence[str],
    outside: Mapping[str, object],
    given: Mapping[str, str],
) -> str | None:
    """A line of a target's recipe as make hands it to the shell; None where that is not followed.

    `outside` are the variables of the environment, which those of the Makefile come before (`?=` does not); `given`
    are those of the command line, which come before both.
    """
    told = {name: value if isinstance(value, str) else _UNTOLD for name, value in outside.items()}
    try:
        made = _read(text, told)
        return _expand(line, {**made.variables, **given, **_own(target, needs)})
    except _NotFollowedError:
        return None


def exported(text: str, outside: Mapping[str, object], given: Mapping[str, str]) -> dict[str, str] | None:
    """The variables that a Makefile hands on to its commands: see `expanded`; None where one is not followed.

    Those are what it exports, and what was in its environment before it set it.
    """
    if re.search(r"^unexport\b", text, re.MULTILINE):
        return None
    named = [name for names in _EXPORTS.findall(text) for name in names.split()]
    told = {name: value if isinstance(value, str) else _UNTOLD for name, value in outside.items()}
    try:
        known = {**_read(text, told).variables, **given}
        if re.search(r"^export[ \t]*$", text, re.MULTILINE):
            named += [name for name in known if name not in _BUILT_IN]
        names = [name for name in known if name in named or (name in told and known[name] != told[name])]
        return {name: _expand(known[name], known) for name in names}
    except _NotFollowedError:
        return None if named else {}


def _own(target: str, needs: Sequence[str]) -> dict[str, str]:
    """The automatic variables of a rule."""
    each = " ".join(dict.fromkeys(needs))
    return {"@": target, "<": needs[0] if needs else "", "^": each, "+": " ".join(needs)}


def _read(text: str, outside: Mapping[str, str] | None = None) -> _Makefile:
    made = _Makefile({**_BUILT_IN, **(outside or {})})
    recipes: list[list[str]] = []
    depth = 0
    for line in re.sub(r"\\\r?\n[ \t]*", " ", text).splitlines():
        condition = _CONDITION.match(line)
        if condition is not None or (line.startswith("\t") and depth):
            depth += 1 if condition and condition[1] else -1 if condition and condition[2] else 0
            for recipe in recipes:
                recipe.append(_DOUBTFUL)
            continue
        if line.startswith("\t"):
            for recipe in recipes:
                recipe.append(line[1:])
            continue
        plain = line.partition("#")[0].rstrip()
        if (told := _EXPORTS.match(plain)) and told.end() == len(plain):
            continue
        if _NOT_FOLLOWED.match(plain):
            raise _NotFollowedError(plain)
        assigned, rule = _ASSIGNED.fullmatch(plain), _RULE.fullmatch(plain)
        if assigned is not None:
            _assign(made, assigned[1], assigned[2], _DOUBTFUL if depth else assigned[3])
        elif rule is not None:
            recipes = _rule(made, rule[1], rule[2], _DOUBTFUL if depth else rule[3])
        elif plain.strip():
            raise _NotFollowedError(plain)
    return made


def _assign(made: _Makefile, name: str, sign: str, value: str) -> None:
    if sign == "?=" and name in made.variables:
        return
    before = made.variables.get(name, "") if sign == "+=" else ""
    made.variables[name] = f"{before} {value}".strip()


def _rule(made: _Makefile, targets: str, needs: str, first: str | None) -> list[list[str]]:
    recipes: list[list[str]] = []
    for target in _expand(targets, made.variables).split():
        told = made.rules.setdefault(target, ([], []))
        told[0].extend(_expand(needs, made.variables).split())
        told[1].extend([first] if first else [])
        recipes.append(told[1])
        if not made.first and not target.startswith(".") and "%" not in target:
            made.first = target
    return recipes


def _expand(text: str, variables: Mapping[str, str], depth: int = 0) -> str:
    def value(match: re.Match[str]) -> str:
        name = next(group for group in match.groups() if group is not None)
        if name == "$":
            return "\0"
        suffixes = _SUFFIXES.fullmatch(name)
        if suffixes is not None:
            words = value_of(suffixes[1]).split()
            return " ".join(re.sub(f"{re.escape(suffixes[2])}$", suffixes[3], word) for word in words)
        return value_of(name)

    def value_of(name: str) -> str:
        if depth > _DEEPEST or re.search(r"[\s,:%]", name):
            raise _NotFollowedError(name)
        return _expand(variables.get(name, ""), variables, depth + 1)

    found = _REFERENCE.sub(value, text)
    return found if depth else found.replace("\0", "$")


def _commands(
    made: _Makefile, targets: Sequence[str], given: Mapping[str, str], is_file: Callable[[str], bool]
) -> list[str]:
    """The lines that are run for these targets, or for the first one; `given` are variables of the command line.

    Raises _NotFollowedError where a target has no rule, and is no file either.
    """
    lines: list[str] = []
    done: set[str] = set()

    def build(target: str, depth: int) -> None:
        if target in done:
            return
        done.add(target)
        rule = made.rules.get(target)
        if rule is None and target.endswith(".o") and "%.o" in made.rules:
            needs, recipe = made.rules["%.o"]
            rule = [need.replace("%", target.removesuffix(".o")) for need in needs], recipe
        if rule is None:
            if is_file(target) or is_file(re.sub(r"\.o$", ".c", target)):
                return
            raise _NotFollowedError(target)
        needs, recipe = rule
        if depth > _DEEPEST:
            raise _NotFollowedError(target)
        for need in needs:
            build(need, depth + 1)
        known = {**made.variables, **given, **_own(target, needs)}
        lines.extend(_expand(line.lstrip("@-+ \t"), known) for line in recipe)

    for target in targets or [made.first]:
        build(target, 0)
    return lines
