"""Starts Python, Node, Ruby, Perl and PHP with what they are told to run: a module, a script, a text."""

from __future__ import annotations

import itertools
import posixpath

from stopcheck.boot.bodies.launching import may_be_carried_out
from stopcheck.boot.bodies.program import Program
from stopcheck.boot.grammar import child_argv
from stopcheck.boot.programs import known
from stopcheck.boot.programs.misspelt import foreign, homeless, misspelt
from stopcheck.boot.programs.wrappers import Wrapper
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import ImageFile, Made, Unlikely
from stopcheck.knowledge.programs import ProgramRow, find_program, unknown_program
from stopcheck.model import Unknown
from stopcheck.records import dataclass, replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.failure import Failure
    from stopcheck.boot.programs.launcher import Launcher
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field
    from stopcheck.image.model import FileSystem

INLINE = {
    "python": ("-c",),
    "node": ("-e", "--eval", "-p", "--print", "-pe"),
    "ruby": ("-e",),
    "perl": ("-e", "-E"),
    "php": ("-r",),
}
ENDS = frozenset(
    {"--version", "--help", "-h", "-V", "-i", "-m", "--info", "-l", "--syntax-check", "--modules", "--ini", "--rf"}
)
SUFFIXES = {
    "node": (".js", ".mjs", ".cjs"),
    "python": (".py",),
    "ruby": (".rb",),
    "perl": (".pl",),
    "php": (".php", ".phar"),
}
SCRIPTS = frozenset(
    {"manage.py", "artisan", "npm", "npx", "yarn", "pnpm", "django-admin", "wp", "composer", "console", "rails", "rake"}
)
"""Scripts known by their name wherever they stand; others only in a folder of programs."""


_BINSTUB = regex(r"(?:^|\n)load Gem\.bin_path\([\"'][\w-]+[\"'], *[\"']([\w-]+)[\"']")
"""What the scripts of `bundle binstubs` end in: the program of a gem (bundler.io, bundle binstubs)."""
_PARSERS = regex(
    r"\b(?:argparse|optparse|OptionParser|click|typer|docopt|absl|fire|getopt|GetoptLong|Getopt|commander|yargs|cac"
    r"|minimist|parseArgs|thor|slop|Console|ARGV)\b|--help|--version|\b(?:sys|process)\.argv\b"
)
"""What a script has in it that looks at its options."""

MISSING = {"node": 1, "python": 2, "ruby": 1, "perl": 2, "php": 1}
"""The status where its script is not there: measured with Node 20, Python 3.11, Ruby 3.1, Perl 5.36, PHP 8.2."""
NO_TEXT = {"node": 1, "python": 1, "ruby": 1, "perl": 255}
"""The status where its script is a program for the machine: measured with the same. PHP prints it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an interpreter is told to run: `kind` is "module", "script", "inline", "serve", "ends" or "nothing"."""

    kind: str
    what: Field = ""
    arguments: tuple[Field, ...] = ()


def start_interpreter(start: Start) -> Body | Failure:
    """Known programs by their row, others by what their source says of signals."""
    language = start.row.table
    told = read_arguments(language, start.argv[1:], start.row.value_options)
    if start.row.resets:
        start.process.ignored = frozenset()
    match told.kind:
        case "ends" | "nothing":
            return start.leaf("short", status=0)
        case "serve":
            return Program(
                replace(start.row, role="service", on={"INT": "quick"}, otherwise="default", exit=0),
                start.machine.stop_signal,
            )
        case "inline":
            return _inline(start, language, told.what, told.arguments)
    if language == "node" and told.kind == "script" and start.argv[1] in {"--watch", "--watch-preserve-output"}:
        row = replace(
            start.row,
            role="fork",
            forwards="child",
            forwards_only=("TERM", "INT"),
            exit_of_child=False,
            exit=0,
            on={"USR1": "ignore"},
        )
        return Wrapper(start.machine, row, (start.argv[0], *start.argv[2:]), dict(start.env))
    if isinstance(told.what, Unknown):
        return start.leaf("unnamed", told.what.reason)
    if told.kind == "module":
        return _module(start, told.what, told.arguments)
    return start_script(start, language, told.what, told.arguments)


_DENO_VALUES = frozenset({"-c", "--config", "--import-map", "--location", "--cert", "--ext", "--port", "--host"})


def start_deno(start: Start) -> Body | Failure:
    """`deno run FILE`, `deno serve FILE`, `deno FILE`: what its source says, and else what Deno does by itself.

    Deno's own handler takes itself away and raises the signal anew, which fails for PID 1 alone: it crashes.
    """
    words = list(start.argv[1:])
    command = words.pop(0) if words[:1] in (["run"], ["serve"]) else "run"
    while words and isinstance(words[0], str) and words[0].startswith("-"):
        if words[0].startswith("--watch"):
            return start.leaf("opaque", "what it runs is started anew where its files change")
        del words[: 2 if words[0] in _DENO_VALUES else 1]
    if not words:
        return start.leaf("short")
    name = words[0]
    if isinstance(name, Unknown):
        return start.leaf("unnamed", name.reason)
    if not isinstance(start.text(name), SourceFile):
        return start.leaf("unread", _unread(start, name))
    body = _from_source(start, "node", name)
    assert isinstance(body, Program)
    on = {signal: action for signal, action in body.row.on.items() if signal != "USR1"}
    left = {signal: action for signal, action in start.row.on.items() if signal not in on}
    if command == "serve":
        left = {signal: "graceful" if action == "raise" else action for signal, action in left.items()}
    elif not body.row.otherwise:  # its sources tell not all
        left = {}
    elif start.process.pid != 1:
        left = dict.fromkeys(left, "default")
    exits = {signal: start.row.exit or 0 for signal, action in left.items() if action == "raise"}
    body.row = replace(body.row, on={**on, **left}, exit_on=exits)
    return body


_CLUSTER = regex(r"-[\w.]*e")
"""`-ne TEXT`, `-i.bak -pe TEXT`."""


def read_arguments(language: str, words: tuple[Field, ...], value_options: tuple[str, ...]) -> Told:
    """What follows an interpreter's name, by its own grammar."""
    index = 0
    while index < len(words):
        word = words[index]
        rest = words[index + 1 :]
        if isinstance(word, Unknown):
            return Told("script", word, rest)
        if word in INLINE[language]:
            return Told("inline", rest[0] if rest else "", rest[1:])
        if language in {"perl", "ruby"} and _CLUSTER.fullmatch(word):
            return Told("inline", rest[0] if rest else "")
        if word[:2] in INLINE[language] and language != "node":
            return Told("inline", word[2:])
        if language == "python" and word.startswith("-") and not word.startswith("--") and word.endswith("m"):
            return Told("module", rest[0], rest[1:]) if rest else Told("ends")
        if language == "php" and word == "-S":
            return Told("serve")
        if language == "php" and word in {"-f", "-F", "--file"}:
            return Told("script", rest[0], rest[1:]) if rest else Told("ends")
        if language == "node" and word == "--run":
            return Told("inline")
        if word in ENDS or (word == "-v" and language in {"node", "php"} and len(words) == 1):
            return Told("ends")
        if word in {"-", "/dev/stdin"}:
            return Told("inline")
        if word == "--":
            return Told("script", rest[0], rest[1:]) if rest else Told("nothing")
        if word.startswith("-"):
            index += 2 if word in value_options else 1
            continue
        return Told("script", word, rest)
    return Told("nothing")


def _inline(start: Start, language: str, text: Field, arguments: tuple[Field, ...]) -> Body | Failure:
    from stopcheck.boot.programs.inline import SIGNALS, of_arguments, read_end, read_inline

    if not isinstance(text, str):
        return start.leaf("unread", f"a {language} text")
    status = read_end(language, text) if start.argv[1] in INLINE[language] else None
    if status is not None:
        return start.leaf("short", status=status)
    if language == "python":
        return _launched_text(start, text) or _successor(start, text, arguments) or _of_text(start, language, text)
    of_them = of_arguments(text, arguments) if language == "perl" else None
    found = read_inline(language, text) if of_them is None else None
    argv, replaces = of_them or ((found.argv, found.replaces) if found is not None else ((), False))
    if not argv:
        return _of_text(start, language, text)
    if found is not None:
        start.process.ignored |= set(found.ignores)
    if replaces:
        return start.load(argv)
    on = {} if found is not None and found.asks else SIGNALS[language]
    row = replace(start.row, role="fork", on=on, otherwise="default", exit=1)
    return Wrapper(start.machine, row, argv, dict(start.env))


def _launched_text(start: Start, text: str) -> Body | None:
    """What a text in Python comes to that starts others and is carried out."""
    told = [word for word in start.argv[1:] if word != "-u"]
    path = start.path(str(told[0]))
    if told[0] not in INLINE["python"]:
        return None
    return _launched(start, "python", path, "", given={path: SourceFile(path, text)})


def _of_text(start: Start, language: str, text: str) -> Body:
    """What a text that is given with `-e` says of signals, where it lasts and nothing else is told."""
    from stopcheck.boot.handlers.program import find_language
    from stopcheck.boot.programs.sources import from_source

    told = [word for word in start.argv[1:] if word != "-u"]
    read = f"<?php {text}" if language == "php" else text
    path = start.path(str(told[0]))
    given = {path: SourceFile(path, read)}
    if told[0] in INLINE[language] and (language == "python" or "process.argv" not in text):
        launched = _launched(start, language, path, "", given=given)
        if launched is not None:
            return launched
    if len(told) == 2 and told[0] in INLINE[language] and find_language(language).read(read).lasts:
        files = start.machine.image.files
        body = from_source(
            start.machine, start.process, language, (path,), files, start.env, given=given, world=start.world
        )
        if body.row.otherwise:
            return body
    return start.leaf("unread", f"a {language} text")


def _module(start: Start, module: str, arguments: tuple[Field, ...]) -> Body | Failure:
    """`python -m MODULE`."""
    told = start.env.get("PYTHONPATH")
    folders = [start.process.cwd, *(told.split(":") if isinstance(told, str) else ())]
    for folder, end in itertools.product(map(start.path, folders), (".py", "/__main__.py")):
        name = posixpath.join(folder, module.replace(".", "/") + end)
        text = start.text(name)
        if isinstance(text, SourceFile):
            ended = (
                _ended(start, arguments, text) or misspelt(start, text) or _successor(start, text.text, arguments, text)
            )
            return ended or _from_source(start, "python", name, folder)
    package, last = module.partition(".")[0], module.rpartition(".")[2]
    names = (module, last, package) if last.startswith(package) else (module, package)  # supervisor.supervisord
    row = next((row for name in names if (row := find_program(name, start.machine.programs)) is not None), None)
    if row is not None and row.role not in {"exec", "fork", "init"}:
        return _known(start, row, (row.name, *arguments))
    return _ended(start, arguments) or start.leaf("unknown", f"the module {module} is not in the files")


def start_python_tool(start: Start) -> Body | Failure:
    """What looks at a script as it runs: it does so in its own process, as Python itself would."""
    script, _ = child_argv(start.row, start.argv)
    return start.load(script) if script else start.leaf("short", status=1)


def _known(start: Start, row: ProgramRow, argv: tuple[Field, ...]) -> Body | Failure:
    start.process.program = str(argv[0]).rsplit("/", 1)[-1]
    return known.run(replace(start, row=row, argv=argv, depth=start.depth + 1))


def start_script(start: Start, language: str, name: str, arguments: tuple[Field, ...]) -> Body | Failure:
    """A program in a file, by its name where that is known, else by its source."""
    base = name.rsplit("/", 1)[-1]
    if name == "/bin/sh" and language in NO_TEXT:
        from stopcheck.boot.failure import Failure

        return Failure(
            NO_TEXT[language], f"{start.process.program} takes {name}, a program, for its script", "binary", name
        )
    folder = name.rpartition("/")[0]
    installed = folder.endswith("bin") and not isinstance(start.text(name), SourceFile)
    lacking = language == "node" and not folder and _missing(start, language, name)
    if (base in SCRIPTS and not lacking) or installed or "node_modules" in folder:
        stem = base.removesuffix("-cli.js")
        for suffix in SUFFIXES[language]:
            stem = stem.removesuffix(suffix) if base not in SCRIPTS else stem
        row = find_program(base, start.machine.programs) or find_program(stem, start.machine.programs)
        if row is not None and row.role not in {"interpreter", "init"}:
            return _known(start, row, (name, *arguments))
    for path in _candidates(language, name):
        text = start.text(path)
        if isinstance(text, SourceFile):
            stub = _BINSTUB.search(text.text) if language == "ruby" else None
            row = find_program(stub[1], start.machine.programs) if stub is not None else None
            if stub is not None and row is not None:
                return _known(start, row, (stub[1], *arguments))
            body: Body | Failure | None = _shut(start, language, path) or _ended(start, arguments, text)
            if body is None and language == "python":
                body = misspelt(start, text) or homeless(start, text)
                body = body or _successor(start, text.text, arguments, text, path)
            if body is None and language == "node":
                body = foreign(start, text)
            return body or _from_source(start, language, path)
    compiled = _compiled(start, name) if language == "node" else None
    if name.endswith("\r"):
        from stopcheck.boot.failure import Failure

        reason = f"{name.rstrip()!r} is not in the image (its line ends in CR LF)"
        return Failure(MISSING[language], reason, "crlf", name)
    if compiled is None and _missing(start, language, name):
        from stopcheck.boot.failure import Failure

        return Failure(MISSING[language], f"{start.path(name)} is not in the image", "argument", name)
    return compiled or _ended(start, arguments) or start.leaf("unknown", _unread(start, name))


def _successor(
    start: Start, text: str, arguments: tuple[Field, ...], source: SourceFile | None = None, path: str = ""
) -> Body | Failure | None:
    """What a text of Python ends in: it becomes that, or waits for it and passes no signal on.

    As measured with Python 3.11 (wrap.python-*): where it waits, TERM and QUIT are at their default and INT ends it
    with 130, but in os.system it ignores INT and QUIT.
    """
    from stopcheck.boot.handlers.successors import BECOMES, SYSTEM, successor
    from stopcheck.boot.programs.inline import SIGNALS

    found = successor(text, arguments)
    if found is None:
        return None
    word = found.words[2] if found.words[:2] in {("/bin/sh", "-c"), ("sh", "-c")} else found.words[0]
    known = find_program(word.split()[0], start.machine.programs) if isinstance(word, str) and word.strip() else None
    if found.verb not in BECOMES and not found.alone and (known is None or known.role in {"short", "test"}):
        return None
    if source is not None:
        start.process.origin = Span(source, found.start, found.end)
    row = replace(start.row, unstarted=1, variants=())
    if found.verb in BECOMES:
        return replace(start, row=row).load(found.words)
    instead = f"Let the script end in os.execvp(…) instead of {found.verb}(…): then the command takes its place."
    launched = _launched(start, "python", path, instead) if path else None
    if launched is not None:
        return launched
    row = replace(
        row, role="fork", on=SIGNALS["perl" if found.verb == SYSTEM else "python"], otherwise="default", exit=130,
        instead=instead if source is not None else "",
    )  # fmt: skip
    return Wrapper(start.machine, row, found.words, dict(start.env))


def _shut(start: Start, language: str, name: str) -> Failure | None:
    """Why its user may not read a script that is there."""
    from stopcheck.boot.failure import Failure
    from stopcheck.boot.files.permissions import closed_folder, is_shut_out

    user, path = start.process.user, start.path(name)
    file = start.machine.image.files.lookup(path)
    if isinstance(file, ImageFile) and is_shut_out(start.machine.image, user, file, 4):
        why = f"{path} may be read by root alone, but runs as {user}"
        return Failure(13 if language == "perl" else MISSING[language], why, "unreadable", name, file)  # EACCES
    folder = closed_folder(start.machine.image, user, path)
    return (
        Failure(MISSING[language], f"{folder} is closed to {user}, and {path} is in it", "closed") if folder else None
    )


def _ended(start: Start, arguments: tuple[Field, ...], source: SourceFile | None = None) -> Program | None:
    """A script that does its work and ends, by custom: one that is asked for its help, or to `migrate`."""
    if arguments[-1:] in {("--help",), ("--version",)} and (source is None or _PARSERS.search(source.text)):
        return start.leaf("short", status=0)
    words = tuple(word for word in arguments if isinstance(word, str))
    row = unknown_program(start.process.program, words)
    return start.leaf("short") if row.role == "short" else None


def _unread(start: Start, name: str) -> str:
    """Why nothing is known of a script."""
    text = start.text(name)
    return text.reason if isinstance(text, Unknown) else f"{start.path(name)} is not in the files"


def _missing(start: Start, language: str, name: str) -> bool:
    """Whether a script is surely not there. (An image without a program is meant to get it by a volume.)

    A build that puts it elsewhere has it, and no file's name has a `$VARIABLE` in it. Nor is one
    whose name is a command with its arguments: `CMD ["npm start"]` has node look for that file. And COPY takes what is
    in a folder, not the folder: `COPY app /srv` makes no /srv/app.
    """
    files = start.machine.image.files
    names = (name, f"{name}.js", f"{name}.json", f"{name}.node") if language == "node" else (name,)
    paths = [start.path(path) for path in names]
    if " " in name.rpartition("/")[2]:
        return not any(files.kind(path) == "file" for path in paths)
    meant = (
        "$" in name
        or files.fills(paths[0].rpartition("/")[0])
        or any(files.puts(path.rpartition("/")[2]) for path in paths)
    )
    kinds = [files.kind(path) for path in paths]
    if "file" not in kinds and _is_doubled(files, paths[0], kinds[0]):
        return True
    plain = start.machine.image.base.plain
    bases = [isinstance(each, Unlikely) and each.reason.startswith("it may come from the base") for each in kinds]
    return meant and all(each is None or (plain and may) for each, may in zip(kinds, bases, strict=True))


_DOUBLED = regex(r"(?:.*/)?([^/]+)/\1/(.+) is not in the build context")


def _is_doubled(files: FileSystem, path: str, kind: object) -> bool:
    """Whether a folder that is copied would have to hold one of its own name, while the file is without that."""
    named = _DOUBLED.fullmatch(kind.reason) if isinstance(kind, Unlikely) else None
    outer = path.removesuffix(f"{named[1]}/{named[2]}") if named is not None else path
    return named is not None and outer != path and files.kind(f"{outer}{named[2]}") == "file"


def _candidates(language: str, name: str) -> tuple[str, ...]:
    if language == "node":
        return (name, f"{name}.js", f"{name}/index.js")
    if language == "python":
        return (name, f"{name}/__main__.py")
    return (name,)


def _launched(
    start: Start, language: str, name: str, instead: str, root: str = "", given: Mapping[str, SourceFile] | None = None
) -> Launcher | None:
    """A program that starts others, where that can be followed; `instead` is what to do about it.

    `given` are texts that no file holds (`python -c TEXT`).
    """
    if not may_be_carried_out(language, start.process.program) or (language == "node" and preloaded(start)):
        return None
    from stopcheck.boot.programs.carried_out import launcher

    row = replace(start.row, role="fork", forwards="none", instead=instead)
    env = {**start.env, "sys.path": root} if root else start.env
    return launcher(start.machine, start.process, language, start.path(name), env, start.world, row, given or {})


def _from_source(start: Start, language: str, name: str, root: str = "") -> Body:
    """A program whose file is in the image; `root` is the folder that it is started from as a module."""
    from stopcheck.boot.programs.sources import from_source

    path = start.path(name)
    launched = _launched(start, language, name, "", root)
    if launched is not None:
        return launched
    env = {**start.env, "sys.path": root} if root else start.env
    needs = preloaded(start) if language == "node" else ()
    own = tuple(start.path(need) for need in needs if need.startswith((".", "/")))
    return from_source(
        start.machine,
        start.process,
        language,
        (path, *own),
        start.machine.image.files,
        env,
        (need for need in needs if not need.startswith((".", "/"))),
        world=start.world,
    )


def _compiled(start: Start, name: str) -> Body | None:
    """A program that a build step has made: of TypeScript that the build context tells, or a framework's own server."""
    from stopcheck.boot.handlers.packages.compiled import compiled_from
    from stopcheck.boot.programs.bundles import bundled
    from stopcheck.boot.programs.sources import from_source
    from stopcheck.boot.programs.tree import Tree

    for path in (start.path(name), start.path(f"{name}.js"), start.path(f"{name}/index.js")):
        found = start.machine.image.files.lookup(path)
        if found is None:
            continue
        content = found if isinstance(found, Unknown) else found.content
        files = start.machine.image.files
        if isinstance(content, Made) and content.files is not None and not content.tool:
            files, path = content.files, content.sources[0]
        on = bundled(path, Tree(files), start.env)
        if on is not None:
            return Program(replace(start.row, role="service", on=on), start.machine.stop_signal)
        source = compiled_from(path, Tree(files))
        if source is not None:
            needs = preloaded(start)
            return from_source(start.machine, start.process, "node", (source,), files, start.env, needs)
    return None


def preloaded(start: Start) -> tuple[str, ...]:
    """The modules that Node loads before the program: `-r MODULE`, `--import MODULE`, also by NODE_OPTIONS."""
    told = start.env.get("NODE_OPTIONS")
    words = (*(told.split() if isinstance(told, str) else ()), *start.argv[1:])
    options = {"-r", "--require", "--import", "--loader", "--experimental-loader"}
    found = [str(value) for word, value in itertools.pairwise(words) if word in options]
    joined = [word.partition("=")[2] for word in words if isinstance(word, str) and word.partition("=")[0] in options]
    return tuple(name for name in (*found, *joined) if name)
