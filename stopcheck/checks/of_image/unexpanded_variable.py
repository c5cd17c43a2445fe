"""A `$VARIABLE` in an exec form reaches a program as it is written: no shell puts its value in."""

from __future__ import annotations

import re

from stopcheck.boot.bodies.program import Program
from stopcheck.checks._script import called
from stopcheck.checks._start import in_json, passes_on
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import StartCommand
from stopcheck.model import Edit, Fix, Violation
from stopcheck.regex import regex
from stopcheck.stop.starts import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.world import Process
    from stopcheck.checks._case import Case
    from stopcheck.source import Span

READERS = frozenset({"awk", "gawk", "mawk", "sed", "grep", "perl", "ruby", "jq", "envsubst", "find", "xargs", "make",
                     "parallel", "pwsh", "powershell", "telegraf", "logstash", "filebeat", "vector"})  # fmt: skip
"""Programs that give `$NAME` a meaning of their own."""
_SPLIT = regex(r"\$\{?\w*(OPTS|ARGS|FLAGS|OPTIONS|PARAMS|ARGUMENTS)\}?$")
"""A variable that holds several words, by the custom of its name."""
_BARE = regex(r"[\w@%+=:,./-]+")


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    refused = [
        cause.event.failure.name for cause in case.of("unexpanded-variable") if cause.event and cause.event.failure
    ]
    failed = bool(refused)
    if case.stopped is None:
        return
    for start in (case.image.entrypoint, case.image.cmd):
        if not isinstance(start, StartCommand) or start.instruction is None:
            continue
        for word, span in zip(start.argv, start.argument_spans, strict=False):
            found = VARIABLE.search(word) if isinstance(word, str) and "$" in word else None
            if found is None or not isinstance(word, str):
                continue
            program = _reached(case, word, found[0])
            if program is None and word not in refused:
                continue
            name = found[1] or found[2]
            who = (
                called(program)
                if program is not None
                else "the kernel"
                if word == start.argv[0]
                else str(start.argv[0])
            )
            yield Violation(
                message=(f"{case.consequence(None)}. " if failed else "")
                + f"No shell puts in the value of {name} here: {who} gets `{word}` as it stands",
                span=span,
                fix=_through_shell(case, start, program),
                advice=_advice(case, name),
                severity=None if failed else "warning",
            )


def _reached(case: Case, word: str, variable: str) -> Process | None:
    """The program that is given the text as an argument; None where it knows what to do with it, or a shell does."""
    for process in case.up.processes.values():
        if not isinstance(process.body, Program) or word not in process.argv[1:]:
            continue
        own = process.program == "java" and variable.startswith("${")  # Spring reads placeholders like this
        if process.program not in READERS and not own:
            return process
    return None


def _advice(case: Case, name: str) -> str:
    built = any(
        instruction.keyword == "ARG" and any(word.value == name for word in instruction.arguments[::2])
        for instruction in case.image.instructions
    )
    if built and name not in case.image.env:
        return f"{name} is a build argument, gone when the container runs: keep it with ENV, and let a shell read it."
    return f'Let a shell put it in and make way: `["sh", "-c", "exec … ${name}"]`.'


def _through_shell(case: Case, start: StartCommand, program: Process | None) -> Fix | None:
    """`["sh", "-c", "exec app $PORT"]`, from the word on that names the program."""
    image = case.image
    if image.base.sh == "none" or (start is image.entrypoint and image.cmd is not None):
        return None
    first = 0
    if program is not None:
        first = next((n for n in range(len(start.argv)) if start.argv[n:] == program.argv), -1)
    words = start.argv[first:]
    if first < 0 or not all(isinstance(word, str) for word in words):
        return None
    if "\n" in start.argument_spans[first].to(start.argument_spans[-1]).text:
        return None
    if any(_unset(case, str(word)) for word in words):
        return None
    safe = start is image.entrypoint or passes_on(image) is True
    text = in_json("exec " + " ".join(_quoted(str(word)) for word in words))
    place: Span = start.argument_spans[first].to(start.argument_spans[-1])
    return Fix("Let a shell expand it", (Edit(place, f'"sh", "-c", {text}'),), "safe" if safe else "unsafe")


def _unset(case: Case, word: str) -> bool:
    """Whether it names a build argument that a shell would find empty."""
    return any("is a build argument" in _advice(case, found[1] or found[2]) for found in VARIABLE.finditer(word))


def _quoted(word: str) -> str:
    if VARIABLE.search(word):
        return word if _SPLIT.fullmatch(word) else '"' + re.sub(r'([\\"`])', r"\\\1", word) + '"'
    return word if _BARE.fullmatch(word) else "'" + word.replace("'", "'\\''") + "'"
