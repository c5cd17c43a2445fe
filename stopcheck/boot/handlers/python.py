"""Python (library/signal.html: SIGINT raises KeyboardInterrupt, the rest is the kernel's default)."""

from __future__ import annotations

import ast
import sys
import warnings

from stopcheck.boot.handlers.python2 import MODULES, modern
from stopcheck.boot.handlers.python_newer import older
from stopcheck.boot.handlers.scan import LONGEST_TOKEN
from stopcheck.boot.handlers.source import Source
from stopcheck.boot.handlers.unset import assigned, read_names, unset_and_false
from stopcheck.boot.signals import NAMES
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import join, parent
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stopcheck.boot.handlers.source import Project

_STARTERS = frozenset({"subprocess", "multiprocessing", "pty", "runpy", "ctypes", "code"})
_OS = regex(r"(system|popen|exec[lv]p?e?|spawn[lv]p?e?|posix_spawnp?|fork|forkpty|startfile|kill|killpg)$")
_CONSTANTS = {"SIG_IGN": "ignore", "SIG_DFL": "default"}
_OTHER_WAYS = frozenset({"sigwait", "sigwaitinfo", "sigtimedwait", "set_wakeup_fd", "pthread_sigmask"})
_LASTING = frozenset(
    [
        *("run", "serve", "serve_forever", "run_forever", "loop_forever", "listen", "launch", "mainloop", "accept"),
        *("run_simple", "run_server", "run_app", "run_task", "wait_for_termination", "start", "start_server"),
        *("infinity_polling", "polling", "run_polling", "start_polling", "start_consuming", "quickstart"),
        *("pause", "connect_forever", "idle", "WSGIServer", "HTTPServer", "recv", "recvfrom", "wait"),
    ]
)
"""Functions and methods that serve, or wait, for as long as the program lives."""
_LONG = 300
"""Who sleeps for so many seconds has nothing else to do."""
_INSTALLERS = frozenset({"signal", "add_signal_handler"})
_CATCHES_INT = frozenset({"KeyboardInterrupt", "BaseException"})
_DYNAMIC = frozenset({"exec", "eval", "__import__", "compile"})
"""Functions of Python's own: methods of these names are others' (`model.eval()`, `session.exec()`)."""
_LOADERS = frozenset({"import_module", "spec_from_file_location"})
EVERY = "*"
"""The end of what a file needs that loads others of the program by names that are made as it runs: each of them."""
_DEEPEST = 6
_OWN = (
    sys.stdlib_module_names
    | MODULES
    | {
        "__future__",
        "distutils",
        "imp",
        "asyncore",
        "cgi",
        "telnetlib",
        "pipes",
        "six.moves",
    }
)
_NAMESPACES = frozenset({"azure", "google", "google.cloud", "opentelemetry", "azure.storage"})
"""Packages without code of their own (PEP 420): what is imported from them decides."""
_GENERATED = ("_pb2", "_pb2_grpc")
"""What protoc makes of a .proto, often in a build step: it needs google.protobuf and grpc, and handles no signal."""
_HARMLESS = ("importlib.metadata", "importlib.resources", "concurrent.futures")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_BLOCKS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.With, ast.AsyncWith, ast.Try)
_IS_PROGRAM = frozenset({"__name__ == '__main__'", "'__main__' == __name__"})
OLD = "Python 2"
"""What a file needs that Python 3 cannot read."""
INSTEAD = "<"
"""`NAME<OTHER`: a module that is needed only where the other is not found."""
VERSION = "python"
"""The variable of a project that tells the major version of what runs it ("": not known)."""
_PROCESSES = frozenset({"ProcessPoolExecutor", "create_subprocess_exec", "create_subprocess_shell"})


def read(text: str) -> Source:
    """See Language.read."""
    tree = parse(text)
    old = tree is None
    if tree is None:
        tree = parse(modern(text))
    if tree is None:
        return Source(doubt="it cannot be read as Python")
    nodes = list(ast.walk(tree))
    instead = dict(_fallbacks(nodes))
    found = ((name, instead.get(id(node), "")) for node in nodes for name in (*imports(node), *_loaded(node)))
    needs = tuple(dict.fromkeys(f"{name}{INSTEAD}{first}" if first else name for name, first in found))
    called = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
    last = {name.rsplit(".", 1)[-1] for name in called}
    lasts = any(_lasts(node) for node in nodes)
    on, doubt = _signals(nodes, lasts and not old and "pause" not in last)
    if last & _OTHER_WAYS:
        doubt = doubt or "it waits for signals"
    if called & _DYNAMIC or any(_is_loader(node) and not _loaded(node) for node in nodes):
        doubt = doubt or "it loads code by names that are made as it runs"
    dotted = any(name.endswith(".register") and name.startswith("atexit") for name in called)
    cleanup = dotted or any(isinstance(node, ast.Try) and _guards_a_loop(node) for node in nodes)
    catches = any(isinstance(node, ast.ExceptHandler) and _catches_interrupt(node) for node in nodes)
    starts = _starts(needs, called, last, nodes)
    return Source(
        on=on,
        needs=(*needs, OLD) if old else needs,
        tokens=frozenset((*_tokens(nodes, last), *_set_in_calls(tree.body))),
        cleanup=cleanup,
        threads=any(name.endswith("Thread") for name in called),
        starts=starts,
        doubt=doubt,
        lasts=lasts,
        interrupted=cleanup or catches,
    )


def parse(text: str) -> ast.Module | None:
    """A file's tree; None where it cannot be read."""
    try:
        with warnings.catch_warnings():
            # What Python thinks of a text's escape sequences is not for whoever checks an image.
            warnings.simplefilter("ignore")
            try:
                return ast.parse(text)
            except SyntaxError:
                return ast.parse(older(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _lasts(node: ast.AST) -> bool:
    """Whether a loop has no end, or a call serves."""
    if isinstance(node, ast.While):
        told = isinstance(node.test, ast.Constant) and bool(node.test.value) and not _is_left(node)
        return told or not isinstance(node.test, (ast.Constant, ast.Compare, ast.BoolOp))
    if isinstance(node, ast.Call) and _last(node.func) == "sleep":
        # A fraction of a second is not looked for among whole numbers: that would take the time to count to the last.
        return any(
            isinstance(word, ast.Constant) and isinstance(word.value, (int, float)) and word.value >= _LONG
            for word in node.args
        )
    if isinstance(node, ast.Call):
        return _last(node.func) in _LASTING and ast.unparse(node.func) != "asyncio.run"
    return False


def _is_left(loop: ast.While) -> bool:
    """Whether something in a loop leaves it; what is done on Ctrl+C only is nothing that happens to a container."""
    stack: list[tuple[ast.AST, bool]] = [(part, False) for part in loop.body]
    while stack:
        node, deeper = stack.pop()
        if isinstance(node, ast.Return) or (isinstance(node, ast.Break) and not deeper):
            return True
        if isinstance(node, _FUNCTIONS) or (isinstance(node, ast.ExceptHandler) and _is_interrupt(node)):
            continue
        inner = deeper or isinstance(node, (ast.For, ast.AsyncFor, ast.While))
        stack += [(child, inner) for child in ast.iter_child_nodes(node)]
    return False


def _is_interrupt(node: ast.ExceptHandler) -> bool:
    """Whether it catches nothing but what Ctrl+C and sys.exit() raise."""
    caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return all(isinstance(one, ast.Name) and one.id in {"KeyboardInterrupt", "SystemExit"} for one in caught)


def _starts(needs: tuple[str, ...], called: set[str], last: set[str], nodes: list[ast.AST]) -> str:
    for name in sorted(called):
        if name.startswith("os.") and _OS.fullmatch(name[3:]):
            return name
    tops = {name.rstrip("?").split(".")[0] for name in needs if not name.startswith(_HARMLESS)}
    names = {node.id for node in nodes if isinstance(node, ast.Name)} | last
    return ", ".join(sorted(tops & _STARTERS)) or ", ".join(sorted(names & _PROCESSES))


def _is_loader(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _last(node.func) in _LOADERS


def _loaded(node: ast.AST) -> tuple[str, ...]:
    """What a call loads by a name, or by a file: one module, or `FOLDER.*` where its name is made as it runs."""
    if not isinstance(node, ast.Call) or not _is_loader(node) or not node.args:
        return ()
    name = whole = node.args[0]
    if _last(node.func) == "spec_from_file_location":
        return (EVERY,)
    if isinstance(name, ast.BinOp):
        name = name.left
    if isinstance(name, ast.JoinedStr) and name.values:
        name = name.values[0]
    told = name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""
    if name is whole:
        return (told,) if told and not told.startswith(".") else ()
    folder, dot, _ = told.rpartition(".")
    return (f"{folder}.{EVERY}",) if dot else ()


def imports(node: ast.AST) -> Iterator[str]:
    """Dotted names; one that ends in `?` may be something in a module instead of a module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        yield module
        dot = "" if module.endswith(".") else "."
        yield from (f"{module}{dot}{alias.name}?" for alias in node.names if alias.name != "*")
    elif isinstance(node, ast.Call) and _last(node.func) in {"from_object", "config_from_object"}:
        # A configuration by its name.
        texts = (word.value for word in node.args if isinstance(word, ast.Constant))
        yield from (f"{text}?" for text in texts if isinstance(text, str))


def _fallbacks(nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    """The imports that are made where another fails, with the name of that: `except ImportError: import config`."""
    for node in nodes:
        first = next((name for part in node.body for name in imports(part)), "") if isinstance(node, ast.Try) else ""
        for handler in node.handlers if isinstance(node, ast.Try) and first else ():
            caught = ast.unparse(handler.type) if handler.type is not None else ""
            if "ImportError" in caught or "ModuleNotFoundError" in caught:
                yield from ((id(part), first) for part in ast.walk(handler))


def _tokens(nodes: list[ast.AST], called: set[str]) -> Iterator[str]:
    """`name=$VARIABLE`: a value that is false unless a variable is set."""
    yield from (f"{name}(" for name in called)
    read, named = read_names(nodes), assigned(nodes)
    for node in nodes:
        if isinstance(node, ast.Call):
            yield from _told(node)
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str) and len(node.value) <= LONGEST_TOKEN and id(node) not in read:
                yield node.value
            continue
        names = _set_by(node)
        reads = unset_and_false(node.value, named) if names else None  # type: ignore[attr-defined]
        variables = [""] if reads is None else [f"${variable}" for variable in reads]
        yield from (f"{name}={variable}" for name in names for variable in variables)


def _set_by(node: ast.AST) -> list[str]:
    """What a keyword or an assignment gives a value to."""
    if isinstance(node, ast.keyword) and node.arg:
        return [node.arg]
    if isinstance(node, ast.Assign):
        return [_last(target) for target in node.targets]
    return [_last(node.target)] if isinstance(node, ast.AnnAssign) and node.value is not None else []


def _told(node: ast.Call) -> Iterator[str]:
    """`name(True` and `name(**`: a call that is told by its place, or by a mapping, what others tell by a name."""
    if any(isinstance(word, ast.Constant) and word.value is True for word in node.args):
        yield f"{_last(node.func)}(True"
    if any(word.arg is None for word in node.keywords):
        yield f"{_last(node.func)}(**"


def _set_in_calls(body: list[ast.stmt]) -> Iterator[str]:
    """`name(key=True`: what calls are told for which nothing has to hold but that this file is the program."""
    for node in body:
        if isinstance(node, _BLOCKS) or (isinstance(node, ast.If) and ast.unparse(node.test) in _IS_PROGRAM):
            yield from _set_in_calls(node.body)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            told = ((word.arg, word.value) for word in node.value.keywords if isinstance(word.value, ast.Constant))
            name = _last(node.value.func)
            yield from (f"{name}({key}={one.value}" for key, one in told if isinstance(one.value, bool))


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _signals(nodes: list[ast.AST], goes_on: bool) -> tuple[dict[str, str], str]:
    """The actions of the handlers that are installed, and what is in doubt.

    `goes_on`: the program goes on after a handler that only prints: calls are begun again that a signal has
    interrupted (PEP 475), but for signal.pause().
    """
    handled: dict[str, str] = {}
    printing = _printing(nodes) if goes_on else frozenset()
    loops = _loops(nodes)
    for node in nodes:
        if not isinstance(node, ast.Call) or _last(node.func) not in _INSTALLERS:
            continue
        if len(node.args) < 2:
            if ast.unparse(node.func).endswith("signal.signal"):
                return handled, "a handler is installed in a way that cannot be read"
            continue
        values = loops.get(ast.unparse(node.args[0]), [node.args[0]])
        signals = [name for value in values for name in _signal(value)]
        if not signals:
            return handled, "a handler is installed for a signal that is not known"
        handler = ast.unparse(node.args[1]).rsplit(".", 1)[-1]
        action = _CONSTANTS.get(handler, "ignore" if _only_prints(node.args[1], printing) else "graceful")
        handled |= {name: action for name in signals if handled.get(name, action) in {action, *_CONSTANTS.values()}}
    named = {name[3:] for node in nodes for name in _names(node) if name in {"SIGTERM", "SIGINT", "SIGQUIT"}}
    untold = sorted(named - handled.keys())
    return handled, f"it names SIG{untold[0]}" if untold else ""


_TELLS = frozenset(
    """critical debug error exception flush format getLogger getpid info log print str strsignal warn warning write
    Signals""".split()  # noqa: SIM905 - a table reads better as one text
)
"""Functions and methods that print, or make what is printed."""


def _printing(nodes: list[ast.AST]) -> frozenset[str]:
    """The functions that do no more than to print."""
    functions = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    silent = {node.name for node in functions if not all(map(_prints, node.body))}
    return frozenset({node.name for node in functions} - silent)


def _only_prints(handler: ast.expr, printing: frozenset[str]) -> bool:
    if isinstance(handler, ast.Lambda):
        return _prints(ast.Expr(handler.body))
    return _last(handler) in printing


def _prints(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, (ast.Call, ast.Constant)):
        return False
    return all(_last(node.func) in _TELLS for node in ast.walk(statement) if isinstance(node, ast.Call))


def _names(node: ast.AST) -> tuple[str, ...]:
    """The names that a node uses."""
    if isinstance(node, ast.Constant):
        return (node.value,) if isinstance(node.value, str) else ()
    if isinstance(node, ast.alias):
        return (node.name,) if node.asname else ()
    return (_last(node),) if isinstance(node, ast.expr) else ()


def _loops(nodes: list[ast.AST]) -> dict[str, list[ast.expr]]:
    """The values of each `for NAME in (…)` over written values."""
    return {
        ast.unparse(node.target): node.iter.elts
        for node in nodes
        if isinstance(node, ast.For) and isinstance(node.iter, (ast.Tuple, ast.List, ast.Set))
    }


def _signal(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return [NAMES[node.value]] if node.value in NAMES else []
    name = ast.unparse(node).rsplit(".", 1)[-1]
    return [name[3:]] if name.startswith("SIG") else []


def _guards_a_loop(node: ast.Try) -> bool:
    return bool(node.finalbody) and any(isinstance(inner, ast.While) for part in node.body for inner in ast.walk(part))


def _catches_interrupt(node: ast.ExceptHandler) -> bool:
    return node.type is None or any(name in ast.unparse(node.type) for name in _CATCHES_INT)


def follow(need: str, path: str, project: Project) -> tuple[str, ...] | None:
    """See Language.follow (reference/import.html): relative to the file, or in the folders of sys.path."""
    need, _, first = need.partition(INSTEAD)
    if first and _is_own(first, path, project):
        return ()
    if need == OLD:
        if project.variable(VERSION) == "3":
            raise LookupError(OLD)
        return ()
    if need.endswith(EVERY):
        return _every(need.removesuffix(EVERY), path, project)
    generated = any(part.endswith(_GENERATED) for part in need.rstrip("?").split("."))
    try:
        found = _find(need, path, project)
    except LookupError:
        if not generated:
            raise
        found = None
    return () if generated and found is None else found


def _is_own(need: str, path: str, project: Project) -> bool:
    try:
        return bool(_find(need, path, project))
    except LookupError:
        return False


def _find(need: str, path: str, project: Project) -> tuple[str, ...] | None:
    """The files of a module that is written; None where it is a library's."""
    name, lax = need.rstrip("?"), need.endswith("?")
    level = len(name) - len(name.lstrip("."))
    parts = [part for part in name[level:].split(".") if part]
    if level:
        folder = parent(path)
        for _ in range(level - 1):
            folder = parent(folder)
        found = _down(folder, parts, project, lax, package=True)
        if found is None:
            raise LookupError(name)
        return found
    for root in project.variable("sys.path").split(":"):
        found = _down(root, parts, project, lax, package=False)
        if found is not None:
            return found
    return None


def _every(prefix: str, path: str, project: Project) -> tuple[str, ...] | None:
    """The files in a package, or of the whole program but for its tests; None where the package is a library's."""
    parts = [part for part in prefix.split(".") if part]
    roots = [parent(path)] if prefix.startswith(".") else project.variable("sys.path").split(":")
    for root in roots:
        folder = join(root, "/".join(parts)) if parts else root
        found = [file for depth in range(_DEEPEST) for file in project.matching(f"{folder}{'/*' * depth}/*.py")]
        if found:
            return tuple(file for file in found if "/test" not in file)
    return None


def _down(folder: str, parts: list[str], project: Project, lax: bool, package: bool) -> tuple[str, ...] | None:
    """The files of a dotted name from a folder on; None where the first of its parts is not there."""
    files = [join(folder, "__init__.py")] if package and project.text(join(folder, "__init__.py")) else []
    place, sure = folder, bool(files)
    for index, part in enumerate(parts):
        module, inner = join(place, f"{part}.py"), join(place, part)
        if project.text(join(inner, "__init__.py")):
            files.append(join(inner, "__init__.py"))
            place, sure = inner, True
        elif project.text(module):
            return (*files, module)
        elif project.is_folder(inner) and index + 1 < len(parts):
            place = inner
        elif not sure and not package:
            return None
        elif lax and sure and index == len(parts) - 1:
            break
        else:
            raise LookupError(".".join(parts))
    return tuple(files)


def libraries(need: str) -> tuple[str, ...]:
    """See Language.libraries."""
    need = need.partition(INSTEAD)[0]
    parts = need.rstrip("?").split(".")
    if parts[0] in _OWN or need in _NAMESPACES:
        return ()
    if need.endswith(EVERY):
        return (need,)  # nobody knows what it is
    return tuple(".".join(parts[:count]) for count in range(len(parts), 0, -1))


def finish(on: Mapping[str, str], sources: tuple[Source, ...]) -> Mapping[str, str]:
    """See Language.finish."""
    return {"INT": "quick", **on}
