"""Decides from a program's source what it does on the signals that stop containers, where a single file tells all."""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING

from stopcheck.boot.signals import NAMES
from stopcheck.records import dataclass, field
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

STOP_SIGNALS = ("TERM", "INT", "QUIT", "HUP")


@dataclass(frozen=True, slots=True)
class Handling:
    """What is certain of a program: its actions by signal (the others are at their default), or why nothing is."""

    on: Mapping[str, str] = field(default_factory=dict)
    cleanup: bool = False
    reason: str = ""


def _starts_others(what: str) -> Handling:
    return Handling(reason=f"it starts other programs ({what})")


# --- Python ----------------------------------------------------------------------------------------

_PYTHON_STARTERS = frozenset(
    {"subprocess", "multiprocessing", "pty", "concurrent", "runpy", "ctypes", "importlib", "code"}
)
_PYTHON_OS = regex(r"(system|popen|exec[lv]p?e?|spawn[lv]p?e?|posix_spawnp?|fork|forkpty|startfile|kill|killpg)$")
_PYTHON_CONSTANTS = {"SIG_IGN": "ignore", "SIG_DFL": "default"}
_PYTHON_OTHER_WAYS = frozenset({"sigwait", "sigwaitinfo", "sigtimedwait", "set_wakeup_fd", "pthread_sigmask"})
_PYTHON_CATCHES_INT = frozenset({"KeyboardInterrupt", "BaseException"})


def python(text: str) -> Handling | None:
    """A Python program (library/signal.html: SIGINT raises KeyboardInterrupt, the rest is the kernel's default).

    None: it imports what is not in the standard library, or cannot be read; then nobody knows.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    nodes = list(ast.walk(tree))
    imported = {name for node in nodes for name in _imports(node)}
    if "" in imported or not imported <= sys.stdlib_module_names | {"__future__"}:
        return None
    called = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
    if {"exec", "eval", "__import__", "compile"} & called:
        return None
    for name in sorted(called):
        if name.startswith("os.") and _PYTHON_OS.fullmatch(name[3:]):
            return _starts_others(name)
    starters = imported & _PYTHON_STARTERS
    if starters or any(name.endswith(("create_subprocess_exec", "create_subprocess_shell")) for name in called):
        return _starts_others(", ".join(sorted(starters)) or "asyncio")
    return _python_signals(nodes, called)


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.split(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield "" if node.level else (node.module or "").split(".")[0]


def _python_signals(nodes: list[ast.AST], called: set[str]) -> Handling | None:
    handled: dict[str, str] = {}
    loops = _python_loops(nodes)
    for node in nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("signal.signal", "add_signal_handler")):
            if len(node.args) < 2:
                return None
            values = loops.get(ast.unparse(node.args[0]), [node.args[0]])
            signals = [name for value in values for name in _python_signal(value)]
            if not signals:
                return None
            handler = ast.unparse(node.args[1]).rsplit(".", 1)[-1]
            handled |= dict.fromkeys(signals, _PYTHON_CONSTANTS.get(handler, "graceful"))
    if {name.rsplit(".", 1)[-1] for name in called} & _PYTHON_OTHER_WAYS:
        return None
    if handled and any(name.endswith("Thread") for name in called):
        return Handling(reason="it has threads beside its signal handler")
    cleanup = "atexit.register" in called or any(isinstance(node, ast.Try) and _guards_a_loop(node) for node in nodes)
    catches = any(isinstance(node, ast.ExceptHandler) and _catches_interrupt(node) for node in nodes)
    handled.setdefault("INT", "graceful" if cleanup or catches else "quick")
    return Handling(handled, cleanup)


def _python_loops(nodes: list[ast.AST]) -> dict[str, list[ast.expr]]:
    """The values of each `for NAME in (…)` over written values."""
    return {
        ast.unparse(node.target): node.iter.elts
        for node in nodes
        if isinstance(node, ast.For) and isinstance(node.iter, (ast.Tuple, ast.List, ast.Set))
    }


def _python_signal(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return [NAMES[node.value]] if node.value in NAMES else []
    name = ast.unparse(node).rsplit(".", 1)[-1]
    return [name[3:]] if name.startswith("SIG") else []


def _guards_a_loop(node: ast.Try) -> bool:
    return bool(node.finalbody) and any(isinstance(inner, ast.While) for part in node.body for inner in ast.walk(part))


def _catches_interrupt(node: ast.ExceptHandler) -> bool:
    return node.type is None or any(name in ast.unparse(node.type) for name in _PYTHON_CATCHES_INT)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- the others: strings and comments apart, no parser ---------------------------------------------


@dataclass(frozen=True, slots=True)
class Scan:
    """A source without its comments: `code` has a `"` for each string, `strings` are their contents in order."""

    code: str
    strings: tuple[str, ...]


def scan(text: str, comments: str, quotes: str = "\"'`") -> Scan:
    """Take strings and comments apart; `comments` is a regular expression for a comment."""
    strings = "|".join(rf"{quote}(?:\\.|[^\\{quote}])*(?:{quote}|\\?\Z)" for quote in quotes)
    found: list[str] = []

    def replace(match: re.Match[str]) -> str:
        if match["comment"] is not None:
            return "\n" if match[0].endswith("\n") else " "
        found.append(match["string"][1:-1])
        return '"'

    code = re.sub(rf"(?P<comment>{comments})|(?P<string>{strings})", replace, text, flags=re.DOTALL | re.MULTILINE)
    return Scan(code, tuple(found))


def _is_misread(text: str, source: Scan, sign: str) -> bool:
    """Whether the scan may have taken code for a string: a sign of handlers that stands in no comment is gone."""
    plain = regex(r"^\s*(//|#|\*|/\*)[^\n]*$", re.MULTILINE).sub("", text)
    return len(re.findall(sign, plain)) > len(re.findall(sign, source.code))


def _signals_in(strings: Iterable[str]) -> set[str]:
    names = {name.removeprefix("SIG") for text in strings for name in text.split()}
    return names & set(NAMES.values())


_NODE_MODULES = _words(
    """assert async_hooks buffer console constants crypto dgram diagnostics_channel dns domain events fs http
    http2 https net os path perf_hooks process punycode querystring readline stream string_decoder sys timers tls tty
    url util v8 vm zlib"""
)


def node(text: str) -> Handling | None:
    """A Node.js program (nodejs.org/api/process.html#signal-events); None: it requires what is not Node's own."""
    source = scan(text, r"//[^\n]*|/\*.*?(?:\*/|\Z)")
    code = source.code
    if _is_misread(text, source, r"\bprocess\s*\.\s*(?:on|once|addListener)\b") or re.search(
        r"\b(eval|import)\s*\(|\bnew\s+Function\b", code
    ):
        return None
    if len(re.findall(r"\brequire\s*\(", code)) != len(re.findall(r"\brequire\s*\(\s*\"\s*\)", code)):
        return None
    modules = _strings_at(source, r"\brequire\s*\(\s*\"|\bfrom\s*\"|\bimport\s*\"")
    names = {name.removeprefix("node:").split("/")[0] for name in modules}
    starters = names & {"child_process", "cluster", "worker_threads"}
    if starters:
        return _starts_others(", ".join(sorted(starters)))
    if not names <= _NODE_MODULES:
        return None
    events = _strings_at(source, r"\bprocess\s*\.\s*(?:on|once|addListener)\s*\(\s*\"")
    handled = _signals_in(events)
    if re.search(r"\bprocess\s*\.\s*(on|once|addListener)\s*\(\s*[^\"\s]", code):
        handled |= _signals_in(source.strings)
        if not handled:
            return None
    blocked = re.search(r"\bwhile\s*\(\s*(true|1)\s*\)\s*(\{\s*\}|;)|\bfor\s*\(\s*;\s*;\s*\)\s*(\{\s*\}|;)", code)
    on = dict.fromkeys(handled, "ignore" if blocked else "graceful")
    return Handling({"USR1": "ignore", **on}, bool({"exit", "beforeExit"} & set(events)))


def _strings_at(source: Scan, pattern: str) -> list[str]:
    """The strings at which a match of the pattern ends."""
    positions = [index for index, character in enumerate(source.code) if character == '"']
    ends = {match.end() - 1 for match in re.finditer(pattern, source.code)}
    return [text for position, text in zip(positions, source.strings, strict=False) if position in ends]


_RUBY_LIBRARIES = _words(
    """English benchmark csv date digest erb fileutils forwardable json logger monitor net/http openssl optparse ostruct
    pp securerandom
    set singleton socket stringio tempfile time timeout tmpdir uri weakref yaml
    zlib"""
)


def ruby(text: str) -> Handling | None:
    """A Ruby program (its VM raises SignalException on SIGTERM, SIGINT, SIGHUP … in the main thread)."""
    source = scan(text, r"#(?!\{)[^\n]*|^=begin.*?(?:^=end|\Z)", "\"'")
    code = source.code
    unread = r"\b(require_relative|load|(instance_|class_)?eval)\b|\brequire\s*\(?\s*[^\"\s(]|<<[~-]?[A-Z\"]"
    if _is_misread(text, source, r"\b(trap|at_exit|rescue)\b") or re.search(unread, code):
        return None
    if not set(_strings_at(source, r"\brequire\s*\(?\s*\"")) <= _RUBY_LIBRARIES:
        return None
    if re.search(r"`|%x|\b(system|exec|spawn|fork|popen)\b|\bOpen3\b", code):
        return _starts_others("system, exec, spawn or fork")
    handled = _signals_in(_strings_at(source, r"\btrap\s*\(?\s*\""))
    if re.search(r"\btrap\s*\(?\s*[^\"\s(]", code):
        words = re.findall(r"%[wi][\[({<]([^\])}>]*)|:(\w+)", code)
        handled |= _signals_in([*source.strings, *(word for pair in words for word in pair)])
        if not handled:
            return None
    ends = re.search(r"\bat_exit\b|\bensure\b|\brescue\s+(Interrupt|SignalException|Exception)\b", code)
    others = dict.fromkeys(STOP_SIGNALS, "graceful" if ends else "raise")
    return Handling(others | dict.fromkeys(handled, "graceful"))


_PERL_MODULES = regex(
    r"(strict|warnings|utf8|feature|constant|vars|integer|lib|v?5[\d.]*|POSIX|Time::\w+|IO::(Socket|Handle|File|Select)\w*"
    r"|Socket|Data::Dumper|Getopt::\w+|File::\w+|List::Util|Scalar::Util|Encode|JSON::PP|Cwd|English|Carp)$"
)


def perl(text: str) -> Handling | None:
    """A Perl program (perlipc: nothing is caught but what stands in %SIG)."""
    source = scan(text, r"(?<![$\\])#[^\n]*|^=\w+.*?(?:^=cut|\Z)", "\"'")
    code = source.code
    if _is_misread(text, source, r"\bSIG\b|\bEND\b") or re.search(
        r"\b(require|do)\s+[\"$]|\beval\b|\bsigtrap\b|\bsigaction\b|<<\s*[\"A-Z]", code
    ):
        return None
    if not all(_PERL_MODULES.match(name) for name in re.findall(r"\b(?:use|require|no)\s+([\w:.]+)", code)):
        return None
    if re.search(r"`|\bqx\b|\b(system|exec|fork|popen)\b", code):
        return _starts_others("system, exec or fork")
    handled = _signals_in([*re.findall(r"\$SIG\s*\{\s*(\w+)\s*\}\s*=", code), *_strings_at(source, r"\$SIG\s*\{\s*\"")])
    if re.search(r"\$SIG\s*\{\s*\$|[%@]SIG\b", code):
        handled |= _signals_in([*source.strings, *re.findall(r"\bqw\s*[(\[{/]([^)\]}/]*)", code)])
        if not handled:
            return None
    return Handling(dict.fromkeys(handled, "graceful"), bool(re.search(r"\bEND\s*\{", code)))


def php(text: str) -> Handling | None:
    """A PHP program for its command line (pcntl_signal: handlers run only where signals are dispatched)."""
    source = scan(text, r"//[^\n]*|#(?!\[)[^\n]*|/\*.*?(?:\*/|\Z)", "\"'")
    code = source.code
    unread = r"\b(include|require)(_once)?\b|\b(eval|namespace)\b|<<<|^\s*use\s+\w|\bpcntl_sig(wait|timed)"
    if _is_misread(text, source, r"\bpcntl_") or re.search(unread, code, re.MULTILINE):
        return None
    starter = re.search(r"`|\b(exec|system|passthru|shell_exec|proc_open|popen|pcntl_exec|pcntl_fork)\s*\(", code)
    if starter:
        return _starts_others(starter[0].rstrip("( "))
    handled: set[str] = set()
    if "pcntl_signal" in code:
        numbers = {NAMES[int(number)] for number in re.findall(r"(?<![\w.])\d+(?![\w.])", code) if int(number) in NAMES}
        names = set(re.findall(r"\bSIG([A-Z]+\d?)\b", code)) & set(NAMES.values())
        written = set(re.findall(r"\bpcntl_signal\s*\(\s*([^,\s]+)", code))
        if all(re.fullmatch(r"SIG\w+|\d+", word) for word in written):
            handled = {word[3:] if word.startswith("SIG") else NAMES.get(int(word), "") for word in written}
        else:
            handled = names or numbers & set(STOP_SIGNALS)
    if handled and not re.search(r"\bpcntl_async_signals\b|\bpcntl_signal_dispatch\b|\bdeclare\s*\(\s*ticks\b", code):
        return Handling(dict.fromkeys(handled, "ignore"))
    return Handling(dict.fromkeys(handled, "graceful"), "register_shutdown_function" in code)
