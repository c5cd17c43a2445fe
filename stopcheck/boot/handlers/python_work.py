"""Python programs that do their work and end: straight code that asks for nothing that may take its time."""

from __future__ import annotations

import ast

from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODULES = frozenset(
    """__future__ argparse base64 collections copy csv dataclasses datetime decimal enum functools getpass glob hashlib
    io json logging math operator os os.path pathlib platform pprint random re shutil statistics string sys tempfile
    textwrap time traceback typing uuid""".split()  # noqa: SIM905 - a table reads better as one text
)
"""Modules in which nothing waits, but for what _WAITS and the rest of `os` and `time` have."""
_OS = frozenset(
    """abspath basename chmod cpu_count dirname environ exists expanduser get getcwd getenv getpid getuid isdir isfile
    items join listdir makedirs mkdir path realpath remove rename splitext stat uname unlink walk""".split()  # noqa: SIM905
)
_TIME = frozenset({"gmtime", "localtime", "monotonic", "perf_counter", "process_time", "strftime", "time", "time_ns"})
_WAITS = frozenset(
    "__import__ acquire breakpoint compile eval exec getpass input iter next recv send sleep wait".split()  # noqa: SIM905
)
"""Calls that may wait, or run what is not seen."""
_ENDLESS = (ast.While, ast.Await, ast.AsyncFor, ast.AsyncWith, ast.AsyncFunctionDef, ast.Yield, ast.YieldFrom)
_SAFE = frozenset({"exit", "format", "join", "len", "max", "min", "print", "range", "round", "sorted", "str", "sum"})
"""Calls that go wrong only where what they are given is wrong."""
_IS_PROGRAM = "__name__ == '__main__'"


def ends(nodes: list[ast.AST], needs: tuple[str, ...]) -> bool:
    """Whether a file surely runs through; `needs` are the modules that it asks for."""
    modules = {need.rstrip("?") for need in needs}
    if any(name not in _MODULES and name.rpartition(".")[0] not in _MODULES for name in modules):
        return False
    if any(isinstance(node, _ENDLESS) for node in nodes):
        return False
    # A name that comes out of `os` or `time` alone is not seen to.
    if any(name.partition(".")[0] in {"os", "time"} and name.partition(".")[2] not in {"", "path"} for name in modules):
        return False
    return all(_goes_on(node.func) for node in nodes if isinstance(node, ast.Call))


def status(tree: ast.Module) -> int | None:
    """What a program ends with that runs through; None where something in it may go wrong."""
    nodes = list(ast.walk(tree))
    if any(isinstance(node, (ast.Raise, ast.Assert, ast.Try, ast.Subscript, ast.BinOp, ast.With)) for node in nodes):
        return None
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    if any(_last(call.func) not in _SAFE for call in calls):
        return None
    told = [call for call in calls if _last(call.func) == "exit"]
    if not told:
        return 0
    last = list(_top(tree.body))[-1]
    if len(told) > 1 or not isinstance(last, ast.Expr) or last.value is not told[0]:
        return None
    given = told[0].args[0] if told[0].args else ast.Constant(0)
    if not isinstance(given, ast.Constant):
        return None
    if isinstance(given.value, int):
        return given.value & 255
    return 0 if given.value is None else 1


def _goes_on(function: ast.expr) -> bool:
    """Whether a call comes back."""
    name = ast.unparse(function)
    if name.startswith("sys.stdin"):
        return False
    for module, known in (("os.", _OS), ("time.", _TIME)):
        if name.startswith(module):
            return set(name.split(".")[1:]) <= known
    return _last(function) not in _WAITS and isinstance(function, (ast.Name, ast.Attribute))


def _top(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that are surely run, in their order."""
    for statement in body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == _IS_PROGRAM:
            yield from _top(statement.body)
        else:
            yield statement


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
