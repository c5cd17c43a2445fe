"""Ruby (its VM raises SignalException on SIGTERM, SIGINT, SIGHUP … in the main thread)."""

from __future__ import annotations

import re

from stopcheck.boot.handlers.guards import RUBY, Guard, guards
from stopcheck.boot.handlers.scan import dallies, goes_on, is_misread, only_asks, scan, signals_in, throws
from stopcheck.boot.handlers.source import STOP_SIGNALS, Source
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import join, parent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stopcheck.boot.handlers.source import Project

_OWN = frozenset(
    [
        "English",
        "base64",
        "benchmark",
        "bigdecimal",
        "cgi",
        "csv",
        "date",
        "digest",
        "erb",
        "etc",
        "fileutils",
        "forwardable",
        "io/console",
        "ipaddr",
        "json",
        "logger",
        "monitor",
        "net/http",
        "observer",
        "open-uri",
        "openssl",
        "optparse",
        "ostruct",
        "pathname",
        "pp",
        "psych",
        "rbconfig",
        "securerandom",
        "set",
        "shellwords",
        "singleton",
        "socket",
        "stringio",
        "strscan",
        "tempfile",
        "thread",
        "time",
        "timeout",
        "tmpdir",
        "uri",
        "weakref",
        "yaml",
        "zlib",
        "bundler/setup",
    ]
)


_WORDS = {
    **dict.fromkeys(("IGNORE", "SIG_IGN", ""), "ignore"),
    **dict.fromkeys(("DEFAULT", "SIG_DFL"), "default"),
    "SYSTEM_DEFAULT": "kernel",
}
"""What a word in the place of a trap's block does."""


def read(text: str) -> Source:
    """See Language.read."""
    source = scan(text, r"#(?!\{)[^\n]*|^=begin.*?(?:^=end|\Z)", "\"'")
    code = source.code
    loads = r"\b(load|autoload|(instance_|class_)?eval)\b|\b(require(_relative)?|Bundler\.require)\b(?!\s*\(?\s*\")"
    unread = rf"{loads}|<<[~-]?[A-Z\"]"
    doubt = ""
    if is_misread(text, source, r"\b(trap|at_exit|rescue|require(_relative)?)\b") or re.search(unread, code):
        doubt = "it cannot be read without running it"
    others = r"%x|\b(exec|spawn|fork|popen)\b|\bOpen3\b"
    starts = re.search(rf"`|\bsystem\b|{others}", code) and not only_asks(source, others)
    handled = signals_in(source.at(r"\btrap\s*\(?\s*\""))
    told = source.at(r"\btrap\s*\(?\s*\"(?=\s*,\s*\")"), source.at(r"\btrap\s*\(?\s*\"\s*,\s*\"")
    by_word = {
        name: _WORDS.get(word, "graceful") for text, word in zip(*told, strict=False) for name in signals_in([text])
    }
    if re.search(r"\btrap\s*\(?\s*[^\"\s(]", code):
        words = re.findall(r"%[wi][\[({<]([^\])}>]*)|:(\w+)", code)
        handled |= signals_in([*source.strings, *(word for pair in words for word in pair)])
        if not handled:
            doubt = doubt or "it traps a signal that is not known"
    handler = r"\btrap\s*\(?[^{}\n()]*\)?\s*(?:\{|do\b)\s*(?:\|[^|]*\|)?"
    prints = endless(code) and goes_on(code, handler)
    caught = endless(code) and re.search(r"\brescue\b", code) and throws(code, handler)
    action = "ignore" if prints else "unknown" if caught else "graceful"
    if dallies(code, r"\b(?:trap\s*\(?[^{}\n()]*\)?|at_exit)\s*(?:\{|do\b)"):
        doubt = doubt or "it sleeps before it ends"
    if endless(code) and re.search(
        r"\brescue\s+(?:Exception|SignalException)\b(?![^\n]*\n?[^\n]*\b(?:exit|break|raise|abort))", code
    ):
        doubt = doubt or "its loop may go on after what a signal raises"
    if re.search(r"\bProcess\.kill\b[^\n]*(?:\$\$|Process\.pid)", code):
        doubt = doubt or "it sends a signal to itself"
    ends = re.search(r"\bat_exit\b|\bensure\b|\brescue\s+(Interrupt|SignalException|Exception)\b", code)
    relative = tuple(f"./{name}" for name in source.at(r"\brequire_relative\s*\(?\s*\""))
    needs = (*source.at(r"\brequire\s*\(?\s*\""), *relative)
    return Source(
        on={**dict.fromkeys(handled, action), **by_word},
        needs=needs,
        tokens=source.tokens(),
        cleanup=bool(ends),
        starts="system, exec, spawn or fork" if starts else "",
        doubt=doubt,
        lasts=bool(
            re.search(r"\bloop\b|\b(while|until)\b|\bsleep\b\s*$|\.(run!?|start|listen|accept|join|pop)\b", code, re.M)
        ),
        guards=() if doubt else (*guards(source, RUBY, needs, text), *_deadlock(code, needs, text)),
    )


_TRAPS = r"\btrap\s*\(?[^{}\n]*?\)?\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|do\b.*?^end\b)"
_WAKES = (
    r"\b(?:sleep|select|gets|getc|accept|listen|read\w*|system|spawn|fork|wait\w*|Timeout|Process|IO|TCP\w+|UDP\w+"
    r"|ConditionVariable|Ractor|Fiber|open|push|enq|close|signal|wakeup|run|stop|timeout)\b|<<|`"
)
"""What a thread that runs waits with for something outside, or wakes another one by."""


def _deadlock(code: str, needs: tuple[str, ...], text: str) -> Iterator[Guard]:
    """Where all threads wait for a queue that only a trap fills: Ruby ends the program at once (measured with 3.1).

    "No live threads left. Deadlock?": to the interpreter a signal is nobody who could wake them.
    """
    rest = re.sub(_TRAPS, " ", code, flags=re.DOTALL | re.MULTILINE)
    waits = re.search(r"^[^\n]*\.(?:pop|shift|deq)\b(?!\s*\(?\s*(?:true|timeout))", rest, re.MULTILINE)
    if waits is None or not re.search(r"\bQueue\.new\b", rest) or re.search(_WAKES, rest) or set(needs) - _QUIET:
        return
    line = next(at for at, line in enumerate(text.split("\n"), 1) if re.search(r"\.(?:pop|shift|deq)\b", line))
    if "Thread.new" not in rest or re.search(r"\.join\b\s*$", rest, re.MULTILINE):
        yield Guard("", line, 1)


_QUIET = frozenset({"json", "logger", "set", "time", "date", "thread", "yaml", "securerandom", "digest"})


def endless(code: str) -> bool:
    """Whether it surely goes on for ever: a loop, or a sleep, that has no end."""
    return bool(re.search(r"\bloop\b|\b(?:while|until)\s+(?:true|false)\b|\bsleep\b\s*$", code, re.MULTILINE))


def follow(need: str, path: str, project: Project) -> tuple[str, ...] | None:
    """See Language.follow."""
    if not need.startswith((".", "/")):
        return None
    place = join(parent(path), need)
    for file in (place, f"{place}.rb"):
        if project.text(file):
            return (file,)
    raise LookupError(need)


def libraries(need: str) -> tuple[str, ...]:
    """See Language.libraries."""
    return () if need in _OWN else (need, need.split("/")[0])


def finish(on: Mapping[str, str], sources: tuple[Source, ...]) -> Mapping[str, str]:
    """See Language.finish."""
    ends = any(source.cleanup for source in sources)
    told = {signal: "default" if action == "kernel" else action for signal, action in on.items() if action != "default"}
    return {**dict.fromkeys((*STOP_SIGNALS, "USR1", "USR2", "ALRM"), "graceful" if ends else "raise"), **told}
