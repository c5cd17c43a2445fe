"""Texts given to interpreters that do nothing but start one program: `python -c 'subprocess.run(["app"])'`."""

from __future__ import annotations

import ast
import re

from stopcheck.records import dataclass
from stopcheck.regex import regex


@dataclass(frozen=True, slots=True)
class Inline:
    """A program that a text starts: in its own place, or as a child that it waits for."""

    argv: tuple[str, ...]
    replaces: bool
    system: bool = False
    """By system(3), which ignores SIGINT and SIGQUIT as long as it waits."""


SIGNALS: dict[str, dict[str, str]] = {
    "python": {"INT": "raise"},
    "perl": {"INT": "ignore", "QUIT": "ignore"},
    "ruby": {"TERM": "raise", "INT": "raise", "QUIT": "raise", "HUP": "raise"},
    "php": {},
    "node": {},
}
"""What each does with signals while its child runs; nothing is passed on (wrap.python-*, wrap.perl-*, wrap.ruby-*)."""

_STRING = r"\"(?:[^\"\\$@#]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_CALL = regex(rf"\s*(exec|system)\s*\(?\s*((?:{_STRING})(?:\s*,\s*(?:{_STRING}))*)\s*\)?\s*(;.*)?$", re.DOTALL)
_PHP = regex(rf"\s*pcntl_exec\s*\(\s*({_STRING})\s*\)\s*;?\s*$")
_NODE = regex(rf"\s*require\((?:\"|')child_process(?:\"|')\)\.(?:exec|execSync)\(\s*({_STRING})\s*\)\s*;?\s*$")
_META = regex(r"[;&|<>()$`*?\[\]{}~\\\"'\n]")


def read_inline(language: str, text: str) -> Inline | None:
    """The one program that the text starts; None where it does more, or cannot be read."""
    if language == "python":
        return _python(text)
    if language in {"perl", "ruby"}:
        call = _CALL.match(text)
        return Inline(_shell_words(_strings(call[2])), call[1] == "exec") if call else None
    if language == "php":
        call = _PHP.match(text)
        return Inline(tuple(_strings(call[1])), True) if call else None
    call = _NODE.match(text)
    return Inline(("/bin/sh", "-c", _strings(call[1])[0]), False) if call else None


def _strings(text: str) -> list[str]:
    return [found[1:-1] for found in re.findall(_STRING, text)]


def _shell_words(strings: list[str]) -> tuple[str, ...]:
    """As exec and system have it: one string with a shell's characters goes to /bin/sh, one without is split."""
    if len(strings) > 1:
        return tuple(strings)
    return ("/bin/sh", "-c", strings[0]) if _META.search(strings[0]) else tuple(strings[0].split())


_EXECUTES = {"os.execv": 1, "os.execvp": 1, "os.execl": 0, "os.execlp": 0}
_RUNS = frozenset({"subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output"})


def _python(text: str) -> Inline | None:
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    rest = [node for node in body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    node = rest[0].value if len(rest) == 1 and isinstance(rest[0], ast.Expr) else None
    if isinstance(node, ast.Call) and ast.unparse(node.func) in {"sys.exit", "exit"} and len(node.args) == 1:
        node = node.args[0]
    waited = False
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "wait":
        node, waited = node.func.value, True
    if not isinstance(node, ast.Call):
        return None
    name = ast.unparse(node.func)
    given = _written(node.args)
    if given is None:
        return None
    if name in _EXECUTES:
        argv = given[1] if _EXECUTES[name] and len(given) > 1 else given[1:]
        return Inline((str(given[0]), *map(str, argv[1:])), True) if argv else None
    command = given[0] if given else None
    if name == "os.system" and isinstance(command, str):
        return Inline(("sh", "-c", command), False, system=True)
    if name in _RUNS or (waited and name == "subprocess.Popen"):
        shell = any(keyword.arg == "shell" for keyword in node.keywords)
        if isinstance(command, str):
            return Inline(("/bin/sh", "-c", command) if shell else (command,), False)
        if isinstance(command, (list, tuple)) and command and not shell:
            return Inline(tuple(map(str, command)), False)
    return None


def _written(nodes: list[ast.expr]) -> list[str | list[str]] | None:
    """The values of arguments that are written out; None where one is not."""
    try:
        return [ast.literal_eval(node) for node in nodes]
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return None
