"""The command that a Python script ends in: what it becomes (os.execvp), or what it waits for (subprocess.run)."""

from __future__ import annotations

import ast
from functools import lru_cache
from io import StringIO

from stopcheck.boot.handlers.python import imports, libraries, parse
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from stopcheck.boot.world import Field

BECOMES = frozenset(f"os.exec{kind}" for kind in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe"))
WAITS = frozenset(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
SYSTEM = "os.system"
OPENS = "os.popen"
SPAWNS = frozenset(f"os.spawn{kind}" for kind in ("l", "lp", "v", "vp"))
_ASIDE = frozenset({"subprocess.Popen", "os.fork", "os.popen", "os.posix_spawn", "os.posix_spawnp"})
"""What starts a process that stands beside the last one."""
_BEYOND = frozenset({"asyncio", "concurrent", "multiprocessing", "signal", "threading"})
"""Modules with which a script may do more than one thing at a time, or look after signals itself."""
_MAIN = "__name__ == '__main__'"
_DEEPEST = 5
_UNREAD = Unknown("a word that a Python script puts together")


@dataclass(frozen=True, slots=True)
class Successor:
    """`verb` is how it is called, `os.execvp` or `subprocess.run`; `words` its command, with the name that finds it.

    `start` and `end` are where the call stands; `alone`: the script does nothing else.
    """

    verb: str
    words: tuple[Field, ...]
    start: int
    end: int
    alone: bool


def successor(text: str, arguments: tuple[Field, ...]) -> Successor | None:
    """The command in which a script surely ends; None where it does not, or something else may stand beside it.

    One that is waited for is told only where nothing but Python's own modules can have to do with signals.
    """
    try:
        return _successor(text, arguments)
    except RecursionError:
        return None


def _successor(text: str, arguments: tuple[Field, ...]) -> Successor | None:
    found = _found(text)
    if found is None:
        return None
    verb, call, body = found
    if verb in SPAWNS:
        listed = call.args[2:] if verb.startswith("os.spawnl") else [call.args[2]]
        words = (*_command(call.args[1], body, arguments), *_all(listed, body, arguments)[1:])
    elif verb not in BECOMES:
        words = _command(call.args[0], body, arguments)
        if verb in {SYSTEM, OPENS} or any(
            word.arg == "shell" and ast.unparse(word.value) != "False" for word in call.keywords
        ):
            words = ("sh" if verb == SYSTEM else "/bin/sh", "-c", *words[:1])
    elif verb.startswith("os.execl"):
        last = len(call.args) - (1 if verb.endswith("e") else 0)
        words = (*_command(call.args[0], body, arguments), *_all(call.args[2:last], body, arguments))
    else:
        words = (*_command(call.args[0], body, arguments), *_command(call.args[1], body, arguments)[1:])
    alone = sum(not isinstance(node, (ast.Import, ast.ImportFrom)) for node in body.body) == 1
    return Successor(verb, words, *_place(text, call), alone) if words and isinstance(words[0], str) else None


def _place(text: str, node: ast.Call) -> tuple[int, int]:
    """Its first line, as offsets in the text: Python counts lines, and in them bytes."""
    lines = list(StringIO(text, newline=""))
    before = sum(map(len, lines[: node.lineno - 1]))
    line = lines[node.lineno - 1]
    start = len(line.encode("utf-8", "surrogatepass")[: node.col_offset].decode("utf-8", "ignore"))
    return before + start, before + max(start, len(line.rstrip()))


@lru_cache(maxsize=256)
def _found(text: str) -> tuple[str, ast.Call, ast.Module] | None:
    """How the last command is called, the call, and the script."""
    if not any(word in text for word in ("os.exec", "os.popen", "os.spawn", "subprocess", "system")):
        return None
    body = parse(text)
    call = _last(body.body, body, _DEEPEST) if body is not None else None
    if body is None or call is None:
        return None
    verb = ast.unparse(call.func)
    least = 3 if verb in SPAWNS else 2 if verb in BECOMES else 1
    if verb not in BECOMES | WAITS | SPAWNS | {SYSTEM, OPENS} or len(call.args) < least:
        return None
    if verb in SPAWNS and ast.unparse(call.args[0]) != "os.P_WAIT":
        return None
    nodes = list(ast.walk(body))
    called = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call) and node is not call}
    tops = {name.split(".")[0].rstrip("?") for node in nodes for name in imports(node)}
    if called & _ASIDE or tops & _BEYOND or any(_is_endless(node) for node in nodes):
        return None
    if verb not in BECOMES and {word.arg for word in call.keywords} & {"args", "preexec_fn", "timeout", None}:
        return None
    own = not any(name.startswith(".") or libraries(name) for node in nodes for name in imports(node))
    return (verb, call, body) if verb in BECOMES or own else None


def _is_endless(node: ast.AST) -> bool:
    if not isinstance(node, ast.While) or not isinstance(node.test, ast.Constant) or not node.test.value:
        return False
    inner = (one for part in node.body for one in ast.walk(part))
    return not any(isinstance(one, (ast.Break, ast.Return, ast.Raise)) for one in inner)


def _last(body: list[ast.stmt], module: ast.Module, depth: int) -> ast.Call | None:
    """The call that is made last, on the one way through: in a function, where that is what is called last."""
    if not body or not depth:
        return None
    end = body[-1]
    if isinstance(end, ast.If) and not end.orelse and ast.unparse(end.test) == _MAIN:
        return _last(end.body, module, depth - 1)
    kept = _kept(body)
    if kept is not None:
        return kept
    value = end.value if isinstance(end, (ast.Expr, ast.Return, ast.Assign)) else None
    if isinstance(value, ast.Call) and ast.unparse(value.func) in {"sys.exit", "exit"} and len(value.args) == 1:
        value = value.args[0]
    if not isinstance(value, ast.Call):
        return None
    if isinstance(value.func, ast.Attribute) and value.func.attr in {"wait", "communicate"}:
        return value.func.value if isinstance(value.func.value, ast.Call) else None
    if isinstance(value.func, ast.Attribute) and isinstance(value.func.value, ast.Call) and value.func.attr == "read":
        return value.func.value if ast.unparse(value.func.value.func) == OPENS else None
    if isinstance(value.func, ast.Name):
        named = [one for one in module.body if isinstance(one, ast.FunctionDef) and one.name == value.func.id]
        return _last(named[0].body, module, depth - 1) if len(named) == 1 else None
    return value if ast.unparse(value.func) not in {"subprocess.Popen", OPENS} else None


def _kept(body: list[ast.stmt]) -> ast.Call | None:
    """The call whose result has a name, and then comes the end: `sys.exit(done.returncode)`, `child.wait()`."""
    if len(body) < 2 or not isinstance(body[-2], ast.Assign) or not isinstance(body[-2].value, ast.Call):
        return None
    name, call, end = ast.unparse(body[-2].targets[0]), body[-2].value, body[-1]
    if ast.unparse(call.func) == "subprocess.Popen":
        return call if ast.unparse(end) in {form.format(name) for form in _WAITED} else None
    exits = {form.format(name) for form in _EXITED}
    return call if ast.unparse(call.func) in WAITS | {SYSTEM} and ast.unparse(end) in exits else None


_EXITED = (
    "sys.exit({})",
    "exit({})",
    "sys.exit({}.returncode)",
    "exit({}.returncode)",
    "raise SystemExit({}.returncode)",
)
_WAITED = (
    "{0}.wait()",
    "{0}.communicate()",
    "sys.exit({0}.wait())",
    "exit({0}.wait())",
    "raise SystemExit({0}.wait())",
)


def _all(nodes: list[ast.expr], module: ast.Module, arguments: tuple[Field, ...]) -> tuple[Field, ...]:
    words: tuple[Field, ...] = ()
    for node in nodes:
        words += _command(node.value if isinstance(node, ast.Starred) else node, module, arguments)
    return words


def _command(node: ast.expr, module: ast.Module, arguments: tuple[Field, ...]) -> tuple[Field, ...]:
    """The words of an expression, as far as they are written; one that is not may stand for several."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, (ast.List, ast.Tuple)):
        return _all(node.elts, module, arguments)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = (_command(side, module, arguments) for side in (node.left, node.right))
        return (*left, *right) if _is_list(node.left, module) or _is_list(node.right, module) else (_UNREAD,)
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "sys.argv":
        return _of_argv(node.slice, arguments)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == 0:
        return _command(node.value, module, arguments)[:1]
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and len(node.values) == 2:
        words = _command(node.values[0], module, arguments)
        told = not any(isinstance(word, Unknown) for word in words)
        return (words if any(words) else _command(node.values[1], module, arguments)) if told else (_UNREAD,)
    if isinstance(node, ast.Name):
        return _named(node.id, module, arguments)
    return ("python3",) if ast.unparse(node) == "sys.executable" else (_UNREAD,)


def _is_list(node: ast.expr, module: ast.Module) -> bool:
    if isinstance(node, ast.Name):
        return all(isinstance(value, (ast.List, ast.Tuple)) for value in _values(node.id, module))
    return isinstance(node, (ast.List, ast.Tuple, ast.Subscript))


def _of_argv(index: ast.expr, arguments: tuple[Field, ...]) -> tuple[Field, ...]:
    """`sys.argv[1]`, `sys.argv[1:]`; the script itself is number 0."""
    if isinstance(index, ast.Constant) and isinstance(index.value, int) and 0 < index.value <= len(arguments):
        return (arguments[index.value - 1],)
    if isinstance(index, ast.Slice) and isinstance(index.lower, ast.Constant) and index.upper is None:
        first = index.lower.value
        return arguments[first - 1 :] if isinstance(first, int) and first > 0 and index.step is None else (_UNREAD,)
    return (_UNREAD,)


def _named(name: str, module: ast.Module, arguments: tuple[Field, ...]) -> tuple[Field, ...]:
    """What a variable holds that is set once; what is added to it later is not known."""
    values = _values(name, module)
    if len(values) != 1 or any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(values[0])):
        return (_UNREAD,)
    words = _command(values[0], module, arguments)
    return (*words, _UNREAD) if _grows(name, module) else words


def _values(name: str, module: ast.Module) -> list[ast.expr]:
    """All that is ever assigned to a name; a parameter, or what a loop sets, is something that is not written."""
    found: list[ast.expr] = [
        ast.Constant(None)
        for node in ast.walk(module)
        if (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name)
        or (isinstance(node, ast.arg) and node.arg == name)
    ]
    written = [
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [name]
    ]
    return written if len(written) == len(found) else found


def _grows(name: str, module: ast.Module) -> bool:
    for node in ast.walk(module):
        if isinstance(node, ast.AugAssign) and ast.unparse(node.target) == name:
            return True
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name:
            return True
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == name:
            return True
    return False


_SAFE = frozenset({"json", "os", "platform", "re", "ssl", "sys", "time"})
"""Modules of Python's own that are surely there, and do nothing when they are imported."""
_LEAVES = frozenset({"sys.exit", "exit", "quit", "SystemExit"})


def end_status(text: str) -> int | None:
    """The status of a text that only prints something and leaves; None where it does more."""
    module = parse(text)
    for statement in module.body if module is not None else ():
        match statement:
            case ast.Import(names) if {each.name for each in names} <= _SAFE:
                continue
            case ast.Expr(ast.Call(ast.Name("print"), args, [])) if all(map(_is_constant, args)):
                continue
            case ast.Expr(ast.Call(called, args, [])) | ast.Raise(ast.Call(called, args, []), None):
                return _told(ast.unparse(called), args)
            case _:
                return None
    return 0 if module is not None else None


def _told(called: str, args: list[ast.expr]) -> int | None:
    """What `sys.exit(3)` leaves: a text is printed, and is 1."""
    if called not in _LEAVES or len(args) > 1:
        return None
    match args:
        case []:
            return 0
        case [ast.Constant(int(status))]:
            return status & 255
        case [ast.Constant(str())]:
            return 1
    return None


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)
