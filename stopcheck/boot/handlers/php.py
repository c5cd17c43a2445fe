"""PHP for its command line (pcntl_signal: handlers run only where signals are dispatched)."""

from __future__ import annotations

import re

from stopcheck.boot.handlers.guards import PHP, guards
from stopcheck.boot.handlers.scan import LOOPS, dallies, goes_on, is_misread, scan, throws
from stopcheck.boot.handlers.source import STOP_SIGNALS, Source
from stopcheck.boot.signals import NAMES
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import join, parent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.handlers.source import Project

COMMENTS = r"//[^\n]*|#(?!\[)[^\n]*|/\*.*?(?:\*/|\Z)"
_INCLUDE = r"\b(?:include|require)(?:_once)?\b\s*\(?\s*"
_BESIDE = rf"{_INCLUDE}(?:__DIR__|dirname\s*\(\s*__FILE__\s*\))\s*\.\s*\""


def read(text: str) -> Source:
    """See Language.read."""
    source = scan(text, COMMENTS, "\"'")
    code = source.code
    doubt = ""
    beside = source.at(_BESIDE)
    if is_misread(text, source, rf"\bpcntl_|{_INCLUDE}") or re.search(
        r"\b(eval|namespace)\b|<<<|\bpcntl_sig(wait|timed)", code
    ):
        doubt = "it cannot be read without running it"
    elif len(re.findall(_INCLUDE, code)) != len(re.findall(rf"{_BESIDE}\"?\s*[);]|{_BESIDE}", code)):
        doubt = "it includes files by names that are made as it runs"
    starter = re.search(r"`|\b(exec|system|passthru|shell_exec|proc_open|popen|pcntl_exec|pcntl_fork)\s*\(", code)
    handled: set[str] = set()
    if "pcntl_signal" in code:
        listed = " ".join(map("".join, re.findall(r"\[([^\[\]]*)\]|\barray\s*\(([^()]*)\)", code)))
        found = map(int, re.findall(r"(?<![\w.])[0-9]{1,9}(?![\w.])", listed))
        numbers = {NAMES[number] for number in found if number in NAMES}
        names = set(re.findall(r"\bSIG([A-Z]+\d?)\b", code)) & set(NAMES.values())
        written = set(re.findall(r"\bpcntl_signal\s*\(\s*([^,\s]+)", code))
        if all(re.fullmatch(r"SIG\w+|[0-9]{1,9}", word) for word in written):
            handled = {word[3:] if word.startswith("SIG") else NAMES.get(int(word), "") for word in written}
        else:
            handled = names or numbers & set(STOP_SIGNALS)
    waits = not re.search(r"\bpcntl_async_signals\b|\bpcntl_signal_dispatch\b|\bdeclare\s*\(\s*ticks\b", code)
    handler = r"\bpcntl_signal\s*\([^,()]*,\s*(?:static\s+)?function\s*\([^()]*\)\s*(?:use\s*\([^()]*\)\s*)?\{"
    loops = bool(re.search(LOOPS, code, re.IGNORECASE))
    prints = loops and goes_on(code, handler)
    caught = loops and re.search(r"\bcatch\b", code) and throws(code, handler)
    action = "ignore" if waits or prints else "unknown" if caught else "graceful"
    words = dict(re.findall(r"\bpcntl_signal\s*\(\s*SIG(\w+)\s*,\s*SIG_(IGN|DFL)\s*\)", code))
    by_word = {name: "ignore" if word == "IGN" else "default" for name, word in words.items()}
    if dallies(code, rf"(?:{handler}|\bregister_shutdown_function\s*\(\s*function\s*\([^()]*\)\s*\{{)"):
        doubt = doubt or "it sleeps before it ends"
    needs = (*(f".{name}" for name in beside), *_names(code))
    return Source(
        on={**dict.fromkeys(handled, action), **by_word},
        needs=needs,
        tokens=source.tokens(),
        cleanup="register_shutdown_function" in code,
        starts=starter[0].rstrip("( ") if starter else "",
        doubt=doubt,
        lasts=bool(re.search(rf"{LOOPS}|\bwhile\b|->(run|start|listen|accept|loop)\b", code, re.IGNORECASE)),
        guards=() if doubt else tuple(guards(source, PHP, needs, text)),
    )


def _names(code: str) -> list[str]:
    """The classes of namespaces, which are loaded when they are first used, and the servers of an extension."""
    return list(dict.fromkeys(re.findall(r"\b\w+(?:\\\w+)+|\bswoole_\w+", code)))


def follow(need: str, path: str, project: Project) -> tuple[str, ...] | None:
    """See Language.follow."""
    if not need.startswith("."):
        return None
    file = join(parent(path), "." + need[1:])
    if file.endswith("/vendor/autoload.php"):
        return ()
    if project.text(file):
        return (file,)
    raise LookupError(need[1:].lstrip("/"))


def libraries(need: str) -> tuple[str, ...]:
    """See Language.libraries."""
    parts = need.split("\\")
    return tuple("\\".join(parts[:count]) for count in range(len(parts), 0, -1))


def finish(on: Mapping[str, str], sources: tuple[Source, ...]) -> Mapping[str, str]:
    """See Language.finish."""
    return on
