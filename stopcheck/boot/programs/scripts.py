"""Runners of scripts that a project names: npm, yarn, pnpm and npx, make, Procfiles."""

from __future__ import annotations

import posixpath
import re
from itertools import pairwise

from stopcheck.boot.bodies.supervisor import Managed, Supervisor
from stopcheck.boot.lookup import find_file
from stopcheck.boot.programs.npmrc import script_shell
from stopcheck.boot.programs.wrappers import Wrapper, option
from stopcheck.boot.signals import signal_number
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.makefile import expanded, exported
from stopcheck.model import Unknown
from stopcheck.records import dataclass, replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stopcheck.boot.failure import Failure
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field, Process, World

# --- npm, yarn, pnpm, npx --------------------------------------------------------------------------

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
    if any(_SHELL_WORK.search(command) for command in commands):
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
    """Whether the project, or the build, tells of a version up to 10: later ones do it in another way."""
    builds = (each.value for each in start.machine.image.instructions if each.keyword in {"RUN", "ENV", "ARG"})
    found = [version for text in (str(package.get("packageManager")), *builds) for version in _PNPM.findall(text)]
    return bool(found) and int(found[0]) <= _LAST_PNPM


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


# --- several scripts at once -----------------------------------------------------------------------


def start_parallel_scripts(start: Start) -> Body | Failure:
    """`run-p NAME…`, `run-s NAME…`, `npm-run-all NAME…`: npm run for each, at once or one after another.

    It catches nothing (wrap.npm-run-all-p, wrap.npm-run-all-s).
    """
    options = {word for word in start.words if word.startswith("-")}
    names = [word for word in start.words if not word.startswith("-")]
    if (
        not names
        or any(re.search(r"[*:\s]", name) for name in names)
        or len(names) + len(options) < len(start.argv) - 1
    ):
        return start.leaf("unread", "which scripts it runs")
    at_once = bool(options & {"-p", "--parallel"}) or start.process.program == "run-p"
    if at_once and options & {"-s", "--sequential", "--serial"}:
        return start.leaf("unread", "which scripts it runs")
    if not at_once:
        argvs: list[tuple[Field, ...]] = [("npm", "run", name) for name in names]
        row = replace(start.row, role="fork")
        return Wrapper(start.machine, row, argvs[0], dict(start.env), tuple(argvs[1:]))
    managed = tuple(Managed(name, ("npm", "run", name)) for name in names)
    return Supervisor(start.machine, managed, dict(start.env), stops_on=frozenset())


def start_procfile(start: Start) -> Body | Failure:
    """honcho start: each line of the Procfile under `/bin/sh -c`; SIGTERM goes to its process group (wrap.honcho-1).

    foreman has its own script become the line's program, if it is one, tells that alone, and ends with 0 once it has
    (sup.foreman); what a shell has left behind it does not wait for (sup.foreman-orphan).
    """
    words = start.words
    name = str(option(list(words), "-f", "--procfile") or "Procfile")
    root = str(option(list(words), "-d", "--app-root", "--root") or "")
    if root:
        start.process.cwd = start.path(root)
    if "start" not in words:
        return start.leaf("unread", f"what {start.row.name} is asked")
    text = start.text(name)
    if not isinstance(text, SourceFile):
        return start.leaf("unread", f"{name} is not in the files")
    lines = re.findall(r"^([A-Za-z0-9_-]+):\s*(\S.*)$", text.text, re.MULTILINE)
    chosen = set(words[words.index("start") + 1 :]) & {process for process, _ in lines}
    wanted = [line for process, line in lines if not chosen or process in chosen]
    if not wanted:
        return start.leaf("short", status=1)
    if start.row.name != "foreman":
        return _together(start, wanted, 143)
    runs = [line if re.search(r"^exec\s|[&|;<>()`]", line) else f"exec {line}" for line in wanted]
    told = next((after for word, after in pairwise(words) if word in {"-t", "--timeout"}), "5")
    wait = float(told) if told.isdigit() else 5.0
    managed = tuple(
        Managed(line.split()[0], ("/bin/sh", "-c", run), wait=wait, own_group=False)
        for line, run in zip(wanted, runs, strict=True)
    )
    return Supervisor(start.machine, managed, dict(start.env), frozenset({"TERM", "INT", "HUP"}), True, status=0)


def start_concurrently(start: Start) -> Body | Failure:
    """concurrently: each argument under `/bin/sh -c`; SIGTERM goes to all their processes (measured with version 9).

    It asks ps(1) for these: where there is none, it dies of that (measured likewise, in a slim image of Node).
    """
    words, lines = list(start.words), []
    known = len(words) == len(start.argv) - 1
    while words:
        word = words.pop(0)
        if word in _CONCURRENTLY_VALUES and words:
            words.pop(0)
        elif not word.startswith("-"):
            lines.append(word)
        elif word.partition("=")[0] not in _CONCURRENTLY_VALUES | _CONCURRENTLY_FLAGS:
            known = False
    if not known or not all(map(str.strip, lines)):
        return start.leaf("unread", "what concurrently runs")
    lines = [re.sub(r"^(npm|yarn|pnpm|bun):(?=[\w-]+( |$))", r"\1 run ", line) for line in lines]
    if any(re.match(r"(npm|yarn|pnpm|bun|node|deno):", line) for line in lines):
        return start.leaf("unread", "a shortcut of concurrently")
    if not lines:
        return start.leaf("short", status=1)
    forsaken = (
        frozenset({"TERM", "INT"}) if find_file(start.machine.image, "ps", "/", start.env) is None else frozenset()
    )
    raw = not {"-r", "--raw"}.isdisjoint(start.words)
    return _together(start, lines, 1, forsaken, Supervisor if raw else Together)


_CONCURRENTLY_VALUES = frozenset(
    """-n --names --name-separator -c --prefix-colors -p --prefix -l --prefix-length -t --timestamp-format -s --success
    --restart-tries --restart-after --handle-input-default""".split()  # noqa: SIM905 - a table reads better as one text
)
_CONCURRENTLY_FLAGS = frozenset({"-k", "--kill-others", "--kill-others-on-fail", "-r", "--raw", "--no-color", "-g"})


def _together(
    start: Start,
    lines: list[str],
    status: int,
    forsakes: frozenset[str] = frozenset(),
    kind: type[Supervisor] | None = None,
) -> Body:
    """`kind`: whether it waits for all that holds the pipes of its children, as one does that reads what they print."""
    managed = tuple(
        Managed((line.split() or ["sh"])[0], ("/bin/sh", "-c", line), wait=5.0, group=True) for line in lines
    )
    stops_on = frozenset({"TERM", "INT"}) - forsakes
    body = kind or Together
    return body(start.machine, managed, dict(start.env), stops_on, True, forsakes=forsakes, status=status)


class Together(Supervisor):
    """A supervisor that ends when nothing of what it started is left."""

    __slots__ = ()

    def copy(self) -> Together:
        """See Body.copy."""
        other = Together.__new__(Together)
        for slot in Supervisor.__slots__:
            setattr(other, slot, getattr(self, slot))
        return other

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        left = any(world.group(pid) for pid in self.pids)
        if self.current is not None and left and not any(world.processes[pid].alive for pid in self.pids):
            return False
        return super().step(world, process)


# --- make ------------------------------------------------------------------------------------------


class Make(Wrapper):
    """make: after a fatal signal it never ends as PID 1 where an orphan has outlived its child.

    It kills itself in vain then, and asks again and again for a child that it has collected (make 4.3: wrap.make-cd;
    where the orphan has ended it is busy for good).
    """

    __slots__ = ()

    def leave(self, world: World, process: Process, child: Process) -> bool:
        """End as make does after a fatal signal: 2 as PID 1, else by that signal (wrap.make, wrap.make-cd)."""
        if not self.got:
            failed = child.status if isinstance(child.status, Unknown) else 2 if child.status else 0
            world.exit(process, failed)
            return True
        if process.pid != 1:
            world.exit(process, 128 + signal_number(self.got), self.got)
            return True
        ends = [event.pid for event in world.events if event.kind == "end"]
        earlier = ends[: ends.index(child.pid)] if child.pid in ends else ends
        orphans = [other for other in world.processes.values() if other.ppid == 1 and other not in (process, child)]
        if any(other.pid not in earlier for other in orphans) or getattr(child.body, "row", self.row).trails:
            return False
        world.exit(process, 2)
        return True


def start_make(start: Start) -> Body | Failure:
    """The recipe of a target, its prerequisites' before it, where the Makefile is plain enough to be read."""
    folder, name, at_once = "", "", False
    targets: list[str] = []
    given: dict[str, str] = {}
    words = list(start.words)
    while words:
        word = words.pop(0)
        last = word[-1:] if word[:1] == "-" and word[1:2] != "-" else ""
        option, _, value = word.partition("=")
        if (word == "--directory" or last == "C") and words:
            folder = words.pop(0)
        elif (word in {"--file", "--makefile"} or last == "f") and words:
            name = words.pop(0)
        elif option == "--directory":
            folder = value
        elif option in {"--file", "--makefile"}:
            name = value
        elif word == "--ignore-errors" or (last and "i" in word):
            return start.leaf("unread", "it goes on whatever fails")
        elif word.startswith(("-j", "--jobs")):
            at_once = word not in {"-j1", "--jobs=1"}
            if word in {"-j", "--jobs"} and words and words[0].isdigit():
                at_once = words.pop(0) != "1"
        elif word.startswith("SHELL="):
            return start.leaf("unread", "its shell is another one")
        elif word in _ASKS:
            return start.leaf("short")
        elif not word.startswith("-") and "=" in word:
            given[word.partition("=")[0]] = word.partition("=")[2]
        elif not word.startswith("-"):
            targets.append(word)
    folder, image = start.path(folder), start.machine.image
    for candidate in [name] if name else ["GNUmakefile", "makefile", "Makefile"]:
        text = start.text(posixpath.join(folder, candidate))
        if isinstance(text, SourceFile):
            lines = recipe(text.text, targets, None if image.env_open else start.env, given)
            if isinstance(lines, Unknown):
                return start.leaf("test") if _only_works(targets) else start.leaf("unread", lines.reason)
            if not lines or _is_there(start, folder, text.text, targets):
                return start.leaf("short", status=0)
            if at_once and len(lines) > 1:
                return start.leaf("unread", "it may run several at a time")
            told = exported(text.text, start.env, given)
            if told is None or (told and image.env_open):
                return start.leaf("unread", "what the Makefile exports is not known")
            row = replace(start.row, role="fork", forwards="child")
            return Make(start.machine, row, lines[0], {**start.env, **told}, tuple(lines[1:]), folder)
    return start.leaf("test") if _only_works(targets) else start.leaf("unread", "the Makefile is not in the files")


_ASKS = frozenset({"-n", "--dry-run", "-v", "--version", "-h", "--help", "-q", "--question", "-t", "--touch"})
"""Options with which make runs no recipe."""


def _is_there(start: Start, folder: str, text: str, targets: list[str]) -> bool:
    """Whether the goal is a file or a folder that is there, and hangs on nothing: make has nothing to do then."""
    rules = _rules(text)
    goals = targets or list(rules)[:1] if isinstance(rules, dict) else []
    if len(goals) != 1 or not isinstance(rules, dict) or rules.get(goals[0], ([goals[0]], []))[0]:
        return False
    phony = re.findall(r"^\.PHONY\s*:(.*)", "\n".join(_logical_lines(text)), re.MULTILINE)
    if any(goals[0] in line.split() for line in phony):
        return False
    return start.machine.image.files.kind(posixpath.join(folder, goals[0])) in {"file", "folder"}


_WORK = frozenset({"all", "build", "check", "clean", "compile", "deb", "dist", "distclean", "docs", "html", "install",
                   "installcheck", "lint", "package", "pdf", "release", "rpm", "test", "tests", "uninstall", "validate",
                   })  # fmt: skip
_STAY = frozenset({"daemon", "dev", "env", "forever", "run", "serve", "server", "shell", "start", "up", "watch"})


def _only_works(targets: list[str]) -> bool:
    """Whether the targets are all ones that by custom do some work and end (GNU coding standards; `test-unit`)."""
    parts = [re.split(r"[-_.:/]", target) for target in targets]
    return bool(parts) and all(words[0] in _WORK and _STAY.isdisjoint(words) for words in parts)


_SHELL_WORK = regex(
    r"[;&|<>()$`*?\[\]{}~#\\\"']|^\s*[^\s=]+=|^\s*(cd|exec|export|unset|set|umask|trap|\.|:|if|for|while|case|wait|eval|test|read)\b"
)
_RULE = regex(r"^([\w./-]+(?:\s+[\w./-]+)*)\s*:(?![=:])\s*([^=;#]*)$")


def recipe(
    text: str, targets: list[str], env: Mapping[str, Field] | None = None, given: Mapping[str, str] | None = None
) -> list[tuple[Field, ...]] | Unknown:
    """The argvs that make runs for these targets (the first rule's where none): plain commands without a shell.

    `env`: the variables that it finds set, None where they are not known; `given`: those of its command line.
    """
    rules = _rules(text)
    if isinstance(rules, Unknown):
        return rules
    found: list[tuple[Field, ...]] = []
    done: set[str] = set()

    def expand(line: str, target: str, needs: list[str]) -> str | None:
        if env is None and "$" in line.replace("$$", ""):
            return None
        return expanded(line, text, target, needs, env or {}, given or {})

    for target in targets or list(rules)[:1]:
        problem = _collect(target, rules, expand, found, done)
        if problem is not None:
            return problem
    return found


def _collect(
    target: str,
    rules: Mapping[str, tuple[list[str], list[str]]],
    expand: Callable[[str, str, list[str]], str | None],
    found: list[tuple[Field, ...]],
    done: set[str],
) -> Unknown | None:
    if target in done:
        return None
    done.add(target)
    if target not in rules:
        return Unknown(f"the Makefile's rule for {target}")
    before, lines = rules[target]
    for name in before:
        if name in rules:
            problem = _collect(name, rules, expand, found, done)
            if problem is not None:
                return problem
    for line in lines:
        plain: str | None = line.lstrip("@+- \t").strip()
        if plain and "$" in plain:
            plain = expand(plain, target, before)
            if plain is None:
                return Unknown("a variable in the Makefile's recipe")
        if plain:
            found.append(_words(plain))
    return None


def _words(line: str) -> tuple[Field, ...]:
    """A line of a recipe as make starts it: what stands in single quotes needs no shell (make's job.c)."""
    if _SHELL_WORK.search(re.sub("'[^'\n]*'", "x", line)):
        return ("/bin/sh", "-c", line)
    if "'" not in line:
        return tuple(line.split())
    import shlex

    return tuple(shlex.split(line))


def _rules(text: str) -> dict[str, tuple[list[str], list[str]]] | Unknown:
    """Each target's prerequisites and recipe lines."""
    rules: dict[str, tuple[list[str], list[str]]] = {}
    current: list[str] = []
    for line in _logical_lines(text):
        if line.startswith("\t"):
            for target in current:
                rules[target][1].append(line[1:])
            continue
        if re.match(r"\s*(-?include|ifeq|ifneq|ifdef|ifndef|define|\.ONESHELL|(?:export\s+)?SHELL\s*[:?]?=)", line):
            return Unknown("a Makefile with conditions, includes or a shell of its own")
        rule = _RULE.match(line.split("#")[0].rstrip())
        current = rule[1].split() if rule else []
        for target in current:
            assert rule is not None
            known = rules.setdefault(target, ([], []))
            known[0].extend(rule[2].split())
    return {target: rule for target, rule in rules.items() if not target.startswith(".")}


def _logical_lines(text: str) -> Iterator[str]:
    held = ""
    for line in text.split("\n"):
        if line.endswith("\\"):
            held += line[:-1] + " "
            continue
        yield held + line
        held = ""
