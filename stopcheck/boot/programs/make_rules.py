"""The rules of a Makefile that is plain enough to be read (gnu.org/software/make/manual)."""

from __future__ import annotations

import re

from stopcheck.boot.grammar import needs_a_shell
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.makefile import expanded
from stopcheck.model import Unknown
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stopcheck.boot.world import Field


_RULE = regex(r"^([\w./-]+(?:\s+[\w./-]+)*)\s*:(?![=:])\s*([^=;#]*)$")


def recipe(
    text: str, targets: list[str], env: Mapping[str, Field] | None = None, given: Mapping[str, str] | None = None
) -> list[tuple[Field, ...]] | Unknown:
    """The argvs that make runs for these targets (the first rule's where none): plain commands without a shell.

    `env`: the variables that it finds set, None where they are not known; `given`: those of its command line.
    """
    rules = read_rules(text)
    if isinstance(rules, Unknown):
        return rules
    found: list[tuple[Field, ...]] = []
    done: set[str] = set()

    def expand(line: str, target: str, needs: list[str]) -> str | None:
        if env is None and "$" in line.replace("$$", ""):
            return None
        return expanded(line, text, target, needs, env or {}, given or {})

    for target in targets or list(rules)[:1]:
        problem = _collect(target, rules, expand, found, done)
        if problem is not None:
            return problem
    return found


def _collect(
    target: str,
    rules: Mapping[str, tuple[list[str], list[str]]],
    expand: Callable[[str, str, list[str]], str | None],
    found: list[tuple[Field, ...]],
    done: set[str],
) -> Unknown | None:
    if target in done:
        return None
    done.add(target)
    if target not in rules:
        return Unknown(f"the Makefile's rule for {target}")
    before, lines = rules[target]
    for name in before:
        if name in rules:
            problem = _collect(name, rules, expand, found, done)
            if problem is not None:
                return problem
    for line in lines:
        plain: str | None = line.lstrip("@+- \t").strip()
        if plain and "$" in plain:
            plain = expand(plain, target, before)
            if plain is None:
                return Unknown("a variable in the Makefile's recipe")
        if plain:
            found.append(_words(plain))
    return None


def _words(line: str) -> tuple[Field, ...]:
    """A line of a recipe as make starts it: what stands in single quotes needs no shell (make's job.c)."""
    if needs_a_shell(re.sub("'[^'\n]*'", "x", line)):
        return ("/bin/sh", "-c", line)
    if "'" not in line:
        return tuple(line.split())
    import shlex

    return tuple(shlex.split(line))


def read_rules(text: str) -> dict[str, tuple[list[str], list[str]]] | Unknown:
    """Each target's prerequisites and recipe lines."""
    rules: dict[str, tuple[list[str], list[str]]] = {}
    current: list[str] = []
    for line in logical_lines(text):
        if line.startswith("\t"):
            for target in current:
                rules[target][1].append(line[1:])
            continue
        if re.match(r"\s*(-?include|ifeq|ifneq|ifdef|ifndef|define|\.ONESHELL|(?:export\s+)?SHELL\s*[:?]?=)", line):
            return Unknown("a Makefile with conditions, includes or a shell of its own")
        rule = _RULE.match(line.split("#")[0].rstrip())
        current = rule[1].split() if rule else []
        for target in current:
            assert rule is not None
            known = rules.setdefault(target, ([], []))
            known[0].extend(rule[2].split())
    return {target: rule for target, rule in rules.items() if not target.startswith(".")}


def logical_lines(text: str) -> Iterator[str]:
    """Its lines, those that a backslash continues joined."""
    held = ""
    for line in text.split("\n"):
        if line.endswith("\\"):
            held += line[:-1] + " "
            continue
        yield held + line
        held = ""
