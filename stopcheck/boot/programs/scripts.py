"""Runners of the scripts that a package.json names: npm, yarn, pnpm, npx and bun."""

from __future__ import annotations

import posixpath
import re

from stopcheck.boot.grammar import needs_a_shell
from stopcheck.boot.programs.npmrc import script_shell
from stopcheck.boot.programs.wrappers import Wrapper
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.records import dataclass, replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.failure import Failure
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field

_ENDS = frozenset(
    {
        "add", "audit", "bin", "build", "cache", "ci", "clean-install", "config", "create", "dedupe", "fetch",
        "help", "i", "import", "info", "init", "install", "link", "list", "login", "ls", "outdated", "pack",
        "ping", "prefix", "prune", "publish", "rebuild", "remove", "root", "set", "store", "up", "update",
        "upgrade", "version", "view", "whoami",
    }
)  # fmt: skip
_VALUES = frozenset(
    {
        "--prefix", "-C", "--dir", "--cwd", "--script-shell", "--loglevel", "--registry", "--userconfig", "--cache",
        "-p", "--package", "-w", "--workspace", "--filter", "-F", "--mutex", "--network-timeout",
    }
)  # fmt: skip
_ELSEWHERE = frozenset(
    {"-w", "--workspace", "--workspaces", "-ws", "--filter", "-F", "-r", "--recursive", "workspace", "workspaces"}
)


_WORKS = regex(
    r"(?:(?:db|prisma|typeorm|sequelize|knex)[:-])?(?:build|compile|generate|lint|migrat(?:e|ions?)|seed|tests?)"
    r"(?:[:-](?!.*(?:dev|serve|start|watch)).*)?"
)
"""Names of scripts that by custom do their work and end."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a package runner is asked: its command, the words after that, its own options."""

    command: str
    words: tuple[Field, ...]
    options: Mapping[str, str]


_RUNS = frozenset({"run", "run-script", "rum", "urn"})


def read_request(argv: tuple[Field, ...]) -> Request | Unknown:
    """The command of npm and its kind, by their own grammar."""
    options: dict[str, str] = {}
    words = list(argv[1:])
    while words:
        word = words.pop(0)
        if isinstance(word, Unknown):
            return word
        if word == "--":
            continue
        if not word.startswith("-"):
            return Request(word, tuple(words), options)
        name, sign, value = word.partition("=")
        if sign:
            options[name] = value
        elif name in _VALUES or (name in {"-c", "--call"} and words):
            following = words.pop(0) if words else ""
            if isinstance(following, Unknown):
                return following
            options[name] = following
        else:
            options[name] = ""
    return Request("", (), options)


def _late_options(asked: Request) -> Request:
    """npm takes for its own what begins with `-` behind the name of a script, up to `--` (docs.npmjs.com: npm run)."""
    words, options = list(asked.words), dict(asked.options)
    end = words.index("--") if "--" in words else len(words)
    kept: list[Field] = []
    own = words[:end]
    while own:
        word = own.pop(0)
        if not isinstance(word, str) or not word.startswith("-"):
            kept.append(word)
            continue
        option, sign, value = word.partition("=")
        following = own.pop(0) if not sign and option in _VALUES and own else ""
        options[option] = value if sign else str(following)
    return Request(asked.command, (*kept, *words[end:]), options)


def start_npm(start: Start) -> Body | Failure:
    """`npm start`, `yarn run NAME`, `npx PROGRAM` …: a script of package.json, or a program of the project."""
    name = start.row.table
    asked = read_request(start.argv)
    if isinstance(asked, Unknown):
        return start.leaf("unread", asked.reason)
    if asked.command in _RUNS:  # `npm run --silent NAME`
        inner = read_request(("run", *asked.words))
        if isinstance(inner, Unknown):
            return start.leaf("unread", inner.reason)
        words: tuple[Field, ...] = (inner.command, *inner.words) if inner.command else ()
        asked = Request(asked.command, words, {**asked.options, **inner.options})
    if name == "npm":
        asked = _late_options(asked)
    if start.row.on and any("npm@" in each.value for each in start.machine.image.instructions if each.keyword == "RUN"):
        return start.leaf("unread", "which version of npm was installed")
    folder = next((value for key, value in asked.options.items() if key in {"--prefix", "-C", "--dir", "--cwd"}), "")
    folder = start.path(folder)
    if set(asked.options) & _ELSEWHERE or asked.command in _ELSEWHERE:
        member = _member(start, folder, asked) if name == "npm" else None
        if member is None:
            return start.leaf("unread", "a script of a workspace")
        folder = member
    call = asked.options.get("-c") or asked.options.get("--call")
    if name == "npx" or asked.command in {"exec", "x", "dlx"}:
        called = asked.words if asked.command in {"exec", "x", "dlx"} else (asked.command, *asked.words)
        return _program(start, name, folder, tuple(word for word in called if word != "--"), call)
    if asked.command in _RUNS:
        if not asked.words:
            return start.leaf("short")
        return _script(start, name, folder, asked.words[0], asked.words[1:], asked.options)
    if asked.command in {"start", "test", "stop", "restart"}:
        return _script(start, name, folder, asked.command, asked.words, asked.options)
    if name == "npm" or not asked.command or asked.command in _ENDS:
        return start.leaf("short")
    return _script(start, name, folder, asked.command, asked.words, asked.options)


def _member(start: Start, root: str, asked: Request) -> str | None:
    """The folder of the one member of a workspace that npm is told of, by its name or its folder.

    A script is run there as it would be without the option (measured with npm 11).
    """
    from stopcheck.boot.handlers.packages.workspaces import members
    from stopcheck.boot.programs.tree import Tree

    told = [value for option, value in asked.options.items() if option in _ELSEWHERE]
    if len(told) != 1 or not told[0]:
        return None
    place = posixpath.join(root, told[0])
    if isinstance(start.text(posixpath.join(place, "package.json")), SourceFile):
        return place
    return next(members(told[0], root, Tree(start.machine.image.files)), None)


def _script(
    start: Start, name: str, folder: str, script: Field, arguments: tuple[Field, ...], options: Mapping[str, str]
) -> Body | Failure:
    package = read_package(start, folder)
    if isinstance(package, Unknown):
        works = isinstance(script, str) and _WORKS.fullmatch(script)
        return start.leaf("short") if works else start.leaf("unread", package.reason)
    if isinstance(script, Unknown):
        return start.leaf("unread", script.reason)
    scripts = package.get("scripts")
    scripts = scripts if isinstance(scripts, dict) else {}
    text = scripts.get(script)
    if not isinstance(text, str):
        if script == "start" and name in {"npm", "pnpm"}:
            server = start.machine.image.files.lookup(f"{folder}/server.js")
            if server is None:
                return start.leaf("short", status=1)
            if isinstance(server, Unknown):
                return start.leaf("unread", server.reason)
            text = "node server.js"
        elif name in {"yarn", "pnpm"}:
            return _program(start, name, folder, (script, *arguments), None)
        else:
            return start.leaf("short", status=1)
    given = tuple(word for word in arguments if word != "--")
    if any(isinstance(word, Unknown) for word in given):
        return start.leaf("unread", "the arguments of a script")
    if script == "test" and "watch" not in " ".join([text, *map(str, given)]):
        return start.leaf("short")  # tests end, whatever they start on the way
    if name == "pnpm" and not text.startswith("exec ") and not _is_known_pnpm(start, package):
        return start.leaf("unread", "which version of pnpm runs it")
    line = " ".join([text, *map(_quoted, map(str, given))])
    shell = options.get("--script-shell", "sh") if name == "yarn" else script_shell(start, folder, options)
    if name == "yarn" and _is_berry(start, folder, package):
        return _berry(start, folder, line)
    around = [scripts.get(f"{when}{script}") for when in ("pre", "post")]
    lines = [around[0], line, around[1]] if name != "pnpm" else [line]
    return _run(start, name, folder, [(shell, "-c", each) for each in lines if isinstance(each, str)])


def _program(start: Start, name: str, folder: str, words: tuple[Field, ...], call: str | None) -> Body | Failure:
    if call is None and (not words or any(isinstance(word, Unknown) for word in words)):
        return start.leaf("unread", f"what {name} runs")
    if name == "yarn":
        package = read_package(start, folder)
        if not isinstance(package, Unknown) and _is_berry(start, folder, package):
            return _run(start, "berry", folder, [words])
    if name == "pnpm" and call is None:
        package = read_package(start, folder)
        told = {} if isinstance(package, Unknown) else package
        if start.process.pid != 1 and not _is_known_pnpm(start, told):
            return start.leaf("unread", "which version of pnpm runs it")
        return _run(start, "pnpm-exec", folder, [words])
    line = call if call is not None else " ".join(map(_quoted, map(str, words)))
    return _run(start, name, folder, [("sh", "-c", line)])


def _berry(start: Start, folder: str, line: str) -> Body | Failure:
    """Yarn since version 2 has a shell of its own, whose commands are its children."""
    commands = [part.strip() for part in re.split(r"&&|;", line)]
    if any(map(needs_a_shell, commands)):
        return start.leaf("unread", "a script for yarn's own shell")
    return _run(start, "berry", folder, [tuple(command.split()) for command in commands if command])


def _run(start: Start, name: str, folder: str, argvs: list[tuple[Field, ...]]) -> Body:
    search = start.env.get("PATH")
    env = dict(start.env)
    if isinstance(search, str):
        env["PATH"] = f"{posixpath.join(folder, 'node_modules/.bin')}:{search}"
    row = replace(start.row, role="fork", forwards="child", **_KINDS[name])
    return Wrapper(start.machine, row, argvs[0], env, tuple(argvs[1:]), folder)


_KINDS: Mapping[str, Mapping[str, object]] = {
    "npm": {"exit_killed": -1, "raises": True, "forwards_only": ("TERM", "INT")},
    "npx": {"exit_killed": -1, "raises": True, "forwards_only": ("TERM", "INT")},
    "yarn": {"exit_killed": 1, "on": {"INT": "default"}, "forwards_only": ("TERM",), "then": "ends", "exit": 1},
    "berry": {"forwards_only": ("TERM",), "on": {"INT": "ignore"}},
    "pnpm": {"exit_killed": 1, "raises": True},
    "pnpm-exec": {"then": "raises"},
    "bun": {"on": {"USR1": "default"}},
}
"""How each passes signals on and ends where a signal killed its child: as PID 1 npm 6 with 0, npm since 7 with 1
(wrap.npm6-*, wrap.npm9-*, wrap.yarn1-*, wrap.pnpm9-*); measured with yarn 1.22 and 4.18, pnpm 9 and 10 (12 has
another process beside the shell, and waits for what the script started), bun 1.4: all but SIGUSR1."""


_PNPM = regex(r"\bpnpm@v?(\d+)")
_NODE = regex(r"(?:^|/)node:(\d+)")
_NODE_OF_PNPM_11 = 22
_BRINGS_PNPM = regex(r"\bcorepack\b|\b(?:npm|yarn)\b[^;&|]*\bpnpm\b|get\.pnpm\.io")
_LAST_PNPM = 10


def read_package(start: Start, folder: str) -> dict[str, object] | Unknown:
    """The package.json of a folder."""
    text = start.text(posixpath.join(folder, "package.json"))
    if text is None:
        return Unknown(f"{posixpath.join(folder, 'package.json')} is not in the image")
    if isinstance(text, Unknown):
        return text
    import json

    try:
        package = json.loads(text.text)
    except (ValueError, RecursionError):
        return Unknown("package.json cannot be read")
    return package if isinstance(package, dict) else Unknown("package.json holds no object")


def _is_berry(start: Start, folder: str, package: dict[str, object]) -> bool:
    manager = package.get("packageManager")
    if isinstance(manager, str):
        found = re.match(r"yarn@([0-9]{1,9})", manager)
        return found is not None and int(found[1]) > 1
    return isinstance(start.text(posixpath.join(folder, ".yarnrc.yml")), SourceFile)


def _is_known_pnpm(start: Start, package: dict[str, object]) -> bool:
    """Whether the project, or the build, tells of a version up to 10: later ones do it in another way.

    So does an older Node.js, with which version 11 does not run (its `engines`), be it that the build asks for it.
    """
    builds = [each.value for each in start.machine.image.instructions if each.keyword in {"RUN", "ENV", "ARG"}]
    found = [version for text in (str(package.get("packageManager")), *builds) for version in _PNPM.findall(text)]
    node = _NODE.search(start.machine.image.base.name)
    if not found:
        # Where no step brings it, it may not be there at all.
        brought = any(map(_BRINGS_PNPM.search, builds))
        return brought and node is not None and int(node[1]) < _NODE_OF_PNPM_11
    return int(found[0]) <= _LAST_PNPM


def _quoted(word: str) -> str:
    return word if re.fullmatch(r"[\w@%+=:,./-]+", word) else "'" + word.replace("'", "'\\''") + "'"


def start_bun(start: Start) -> Body | Failure:
    """`bun run NAME`: a script of package.json under bash where there is one, else a program for its own engine."""
    from stopcheck.boot.programs.interpreters import start_script

    asked = read_request(start.argv)
    if isinstance(asked, Unknown):
        return start.leaf("opaque", asked.reason)
    if asked.command == "run":  # `bun run --watch FILE`
        inner = read_request(("run", *asked.words))
        if isinstance(inner, Unknown):
            return start.leaf("opaque", inner.reason)
        words: tuple[Field, ...] = (inner.command, *inner.words) if inner.command else ()
    else:
        words = (asked.command, *asked.words)
    folder = start.path(asked.options.get("--cwd", ""))
    if asked.command == "x" or start.process.program == "bunx":
        called = asked.words if start.process.program == "bun" else words
        return _run(start, "bun", folder, [called]) if called else start.leaf("short")
    if not words or not words[0] or asked.command in _ENDS | {"pm", "test"}:
        return start.leaf("short")
    package = read_package(start, folder)
    scripts = {} if isinstance(package, Unknown) else package.get("scripts")
    name = words[0]
    if isinstance(name, Unknown) or not isinstance(scripts, dict):
        return start.leaf("opaque", "what bun runs")
    if name not in scripts:
        return start_script(start, "node", name, words[1:])
    search = start.env.get("PATH")
    bash = start.machine.image.files.which("bash", search if isinstance(search, str) else "/bin:/usr/bin")
    options = {"--script-shell": "sh" if bash is None else "bash"}
    return _script(start, "bun", folder, name, words[1:], options)
