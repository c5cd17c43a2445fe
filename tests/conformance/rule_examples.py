"""Runs a small image definition for real: its files, its shell, its start command, with stand-ins for its services.

The Dockerfile is interpreted here once more, apart from stopcheck's own image layer, which it is there to check: one
stage, a base image that is known, files copied from the folder, `RUN` lines with stand-ins for what installs.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import posixpath
import re
import shlex
import shutil
import string
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopcheck.boot.signals import signal_name
from stopcheck.knowledge.bases import find_base
from stopcheck.knowledge.programs import applied, find_program
from stopcheck.model import Unknown
from stopcheck.source import SourceFile
from stopcheck.syntax.dockerfile import parse_dockerfile
from stopcheck.syntax.dockerfile.tree import ExecForm
from tests.conformance.harness import (
    LONG_SHUTDOWN_SECONDS,
    PATH,
    SHUTDOWN_SECONDS,
    Case,
    Measurement,
    UnavailableError,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stopcheck.knowledge.bases import BaseRow
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.syntax.dockerfile.tree import Instruction
    from tests.conformance.harness import Kind

BASE_PACKAGES = (
    "bash coreutils dash debianutils diffutils findutils grep gzip hostname login mount ncurses-bin passwd sed tar "
    "util-linux util-linux-extra"
)
"""What every image brings along, run for real."""

EXTRAS = {
    "busybox": "busybox",
    "catatonit": "catatonit",
    "chpst": "chpst",
    "doas": "doas",
    "dumb-init": "dumb-init",
    "gosu": "gosu",
    "ksh93": "ksh93",
    "mksh": "mksh",
    "npm": "npm",
    "runsv": "runsv",
    "runsvdir": "runsvdir",
    "s6-svscan": "s6-svscan",
    "su-exec": "gosu",
    "sudo": "sudo",
    "supervisord": "supervisord",
    "tini": "tini",
    "tini-static": "tini-static",
    "yash": "yash",
    "zsh": "zsh",
}
"""Programs run for real where the image gets them, by what is run; su-exec and gosu both exec at once."""

INTERPRETERS = {
    "node": ("node", ".js"),
    "perl": ("perl", ".pl"),
    "python": ("python3", ".py"),
    "python3": ("python3", ".py"),
}
"""Run for real where the image holds a program in their language, by what is run and how its name ends."""

SHELL_WORDS = (
    "break case cd continue do done echo elif else esac eval exec exit export false fi for function if in kill local "
    "printf pwd read return set shift sh ash source test then time trap true type ulimit umask unset until wait while"
)
"""Words of the shell itself, for which nothing is installed."""

HELPERS = (
    "aws curl envsubst jq mongo mysql mysqladmin nc ncat netcat openssl pg_isready psql redis-cli wait-for-it wget"
)
"""Programs that scripts ask or wait with; they end at once."""

KINDS: dict[str, Kind] = {
    "default": "default",
    "graceful": "service",
    "ignore": "deaf",
    "quick": "quick",
    "raise": "quick",
}
"""How the stand-in behaves for each action of the knowledge."""

DATA = re.compile(r"^/(dev|proc|sys|etc|tmp|run|var)/|\.(cfg|conf|env|ini|json|log|pid|sock|toml|txt|ya?ml)$")
NPM = '#!/usr/bin/node\nrequire("/usr/lib/node_modules/npm/lib/cli.js")(process)\n'
"""npm as it is, while `node` is a stand-in."""


@dataclass(slots=True)
class _Image:
    """An image while it is built."""

    base: BaseRow
    argv_shell: list[str] = field(default_factory=lambda: ["/bin/sh", "-c"])
    env: dict[str, str] = field(default_factory=dict)
    cwd: str = "/"
    entrypoint: list[str] | None = None
    cmd: list[str] | None = None
    cmd_is_own: bool = False
    stop_signal: str = "TERM"
    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    build: list[tuple[str, ...]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


class UnbuildableError(UnavailableError):
    """No builder makes this image."""


def run_example(
    files: Mapping[str, str], grace: float = 10.0, modes: Mapping[str, int] | None = None, predicted: str = ""
) -> Measurement:
    """Build and stop the image of `files["Dockerfile"]`; raises UnavailableError for what cannot be run here.

    `predicted` is the outcome that the caller expects.
    """
    shutdown = LONG_SHUTDOWN_SECONDS if predicted == "cut-off" else SHUTDOWN_SECONDS
    return run(dataclasses.replace(case_of_example(files, grace, modes), shutdown=shutdown))


def case_of_example(files: Mapping[str, str], grace: float = 10.0, modes: Mapping[str, int] | None = None) -> Case:
    """The same as a case of the harness, for tests that look at it."""
    image = _build(files, modes or {})
    sh = image.base.sh
    if sh is None:
        raise UnavailableError(f"what /bin/sh is in {image.base.name} is not known")
    argv = (*(image.entrypoint or ()), *(image.cmd or ()))
    if not argv:
        raise UnavailableError("the image starts nothing")
    words = _words(image, argv)
    text = "\n".join((shlex.join(argv), *argv, *_texts(image)))
    stand_ins = _stand_ins(image, words, text)
    return Case(
        argv,
        {**_base_scripts(image.base), **_npm(image, words), **image.files},
        image.stop_signal,
        grace,
        image.env,
        image.cwd,
        sh,
        stand_ins,
        busybox_tools=sh == "busybox",
        rules=tuple(_rules(image, stand_ins, text)),
        stops_on_signal=True,
        links=dict(_links(image, words)),
        absent=tuple(_absent(image)),
        build=tuple(image.build),
        build_programs=tuple(sorted(_build_programs(image))),
    )


# --- the Dockerfile ------------------------------------------------------------------------------


def _build(files: Mapping[str, str], modes: Mapping[str, int]) -> _Image:
    dockerfile = parse_dockerfile(SourceFile("Dockerfile", files["Dockerfile"]))
    if dockerfile.problems:
        raise UnavailableError(f"the Dockerfile cannot be built: {dockerfile.problems[0].message}")
    stages = [one for one in dockerfile.instructions if one.keyword == "FROM"]
    if len(stages) != 1 or dockerfile.instructions[0].keyword != "FROM":
        raise UnavailableError("only images of one stage are run")
    base = find_base(stages[0].arguments[0].value)
    if base is None:
        raise UnavailableError(f"nothing is known of the base image {stages[0].arguments[0].value}")
    image = _started(base)
    for instruction in dockerfile.instructions[1:]:
        _apply(image, instruction, files, modes)
    return image


def _started(base: BaseRow) -> _Image:
    image = _Image(base, cwd=base.workdir or "/", env=dict(base.env))
    image.entrypoint = None if isinstance(base.entrypoint, Unknown) else list(base.entrypoint or ())
    image.cmd = None if isinstance(base.cmd, Unknown) else list(base.cmd or ())
    if isinstance(base.stop_signal, str):
        image.stop_signal = base.stop_signal
    return image


def _apply(image: _Image, instruction: Instruction, files: Mapping[str, str], modes: Mapping[str, int]) -> None:
    """One instruction, as Docker documents it."""
    words = [_expanded(image, argument.value) for argument in instruction.arguments]
    match instruction.keyword:
        case "ENV":
            image.env.update(zip(words[::2], words[1::2], strict=True))
        case "ARG":
            image.env.update({name: value for name, value in zip(words[::2], words[1::2], strict=False) if value})
        case "WORKDIR":
            image.cwd = posixpath.normpath(posixpath.join(image.cwd, words[0]))
        case "STOPSIGNAL":
            if signal_name(words[0]) is None:
                raise UnbuildableError(f"{words[0]} is no signal")
            image.stop_signal = words[0]
        case "SHELL" if isinstance(instruction.form, ExecForm):
            image.argv_shell = [argument.value for argument in instruction.form.arguments]
        case "CMD":
            image.cmd = _start(image, instruction)
            image.cmd_is_own = True
        case "ENTRYPOINT":
            image.entrypoint = _start(image, instruction)
            if not image.cmd_is_own:
                image.cmd = None
        case "RUN":
            image.build.append(tuple(_start(image, instruction)))
            image.said.append(instruction.value)
        case "COPY" | "ADD":
            image.said.append(instruction.value)
            _copy(image, instruction, words, files, modes)


def _start(image: _Image, instruction: Instruction) -> list[str]:
    if isinstance(instruction.form, ExecForm):
        return [argument.value for argument in instruction.form.arguments]
    return [*image.argv_shell, instruction.form.source.text if instruction.form else ""]


def _expanded(image: _Image, text: str) -> str:
    """A word without its quotes, its variables put in as far as they are set."""
    try:
        plain = "".join(shlex.split(text, posix=True)) if any(quote in text for quote in "\"'\\") else text
    except ValueError:
        plain = text
    return string.Template(plain).safe_substitute({"PATH": PATH, **image.env})


def _copy(
    image: _Image, instruction: Instruction, words: list[str], files: Mapping[str, str], modes: Mapping[str, int]
) -> None:
    *sources, target = words
    chmod = instruction.flag("chmod")
    into = target.endswith("/") or target == "." or len(sources) > 1
    target = posixpath.normpath(posixpath.join(image.cwd, target))
    put: dict[str, tuple[str, int]] = {}
    for heredoc in instruction.heredocs:
        path = posixpath.join(target, heredoc.name) if into else target
        put[path] = (heredoc.content.text, 0o644)
    for source in sources:
        name = posixpath.normpath(source.lstrip("/") or ".")
        if name in files:
            path = posixpath.join(target, posixpath.basename(name)) if into or target == "/" else target
            put[path] = (files[name], modes.get(name, 0o755))
            continue
        prefix = "" if name == "." else name + "/"
        for inside in (one for one in files if one.startswith(prefix)):
            path = posixpath.join(target, inside[len(prefix) :])
            put[path] = (files[inside], modes.get(inside, 0o755))
    if chmod is not None and chmod.isdigit():
        put = {path: (text, int(chmod, 8)) for path, (text, _) in put.items()}
    image.files.update(put)


# --- what stands in the container ----------------------------------------------------------------


@functools.cache
def _system() -> frozenset[str]:
    """Programs of the packages that every image has."""
    try:
        listed = subprocess.run(
            ["dpkg-query", "--listfiles", *BASE_PACKAGES.split()], capture_output=True, text=True, check=False
        ).stdout
    except OSError as problem:
        raise UnavailableError(f"what belongs to the base system is asked of dpkg: {problem}") from problem
    found = {path.rpartition("/")[2] for path in listed.splitlines() if re.match(r"(/usr)?/s?bin/.", path)}
    return frozenset(found) | set(SHELL_WORDS.split())


def _texts(image: _Image) -> Iterable[str]:
    """The files that may name programs to run: scripts and configurations."""
    others = (".txt", *(ending for _, ending in INTERPRETERS.values()))
    return (text for path, (text, _) in image.files.items() if not path.endswith(others))


def _words(image: _Image, argv: Iterable[str]) -> set[str]:
    """All that could name a program in what is started, in the environment, in the files and in what RUN writes."""
    env = (value for name, value in image.env.items() if name != "PATH")
    texts = (*argv, *env, *_texts(image))
    words = {word.rstrip(".:,") for text in texts for word in re.findall(r"[\w./@+-]*\w[\w.+-]*", text)}
    for text in image.said:
        words.update(re.findall(r"(?<![\w/.-])[A-Za-z_][\w-]*(?![\w/.-])", text.replace("\\n", "\n")))
    return words


def _stand_ins(image: _Image, words: Iterable[str], text: str) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    names = {posixpath.basename(path) for path in image.files}
    for word in words:
        name = posixpath.basename(word)
        if not re.match(r"[A-Za-z_]", name) or name in names or name in _system() or _run_for_real(image, name):
            continue
        if "/" not in word:
            found[word] = _kind(image, word, text)
        elif not DATA.search(word):
            path = posixpath.normpath(posixpath.join(image.cwd, word))
            if not any(other == path or other.startswith(path + "/") for other in (*image.files, image.cwd + "/")):
                found[path] = _kind(image, name, text)
    return {path: kind for path, kind in found.items() if not any(other.startswith(path + "/") for other in found)}


def _behaviour(image: _Image, name: str, text: str) -> ProgramRow | None:
    """What is known of a program with the arguments that follow its name in the text."""
    row = find_program(name)
    called = re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])([^\n;&|]*)", text)
    return row and applied(row, called[1].replace("'", "").split() if called else (), image.base.sh or "")


def _kind(image: _Image, name: str, text: str) -> Kind:
    row = _behaviour(image, name, text)
    if name in HELPERS.split():
        return "job"
    if row is None:
        return "service"
    if row.role in ("short", "test"):
        return "job"
    if row.role != "service":
        return "service"
    action = row.action(image.stop_signal.removeprefix("SIG"))
    if action == "unknown" or row.config_decides:
        raise UnavailableError(f"what {name} does is not known")
    return KINDS[action]


def _rules(image: _Image, names: Iterable[str], text: str) -> Iterable[tuple[str, str, str]]:
    """Which of the stand-ins leave for the background."""
    for name in sorted(map(posixpath.basename, names)):
        row = _behaviour(image, name, text)
        if row is not None:
            yield from ((name, "stays", part) for part in row.foreground_text)
            yield from ((name, "leaves", part) for part in row.background_text)
            if row.background or row.role == "daemon":
                yield (name, "leaves", "*")


def _has_extra(image: _Image, name: str) -> bool:
    """Whether the image gets a program that its base does not have."""
    mentioned = any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) for text in image.said)
    package = {"supervisord": "supervisor", "npm": "node", "runsvdir": "runit", "s6-svscan": "s6"}.get(name, "")
    return mentioned or name in image.base.programs or bool(package and package in f"{image.base.name} {image.said}")


def _run_for_real(image: _Image, name: str) -> str | None:
    """The program that this name stands for, where it is not a stand-in."""
    program, ending = INTERPRETERS.get(name, ("", ""))
    if program and any(path.endswith(ending) for path in image.files):
        return program
    return EXTRAS.get(name)


def _links(image: _Image, words: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Real programs where this image has them."""
    for word in words:
        name = posixpath.basename(word)
        real = _run_for_real(image, name)
        if real is None or name == "npm" or (name in EXTRAS and not _has_extra(image, name)):
            continue
        program = shutil.which(real, path=PATH)
        if program is None:
            raise UnavailableError(f"{real} is not installed here")
        path = word if word.startswith("/") else f"/usr/local/bin/{name}"
        if os.path.realpath(path) != os.path.realpath(program):
            yield path, program


def _npm(image: _Image, words: Iterable[str]) -> dict[str, tuple[str, int]]:
    if "npm" not in words or not _has_extra(image, "npm"):
        return {}
    if shutil.which("npm", path=PATH) is None:
        raise UnavailableError("npm is not installed here")
    return {"/usr/local/bin/npm": (NPM, 0o755)}


def _absent(image: _Image) -> Iterable[str]:
    """Programs that the machine has and this image does not."""
    missing = {name for name in EXTRAS if not _has_extra(image, name)} | set(image.base.missing)
    for name in missing:
        said = any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) for text in image.said)
        if not said and name != "busybox":
            yield from (f"{folder}/{name}" for folder in ("/usr/bin", "/usr/sbin", "/usr/local/bin"))
    if image.base.sh == "none":
        yield from (f"/usr/bin/{name}" for name in ("sh", "bash", "dash"))


def _base_scripts(base: BaseRow) -> dict[str, tuple[str, int]]:
    """The scripts of a base image's own entrypoint, as far as they matter: what they exec."""
    scripts = dict.fromkeys(base.execs, ('#!/bin/sh\nexec "$@"\n', 493))
    scripts.update({path: (f'#!/bin/sh\nexec {program} "$@"\n', 0o755) for path, program in base.starts.items()})
    return {path if path.startswith("/") else f"/usr/local/bin/{path}": file for path, file in scripts.items()}


def _build_programs(image: _Image) -> set[str]:
    """What the RUN lines call that is no part of the base system: it installs or compiles things, and is left out."""
    words = {word for argv in image.build for text in argv for word in re.findall(r"[\w.+-]+", text)}
    return {word for word in words if re.match(r"[A-Za-z_]", word) and word not in _system() and "." not in word}
