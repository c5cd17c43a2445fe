"""nodemon: what it runs, by its arguments, its configuration or package.json, and whom its signal reaches."""

from __future__ import annotations

from stopcheck.boot.handlers.packages.manifests import settings
from stopcheck.boot.programs.tree import Tree
from stopcheck.boot.programs.wrappers import Wrapper
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.failure import Failure
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field, Process, World


class Nodemon(Wrapper):
    """nodemon: its child gets the signal, and SIGINT after it (measured with nodemon 3.1)."""

    __slots__ = ()

    def passed_on(self, world: World, process: Process, signal: str) -> None:
        """See Wrapper.passed_on."""
        for target in self._targets(world, process):
            world.kill(target, "INT", process)


_NODEMON_VALUES = frozenset(
    {"-w", "--watch", "-e", "--ext", "-i", "--ignore", "--delay", "-s", "--signal", "--config", "--cwd"}
)
_NODEMON_FLAGS = frozenset(
    {"-V", "--verbose", "-q", "--quiet", "-L", "--legacy-watch", "-C", "--no-colours", "--no-update-notifier", "-I"}
    | {"--on-change-only", "--no-stdin", "--exitcrash"}
)
"""Its own options that have no value; another one is for what it runs."""


def start_nodemon(start: Start) -> Body | Failure:
    """nodemon: its --exec runs under `sh -c`, a script under node; its signal goes to that child.

    `--exec node` is as without it, where a script comes next (measured; `shouldFork` of its lib/monitor/run.js).
    """
    words = list(start.argv[1:])
    command: Field | None = None
    rest: list[Field] = []
    strange = False
    while words:
        word = words.pop(0)
        if isinstance(word, Unknown):
            return start.leaf("unread", word.reason)
        name, sign, value = word.partition("=")
        if name in {"-x", "--exec"}:
            command = value if sign else words.pop(0) if words else None
        elif word in _NODEMON_VALUES:
            del words[:1]
        elif word.startswith("-") and word != "--":
            strange = strange or name not in _NODEMON_FLAGS | _NODEMON_VALUES
        else:
            rest = [*([] if word == "--" else [word]), *words]
            break
    if isinstance(command, Unknown) or any(isinstance(word, Unknown) for word in rest):
        return start.leaf("unread", "what nodemon runs")
    if command is None and not rest:
        found = _nodemon_default(start)
        if found is None:
            return start.leaf("unread", "what nodemon runs is told in its configuration")
        command, rest, env = found
        start = replace(start, env={**env, **start.env})
    text = " ".join([command or "node", *(str(word) for word in rest)])
    if command is None and str(rest[0]).endswith((".ts", ".tsx", ".py", ".rb", ".coffee")):
        return start.leaf("unread", "nodemon's own choice of a program")
    row = replace(start.row, role="fork", forwards="child", exit_of_child=False)
    itself = command is None or (command == "node" and bool(rest) and not strange)
    child: tuple[Field, ...] = ("node", *rest) if itself else ("sh", "-c", text)
    return Nodemon(start.machine, row, child, dict(start.env))


_NODEMON_HARMLESS = frozenset(
    ["$schema", "delay", "ext", "ignore", "ignoreRoot", "legacyWatch", "quiet", "restartable", "verbose", "watch"]
)


def _nodemon_default(start: Start) -> tuple[str | None, list[Field], Mapping[str, str]] | None:
    """What nodemon runs that is told nothing: its command, its script and what it sets; None where that is not known.

    Source: lib/config/load.js and lib/config/exec.js of nodemon 1.19, 2.0 and 3.1: the `exec` of its configuration,
    then the package's `main`, index.js, the package's script `start`.
    """
    files = Tree(start.machine.image.files)
    package = settings(start.path("package.json"), files)
    told = settings(start.path("nodemon.json"), files) or package.get("nodemonConfig") or {}
    if not package or not isinstance(told, dict) or told.keys() - _NODEMON_HARMLESS - {"exec", "env"}:
        return None
    env = told.get("env", {})
    if not isinstance(env, dict) or not all(isinstance(value, str) for value in env.values()):
        return None
    command = told.get("exec")
    if command is not None:
        return (command, [], env) if isinstance(command, str) else None
    main = package.get("main", "index.js" if isinstance(start.text("index.js"), SourceFile) else None)
    if main is not None:
        return (None, [main], env) if isinstance(main, str) else None
    scripts = package.get("scripts")
    script = scripts.get("start") if isinstance(scripts, dict) else None
    return (script, [], env) if isinstance(script, str) else None
