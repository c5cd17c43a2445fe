"""Services that end as soon as they are started: they want another user, a folder or a variable."""

from __future__ import annotations

import posixpath
import re
from functools import reduce

from stopcheck.boot.failure import Failure
from stopcheck.boot.files.accounts import ROOT
from stopcheck.boot.shell.shell import Shell
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import folders_above
from stopcheck.model import Unknown
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from stopcheck.boot.bodies.program import Program
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Field


_ASKS = frozenset({"--help", "--version", "--print-defaults", "--describe-config", "-?", "-C", "-V"})
_CLEANED = ("/var/lib/apt", "/var/cache/apt")
"""What builds empty behind them, and say nothing of a service with it."""
_STARTED = regex(r"(?:\bservice\s+\S+|/init\.d/\S+)\s+(?:re)?start\b")
"""A service that is started in the build leaves what its own script has made for it: /run/sshd."""


def refusal(start: Start) -> Failure | None:
    """Why a service cannot stand as it is started; None where nothing is known to keep it from that.

    What the build or a script says of the matter, in whatever words, may be what mends it.
    """
    for each in start.row.refuses:
        if _holds(start, each):
            return Failure(each["status"], each["why"], "refuses", each["advice"], ran=True)
    return None


def gives_up(start: Start) -> Program | None:
    """What a base image's own script does before its service where it has no variable that it needs: it ends with 1.

    None where it has one, is only asked, or finds a database.
    """
    base = start.machine.image.base
    if not _ASKS.isdisjoint(start.words) or any(_is_set(start.env, need) for need in base.needs):
        return None
    texts = [text.replace("docker-entrypoint-initdb.d", "") for text in _texts(start, "ENV", "VOLUME")]
    run = " ".join(line.value for line in start.machine.image.instructions if line.keyword == "RUN")
    if any(word in text for text in texts for word in base.needs_unless):
        return None
    if any(path.rpartition("/")[2] in run for path in base.execs):
        return None
    start.machine.asked[base.needs[0]] = None
    start.machine.wanted.add(base.needs[0])
    start.world.note("cannot-open", start.process, text=f"{base.needs[0]} is not set")
    return start.leaf("short", status=1)


def _is_set(env: Mapping[str, Field], need: str) -> bool:
    """Whether a variable has a value, or the one that it needs (`NAME=VALUE`)."""
    name, sign, value = need.partition("=")
    given = env.get(name, "")
    return isinstance(given, Unknown) or (given == value if sign else bool(given))


def unmade(start: Start) -> Failure | None:
    """Why a service ends as it cannot make a file that its arguments name; None where it can, for all that is known."""
    from stopcheck.boot.files.made import missing_folder
    from stopcheck.boot.files.permissions import denied, is_denied

    machine, world, process = start.machine, start.world, start.process
    for name in _values(start.argv, start.row.makes):
        path = start.path(name)
        if process.user not in ROOT and is_denied(machine.image, path, world, process.user):
            return denied(process, path, 1)
        folder = path.rpartition("/")[0] or "/"
        if missing_folder(machine, world, folder, process) or (folder != "/run" and _is_missing(start, folder)):
            return Failure(1, f"there is no folder {folder}", "argument", folder)
    return None


def _values(argv: tuple[Field, ...], options: Iterable[str]) -> Iterator[str]:
    """What follows these options, but for `-`, which is no file."""
    for at, word in enumerate(argv):
        name, sign, value = word.partition("=") if isinstance(word, str) else ("", "", "")
        if name in options:
            told = value if sign else argv[at + 1] if at + 1 < len(argv) else ""
            if isinstance(told, str) and told.strip("-"):
                yield told


def _holds(start: Start, refused: Mapping[str, Any]) -> bool:
    image = start.machine.image
    user = refused.get("user", "root")
    if user != "any" and ((start.process.user in ROOT) is not (user == "root") or "$" in start.process.user):
        return False
    if "above" in refused and not _is_nowhere_above(start, refused["above"].split()):
        return False
    if any(isinstance(word, Unknown) for word in start.argv):
        return False
    if any(_is_or_begins(word, option) for word in start.words for option in refused.get("without", "").split()):
        return False
    if any(word not in start.words for word in refused.get("words", "").split()):
        return False
    base = image.base.name.rpartition("/")[2].partition(":")[0].partition("@")[0]
    if "base" in refused and not (image.base.plain and base in refused["base"].split()):
        return False
    if not image.base.sh_version.startswith(refused.get("dash", "")):
        return False
    if any(name in start.env for name in refused.get("env", "").split()):
        return False
    if not any(refused.get("mentions", "") in text for text in _texts(start)):
        return False
    if "folder" in refused and not _is_missing(start, start.env.get(refused["folder"])):
        return False
    if any(isinstance(image.files.kind(path), str) for path in refused.get("files", "").split()):
        return False
    named = refused.get("named", "").split()
    if named and not any(
        line.keyword == "RUN" and all(word in line.value for word in named) for line in image.instructions
    ):
        return False
    if "lacks" in refused and not _lacks(start, refused["lacks"]):
        return False
    unless, aside = refused.get("unless", "").split(), [*refused.get("aside", "").split(), *_CLEANED]
    texts = (reduce(lambda left, word: left.replace(word, ""), aside, text) for text in _texts(start))
    return not unless or not any(word in text or _STARTED.search(text) for text in texts for word in unless)


def _is_nowhere_above(start: Start, names: Iterable[str]) -> bool:
    """Whether none of these files is in the working folder, or in one above it."""
    from stopcheck.boot.files.made import is_nowhere

    folders = (*folders_above(start.path("x")), "/")
    paths = [posixpath.join(folder, name) for folder in folders for name in names]
    return all(is_nowhere(start.machine, start.world, path) for path in paths)


def _is_missing(start: Start, path: Field | None) -> bool:
    """Whether there is surely no such folder in the image of a distribution, nor made since: /run is empty there."""
    if not isinstance(path, str) or not path.startswith(("/run/", "/var/run/")):
        return False
    names = (path, path.removeprefix("/var"), f"/var{path.removeprefix('/var')}")
    return not any(
        isinstance(start.machine.image.files.kind(name), str) or any(name in text for text in _texts(start, "ENV"))
        for name in names
    )


_INCLUDES = regex(r"^\s*include\s+(?!\S*(?:mime\.types|_params);)", re.MULTILINE)


def _lacks(start: Start, text: str) -> bool:
    """Whether a web server's configuration is known and has no such directive, nor includes a file that may."""
    named = next((start.words[at + 1] for at, word in enumerate(start.words[:-1]) if word == "-c"), "")
    file = start.text(named or start.row.config[0])
    known = file.text if isinstance(file, SourceFile) else ""
    return "http" in known and text not in known and not _INCLUDES.search(known)


def _is_or_begins(word: str, option: str) -> bool:
    return word.startswith(option) if len(option) == 2 and option[0] == "-" else word.partition("=")[0] == option


def _texts(start: Start, *others: str) -> Iterator[str]:
    """What the build and the scripts say, but for the commands that start the container; and the programs that run.

    `others`: further instructions that do not count.
    """
    for instruction in start.machine.image.instructions:
        if instruction.keyword not in {"CMD", "ENTRYPOINT", "HEALTHCHECK", "LABEL", *others}:
            yield " ".join([*(flag.name for flag in instruction.flags), instruction.value])
            yield from (heredoc.content.text for heredoc in instruction.heredocs)
    for script in start.machine.scripts():
        yield script.body.span.source.text
    for process in start.world.processes.values():
        yield process.program
        if isinstance(process.body, Shell):
            yield process.body.text.span.source.text
