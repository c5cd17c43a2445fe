"""JavaScript and TypeScript for Node.js (nodejs.org/api/process.html#signal-events), Deno and Bun."""

from __future__ import annotations

import re

from stopcheck.boot.handlers.packages.manifests import nearest_package, settings
from stopcheck.boot.handlers.packages.workspaces import member
from stopcheck.boot.handlers.scan import LOOPS, is_misread, scan, signals_in
from stopcheck.boot.handlers.source import Source
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import base, join, parent
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.handlers.scan import Scan
    from stopcheck.boot.handlers.source import Project

MODULES = frozenset(
    [
        "assert",
        "async_hooks",
        "buffer",
        "console",
        "constants",
        "crypto",
        "dgram",
        "diagnostics_channel",
        "dns",
        "domain",
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "module",
        "net",
        "os",
        "path",
        "perf_hooks",
        "process",
        "punycode",
        "querystring",
        "readline",
        "stream",
        "string_decoder",
        "sys",
        "test",
        "timers",
        "tls",
        "tty",
        "url",
        "util",
        "v8",
        "vm",
        "worker_threads",
        "zlib",
    ]
)
_LATE = r"\bsetTimeout\s*\(.*,\s*(?:\d{6,}|\d+e\d+)\s*\)"
"""A timer of minutes."""
_LASTING = frozenset(
    [
        *(
            "listen",
            "setInterval",
            "createServer",
            "startStandaloneServer",
            "login",
            "launch",
            "startPolling",
            "connect",
        ),
        *(
            "subscribe",
            "consume",
            "schedule",
            "scheduleJob",
            "CronJob",
            "Worker",
            "Server",
            "WebSocketServer",
            "serve",
            "createPool",
            "watch",
        ),
    ]
)
"""Functions and methods that keep the program alive for as long as they serve."""
_STARTERS = frozenset({"child_process", "cluster"})
"""Modules that start processes. A worker of node:worker_threads is none, and is told of no signal (nodejs.org/api)."""
_ON = (
    r"\b(?:process\s*\.\s*(?:on|once|addListener|prependListener|prependOnceListener)|Deno\s*\.\s*addSignalListener)\b"
)
_STARTS = r"\b(?:Deno\s*\.\s*(?:Command|run)|Bun\s*\.\s*spawn(?:Sync)?)\b"
"""How Deno and Bun start another program."""
_TOLD = (
    rf"{_ON}\s*\(\s*\"(?=\s*,\s*(?:async\s+)?(?:function\b\s*\w*\s*\([^()]*\)|\([^()]*\)\s*=>|\w+\s*=>)\s*"
    r"(?:\{(?:\s*console\s*\.\s*\w+\s*\([^()]*\)\s*;?)*\s*\}|console\s*\.\s*\w+\s*\([^()]*\))\s*\))"
)
"""A handler that does no more than to print."""
_ASKS = r"\brequire\s*\(|\bimport\s*\(|\bfrom\s*[\"']"
_FORMS = ("", ".js", ".cjs", ".mjs", ".ts", ".tsx", ".mts", ".cts", ".json", ".d.ts")
_DENO_STD = regex(r"(?:jsr:/?)?@std/|https://deno\.land/std\b")
"""Deno's own library, which handles no signals."""
_DATA = (".json", ".d.ts", ".node", ".css", ".html", ".graphql")


def read(text: str) -> Source:
    """See Language.read."""
    source = scan(text, r"//[^\n]*|/\*.*?(?:\*/|\Z)")
    code = source.code
    doubt = ""
    if is_misread(text, source, _ON) or is_misread(text, source, r"\b(?:require|import)\s*\("):
        doubt = "its quotes cannot be told apart"
    elif re.search(r"\beval\s*\(|\bnew\s+Function\b", code):
        doubt = "it makes code as it runs"
    elif re.search(r"\b(?:require|import)\s*\((?!\s*\"\s*[,)])", code):
        doubt = "it loads modules by names that are made as it runs"
    events = source.at(rf"{_ON}\s*\(\s*\"")
    handled = signals_in(events)
    if re.search(rf"{_ON}\s*\(\s*[^\"\s]", code):
        handled |= signals_in(source.strings)
        if not handled:
            doubt = doubt or "it listens for events that are named as it runs"
    untold = sorted(signals_in(source.strings) & {"TERM", "INT", "QUIT"} - handled)
    if untold:
        doubt = doubt or f"it names SIG{untold[0]}"
    blocked = re.search(r"\bwhile\s*\(\s*(true|1)\s*\)\s*(\{\s*\}|;)|\bfor\s*\(\s*;\s*;\s*\)\s*(\{\s*\}|;)", code)
    needs = _needs(source)
    starters = {name.removeprefix("node:").split("/")[0] for name in needs} & _STARTERS
    starters |= {re.sub(r"\s", "", call) for call in re.findall(_STARTS, code)}
    lasts = source.calls(_LASTING) or bool(re.search(rf"{LOOPS}|{_LATE}", code))
    if starters == {"child_process"} and _only_waits(text):
        # While such a child runs nothing else does, so it is none that serves.
        starters = set()
    told = [each for event in events for each in signals_in([event])]
    told_only = [each for event in source.at(_TOLD) for each in signals_in([event])] if lasts else []
    goes_on = {name for name in handled if told.count(name) == told_only.count(name) > 0}
    # It kills itself, which the kernel keeps from PID 1.
    kind = "unknown" if _KILLS_ITSELF.search(code) and not re.search(r"\bexit\s*\(", code) else "graceful"
    return Source(
        on={name: "ignore" if blocked or name in goes_on else kind for name in handled},
        needs=needs,
        tokens=(source.tokens() | set(re.findall(r"\bSIG[A-Z]+\d?\b", code))) - _namesakes(code),
        cleanup=bool({"exit", "beforeExit"} & set(events)),
        starts=", ".join(sorted(starters)),
        doubt=doubt,
        lasts=lasts,
    )


def _namesakes(code: str) -> set[str]:
    """Methods of the application's own that only bear the name of a library's.

    Nest's `enableShutdownHooks` takes signals, or nothing; that of Prisma's documentation takes the application.
    """
    return {"enableShutdownHooks("} if _GIVEN_APPLICATION.search(code) and not _GIVEN_SIGNALS.search(code) else set()


_GIVEN_APPLICATION = regex(r"\benableShutdownHooks\s*\(\s*\w")
_GIVEN_SIGNALS = regex(r"\benableShutdownHooks\s*\(\s*[\[)]")


def _only_waits(text: str) -> bool:
    """Whether all that it takes of child_process waits for its child: execSync, execFileSync, spawnSync."""
    taken = _TAKEN.findall(text)
    names = [part.strip() for group in taken for part in group.split(",") if part.strip()]
    return len(taken) == len(_CHILDREN.findall(text)) and all(re.match(r"\w+Sync\b", name) for name in names)


_CHILDREN = regex(r"[\"'`](?:node:)?child_process[\"'`]")
_TAKEN = regex(
    r"\b(?:import|const|let|var)\s*\{([^{}]*)\}\s*(?:=\s*(?:await\s+import|require)\s*\(|from)\s*[\"'](?:node:)?child_process[\"']"
)
_KILLS_ITSELF = regex(r"\bprocess\s*\.\s*kill\s*\(\s*process\s*\.\s*pid\b")


def _needs(source: Scan) -> tuple[str, ...]:
    """What it requires or imports, but for types, which are gone once it runs."""
    code = source.code
    types = {match.end() - 1 for match in re.finditer(r"\b(?:import|export)\s+type\b[^;\"]*?\bfrom\s*\"", code)}
    positions = [index for index, character in enumerate(code) if character == '"']
    asked = r"\b(?:require|import)\s*\(\s*\"|\bfrom\s*\"|\bimport\s*\""
    ends = {match.end() - 1 for match in re.finditer(asked, code)} - types
    found = [text for position, text in zip(positions, source.strings, strict=False) if position in ends]
    return tuple(dict.fromkeys(found))


def follow(need: str, path: str, project: Project) -> tuple[str, ...] | None:
    """See Language.follow (nodejs.org/api/modules.html): a path, or what tsconfig.json calls by another name."""
    if need.startswith((".", "/")):
        return _file(join(parent(path), need), project)
    folder, options = _compiler_options(path, project)
    start = join(folder, str(options.get("baseUrl", ".")))
    for pattern, target in _aliases(start, options):
        if "node_modules" in target:
            continue
        if need == pattern or (pattern.endswith("*") and need.startswith(pattern[:-1])):
            return _file(target.replace("*", need[len(pattern) - 1 :] if pattern.endswith("*") else ""), project)
    if "baseUrl" in options:
        try:
            return _file(join(start, need), project)
        except LookupError:
            pass
    return member(need, path, project)


def _file(place: str, project: Project) -> tuple[str, ...]:
    if place.endswith(_DATA):
        return ()
    stem, dot, ending = place.rpartition(".")
    compiled = (f"{stem}.{ending.replace('js', 'ts')}",) if dot and ending in {"js", "mjs", "cjs"} else ()
    for file in (*(place + form for form in _FORMS), *compiled, *(join(place, "index" + form) for form in _FORMS[1:])):
        if project.text(file):
            return () if file.endswith(_DATA) else (file,)
    raise LookupError(base(place))


def _compiler_options(path: str, project: Project) -> tuple[str, dict[str, object]]:
    """What the nearest tsconfig.json tells the compiler, and its folder."""
    folder = parent(path)
    while True:
        config = settings(join(folder, "tsconfig.json"), project)
        if config or folder in {"/", ""}:
            options = config.get("compilerOptions")
            return folder, options if isinstance(options, dict) else {}
        folder = parent(folder)


def _aliases(start: str, options: Mapping[str, object]) -> list[tuple[str, str]]:
    """The `paths` of the compiler, from the folder that they begin in."""
    paths = options.get("paths")
    found = paths.items() if isinstance(paths, dict) else ()
    return [(str(name), join(start, str(ways[0]))) for name, ways in found if isinstance(ways, list) and ways]


def versions(path: str, project: Project) -> frozenset[str]:
    """`NAME@N` for the packages that the nearest package.json asks for, with their major versions."""
    _, package = nearest_package(path, project)
    wanted = package.get("dependencies")
    found = wanted.items() if isinstance(wanted, dict) else ()
    numbers = ((name, re.search(r"\d+", str(version))) for name, version in found)
    return frozenset(f"{name}@{number[0]}" for name, number in numbers if number)


def libraries(need: str) -> tuple[str, ...]:
    """See Language.libraries."""
    name = need.removeprefix("node:")
    if need.startswith("npm:"):
        name = need = re.sub(r"(?<=.)@[^/]*", "", need.removeprefix("npm:").removeprefix("/"))
    parts = name.split("/")
    if parts[0] in MODULES | _STARTERS or need.startswith("node:") or _DENO_STD.match(need):
        return ()
    return ("/".join(parts[: 2 if need.startswith("@") else 1]),)


def finish(on: Mapping[str, str], sources: tuple[Source, ...]) -> Mapping[str, str]:
    """See Language.finish: SIGUSR1 starts the debugger."""
    return {"USR1": "ignore", **on}
