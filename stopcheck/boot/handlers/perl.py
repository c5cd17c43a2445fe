"""Perl (perlipc: nothing is caught but what stands in %SIG)."""

from __future__ import annotations

import re

from stopcheck.boot.handlers.guards import PERL, guards
from stopcheck.boot.handlers.scan import dallies, goes_on, is_misread, only_asks, scan, signals_in, throws
from stopcheck.boot.handlers.source import Source
from stopcheck.hints import TYPE_CHECKING
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stopcheck.boot.handlers.scan import Scan
    from stopcheck.boot.handlers.source import Project

_OWN = regex(
    r"(strict|warnings|utf8|feature|constant|vars|integer|lib|v?5[\d.]*|POSIX|Time::\w+|IO::(Socket|Handle|File|Select)[\w:]*"
    r"|Socket|Data::Dumper|Getopt::\w+|File::\w+|List::Util|Scalar::Util|Encode|JSON::PP|Cwd|English|Carp)$"
)


_LASTS = (
    r"\buntil\b|\bwhile\b(?!\s*\([^)]*<\w*>)|->(run|start|accept|loop)\b|\bfor\s*\(\s*;\s*;"
    r"|\b(sleep|pause)\b\s*(\(\s*\))?\s*(;|\}|$)|\bsleep\s*\(?\s*\d{3}"
)
"""What stands: a loop, a server, a sleep without an end or of some minutes."""


_CATCHES = r"\b(?:while|until|for|foreach)\b[^{};]*\{[^{}]*\b(?:eval|try)\s*\{"
"""A loop that goes on after what is thrown in it."""


def read(text: str) -> Source:
    """See Language.read."""
    source = scan(text, r"(?<![$\\])#[^\n]*|^=\w+.*?(?:^=cut|\Z)", "\"'")
    code = source.code
    doubt = ""
    if is_misread(text, source, r"\bSIG\b|\bEND\b") or re.search(
        r"\b(require|do)\s+[\"$]|\beval\b|\bsigtrap\b|\bsigaction\b|<<\s*[\"A-Z]", code
    ):
        doubt = "it cannot be read without running it"
    if re.search(r"\balarm\b", code) and not _goes_on_after_alarms(code):
        doubt = doubt or "an alarm may end it"
    if dallies(code, r"(?:\$SIG\s*\{[^}]*\}\s*=\s*sub|\bEND)\s*\{"):
        doubt = doubt or "it sleeps before it ends"
    others = r"\bqx\b|\b(exec|fork|popen)\b"
    starts = re.search(rf"`|\bsystem\b|{others}", code) and not only_asks(source, others)
    handled = signals_in([*re.findall(r"\$SIG\s*\{\s*(\w+)\s*\}\s*=", code), *source.at(r"\$SIG\s*\{\s*\"")])
    by_word = {name: word.lower() for name, word in _told_by_word(source) if word in {"IGNORE", "DEFAULT"}}
    if re.search(r"\$SIG\s*\{\s*\$|[%@]SIG\b", code):
        handled |= signals_in([*source.strings, *re.findall(r"\bqw\s*[(\[{/]([^)\]}/]*)", code)])
        if not handled:
            doubt = doubt or "it handles a signal that is not known"
    handler = r"\$SIG\s*\{[^}]*\}\s*=\s*sub\s*\{"
    prints = bool(re.search(r"\bwhile\s*\(?\s*1\b", code)) and goes_on(code, handler)
    action = "ignore" if prints else "unknown" if re.search(_CATCHES, code) and throws(code, handler) else "graceful"
    needs = tuple(re.findall(r"\b(?:use|require|no)\s+([\w:.]+)", code))
    return Source(
        on={**dict.fromkeys(handled, action), **by_word},
        needs=needs,
        tokens=source.tokens(),
        cleanup=bool(re.search(r"\bEND\s*\{", code)),
        starts="system, exec or fork" if starts else "",
        doubt=doubt,
        lasts=bool(re.search(_LASTS, code)),
        guards=() if doubt else tuple(guards(source, PERL, needs, text)),
    )


def _goes_on_after_alarms(code: str) -> bool:
    """Whether what it does on SIGALRM is told, and ends nothing."""
    handlers = re.findall(r"\$SIG\s*\{\s*ALRM\s*\}\s*=\s*(?:sub\s*\{([^{}]*)\}|(\S))", code)
    return bool(handlers) and not any(
        other or re.search(r"\b(?:die|exit|croak|kill)\b", body) for body, other in handlers
    )


def _told_by_word(source: Scan) -> Iterator[tuple[str, str]]:
    """Signals for which a text tells what is done: `$SIG{TERM} = "IGNORE"`, with its name in quotes or without."""
    words = iter(source.at(r"\$SIG\s*\{\s*[\w\"]+\s*\}\s*=\s*\""))
    quoted = iter(source.at(r"\$SIG\s*\{\s*\"(?=\s*\}\s*=\s*\")"))
    for name in re.findall(r"\$SIG\s*\{\s*([\w\"]+)\s*\}\s*=\s*\"", source.code):
        yield next(quoted, "") if name == '"' else name, next(words, "")


def follow(need: str, path: str, project: Project) -> tuple[str, ...] | None:
    """See Language.follow: @INC does not hold the program's folder."""
    return None


def libraries(need: str) -> tuple[str, ...]:
    """See Language.libraries."""
    return () if _OWN.match(need) else (need,)


def finish(on: Mapping[str, str], sources: tuple[Source, ...]) -> Mapping[str, str]:
    """See Language.finish."""
    return on
