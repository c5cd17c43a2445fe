"""The variables of the environment without which a Go program gives up at the start of its `main`."""

from __future__ import annotations

import re
from itertools import pairwise

from stopcheck.boot.handlers.guards import LOADERS, Guard
from stopcheck.boot.handlers.scan import block
from stopcheck.hints import TYPE_CHECKING
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 4000
"""Characters of a statement that is looked at."""
_ASK = r'os\.Getenv\("(\w+)"\)'
_GIVEN = regex(rf"\s*([\w, ]+?)\s*:?=\s*{_ASK}((?:\s*,\s*{_ASK})*)\s*$")
_FOUND = regex(r'\s*\w+\s*,\s*(\w+)\s*:?=\s*os\.LookupEnv\("(\w+)"\)\s*$')
_IF = regex(r"\s*if\s+(?:([^;{]+);\s*)?([^{]+?)\s*\{\n(.*)\n\t\}", re.DOTALL)
_ENDS = regex(r"^\t*(?:log\.(Fatal|Panic)\w*|(panic)|os\.Exit)\s*\((\d*)[^\n]*$", re.MULTILINE)
_CALL = regex(r'[^\n"]*?\b(\w+)\("(\w+)"\)[\s,)]*$')
_NEVER_COMES = regex(r"^\t(?:for|select|switch|return|go)\b|\b(?:Setenv|Exec|Exit|Fatal\w*)\s*\(")


def guards(text: str, needs: tuple[str, ...]) -> Iterator[Guard]:
    """The guards in the order in which they are come to; none where a library may set variables."""
    main = block(text, r"func main\(\) \{")
    if main is None or any(LOADERS.search(need) for need in needs):
        return
    first = text.count("\n", 0, main[0]) + 1
    names: dict[str, str] = {}
    for at, statement in _statements(main[1]):
        if len(statement) > _LONGEST:
            return
        line = first + at
        told = _IF.fullmatch(statement)
        if told is not None:
            names |= _given(told[1] or "")
            end = _ends(told[3])
            if end is not None:
                below, status = end
                lacking = _lacking(told[2], names)
                yield from (Guard(name, line + 1 + below, status) for name in lacking)
                if lacking:
                    continue
            elif _ENDS.search(told[3]):
                return
            continue
        if _NEVER_COMES.search(statement):
            return
        names |= _given(statement)
        called = _CALL.match(statement)
        must = _must(text, called[1]) if called else None
        if called and must is not None:
            yield Guard(called[2], line, must)


def _statements(block: str) -> Iterator[tuple[int, str]]:
    """The statements of `main`, and the lines where they begin, from 0: as gofmt sets them, the rest stands deeper."""
    lines = block.split("\n")
    starts = [at for at, line in enumerate(lines) if re.match(r"\t(?![\t }\)])", line)]
    for start, end in pairwise([*starts, len(lines)]):
        yield start, "\n".join(lines[start:end]).rstrip()


def _given(statement: str) -> dict[str, str]:
    """The variables of the program that one statement gives those of the environment; `ok` of a look-up, too."""
    found = _FOUND.match(statement)
    if found:
        return {f"!{found[1]}": found[2]}
    given = _GIVEN.match(statement)
    if given is None:
        return {}
    asked = [given[2], *re.findall(_ASK, given[3])]
    return dict(zip((name.strip() for name in given[1].split(",")), asked, strict=False))


def _lacking(condition: str, names: dict[str, str]) -> list[str]:
    """The variables of which each that is not set makes a condition true; none where it asks for anything else, too."""
    found: list[str] = []
    for term in condition.split("||"):
        word = re.sub(r'\s*==\s*""$|^len\((.*)\)\s*==\s*0$', r"\1", term.strip())
        asked = re.fullmatch(_ASK, word)
        name = asked[1] if asked else names.get(word) if word != term.strip() or word.startswith("!") else None
        if name is None:
            return []
        found.append(name)
    return found


def _ends(block: str) -> tuple[int, int] | None:
    """The line of a block on which it ends the program, and the status; None where it may go on."""
    lines = block.split("\n")
    match = _ENDS.match(lines[-1])
    if match is None or any(re.match(r"\t*(?:if|for|switch|select|return)\b", line) for line in lines):
        return None
    status = int(match[3]) & 255 if match[3] else 2 if match[1] == "Panic" or match[2] else 1
    return len(lines) - 1, status


def _must(text: str, function: str) -> int | None:
    """The status with which a function of this file ends the program where the variable that it is told is not set."""
    told = re.search(rf"^func {function}\((\w+) string\)", text, re.MULTILINE)
    found = block(text, rf"func {function}\(") if told else None
    if told is None or found is None:
        return None
    given = rf"\t(?:if )?(\w+)(?:, (\w+))? :?= os\.(?:Getenv|LookupEnv)\({told[1]}\)(?:\n\tif |; )"
    asks = re.match(given + r"([^\n]*) \{\n(.*?)\n\t\}", found[1], re.DOTALL)
    if asks is None or asks[3] not in {f'{asks[1]} == ""', f"len({asks[1]}) == 0", f"!{asks[2]}"}:
        return None
    end = _ends(asks[4])
    return end[1] if end is not None else None
