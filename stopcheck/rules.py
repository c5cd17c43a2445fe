"""Loads rule pages: a rule's name, summary, severity and text stand in `rules/NAME.md` and nowhere else."""

from __future__ import annotations

import os
import re
from functools import cache

from stopcheck.hints import TYPE_CHECKING, cast
from stopcheck.records import dataclass
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Literal

    from stopcheck.model import Severity

SEVERITIES = ("error", "warning", "note")
FIXES = ("safe", "unsafe", "none")
KEYS = ("summary", "severity", "fix", "since", "aliases")
MARK = regex(r"[ \t]*# finding:.*")


class PageError(Exception):
    """A rule page that is not of the form that docs/rules.md describes."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as its page has it; `severity` is the highest it reports, `text` the page below the front matter."""

    name: str
    summary: str
    severity: Severity
    fix: Literal["safe", "unsafe", "none"]
    since: str
    aliases: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """A titled example: its files by name, their permission bits, and the marked lines (path, line from 1).

    The `# finding: …` lines are taken out of the files; a mark is the line that followed.
    """

    title: str
    files: Mapping[str, str]
    modes: Mapping[str, int]
    marks: tuple[tuple[str, int], ...]


def folder() -> str:
    """Where the pages are: in the installed package, else in the checkout."""
    package = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.join(package, "_rules")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(package), "rules")


def names() -> tuple[str, ...]:
    """The names of all rules, sorted; no page is read for it."""
    try:
        return tuple(sorted(name[:-3] for name in os.listdir(folder()) if name.endswith(".md")))
    except FileNotFoundError:
        return ()


@cache
def load(name: str) -> Rule:
    """The rule of that name; KeyError where there is none, PageError where its page cannot be read."""
    if name not in names():
        raise KeyError(name)
    with open(os.path.join(folder(), name + ".md"), encoding="utf-8") as file:
        return parse(name, file.read())


def load_all() -> tuple[Rule, ...]:
    """All rules by name."""
    return tuple(load(name) for name in names())


def resolve(name: str) -> str:
    """The name of the rule that is called, or was once called, `name`; KeyError where there is none."""
    if name in names():
        return name
    for rule in load_all():
        if name in rule.aliases:
            return rule.name
    raise KeyError(name)


def unknown(name: str) -> str:
    """What to say to somebody who names a rule that does not exist."""
    from difflib import get_close_matches

    close = get_close_matches(name, names(), n=1)
    hint = f"did you mean {close[0]}?" if close else "`stopcheck rules` lists them"
    return f"no rule is called {name}: {hint}"


def parse(name: str, page: str) -> Rule:
    """A page's text as a rule; PageError says what is wrong with it."""
    match = re.match(r"---\n(.*?)\n---\n", page, re.DOTALL)
    if match is None:
        raise PageError(f"{name}: no front matter")
    values: dict[str, str] = {}
    for line in match[1].split("\n"):
        key, colon, value = line.partition(":")
        if not colon or key not in KEYS or key in values:
            raise PageError(f"{name}: {line!r} is none of {', '.join(KEYS)}, each once")
        values[key] = value.strip()
    missing = [key for key in KEYS if key not in values]
    if missing:
        raise PageError(f"{name}: {', '.join(missing)} not given")
    if values["severity"] not in SEVERITIES or values["fix"] not in FIXES:
        raise PageError(f"{name}: severity is one of {', '.join(SEVERITIES)}; fix one of {', '.join(FIXES)}")
    aliases = re.fullmatch(r"\[(.*)\]", values["aliases"])
    if aliases is None:
        raise PageError(f"{name}: aliases is a list: [] or [old-name]")
    return Rule(
        name,
        values["summary"],
        cast("Severity", values["severity"]),
        cast("Literal['safe', 'unsafe', 'none']", values["fix"]),
        values["since"],
        tuple(alias.strip() for alias in aliases[1].split(",") if alias.strip()),
        page[match.end() :],
    )


def examples(rule: Rule, heading: Literal["Bad", "Good"]) -> tuple[Example, ...]:
    """The examples under `## Bad` or `## Good`; PageError for a fenced block without a title or a heading."""
    found: list[Example] = []
    for title, text in _titled(rule, heading):
        files: dict[str, str] = {}
        modes: dict[str, int] = {}
        marks: list[tuple[str, int]] = []
        for info, body in re.findall(r"^```([^\n]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            options = dict(re.findall(r'(\w+)="([^"]*)"', info))
            path = options.get("title")
            if path is None or path in files:
                raise PageError(f"{rule.name}: a block under {title!r} without a file name of its own: ```{info}")
            content, lines = _without_marks(body)
            files[path] = content.replace("\n", "\r\n") if options.get("newline") == "crlf" else content
            modes[path] = int(options.get("mode", "755"), 8)
            marks += [(path, line) for line in lines]
        if "Dockerfile" not in files:
            raise PageError(f"{rule.name}: {title!r} has no Dockerfile")
        found.append(Example(title, files, modes, tuple(marks)))
    return tuple(found)


def _titled(rule: Rule, heading: str) -> Iterator[tuple[str, str]]:
    """The parts of a section by their `###` titles; a `#` in a fenced block is no heading."""
    section = title = ""
    parts: dict[str, list[str]] = {}
    fenced = False
    for line in rule.text.splitlines():
        fenced ^= line.startswith("```")
        if not fenced and line.startswith("## "):
            section, title = line[3:].strip(), ""
        elif not fenced and line.startswith("### ") and section == heading:
            title = line[4:].strip()
            if title in parts:
                raise PageError(f"{rule.name}: two examples under {heading} are called {title!r}")
            parts[title] = []
        elif section == heading and title:
            parts[title].append(line)
        elif section == heading and fenced:
            raise PageError(f"{rule.name}: a block under {heading} without a `###` title")
    for name, lines in parts.items():
        yield name, "\n".join(lines) + "\n"


def _without_marks(body: str) -> tuple[str, list[int]]:
    kept: list[str] = []
    marks: list[int] = []
    for line in body.split("\n"):
        if MARK.fullmatch(line):
            marks.append(len(kept) + 1)
        else:
            kept.append(line)
    return "\n".join(kept), marks
