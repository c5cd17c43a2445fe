"""Folders and files that a build makes as root and gives to nobody: what a container's other users may not change."""

from __future__ import annotations

import posixpath
import re

from stopcheck.boot.files.accounts import ROOT
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.modes import read_mode
from stopcheck.image.paths import clean
from stopcheck.regex import regex

if TYPE_CHECKING:
    from stopcheck.image.model import Image
    from stopcheck.syntax.dockerfile.tree import Instruction

_FRESH = regex(
    r"/(?:srv|opt|usr/src|home/[^/]+)/."
    r"|/(?!(?:bin|boot|dev|etc|home|lib\w*|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)(?:/|$))."
)
"""Where no system has anything of its own, and no package of theirs puts what is another user's."""
_COMMANDS = regex(r"&&|\|\||[;|\n]")
_GIVES = frozenset({"chown", "chgrp", "install", "mount", "rsync", "setfacl", "tar", "unzip"})
_ROOTS = frozenset(f"{user}{group}" for user in ROOT for group in ("", ":", ":root", ":0"))
_OWNERS = frozenset({"chown", "chgrp", "setfacl"})
_MAKES_USERS = frozenset({"adduser", "useradd", "usermod"})
_HOMES = ("-d", "-b", "-h", "--home", "--base-dir", "-md", "-rd", "-mrd", "-rmd")
"""Options that tell where a user is at home, who is then given that folder."""
_STAYS = regex(r"--(?:chmod=.*|link|chown=['\"]?(?:root|0)(?::(?:root|0)?)?['\"]?)")
"""A flag of COPY with which root's file is root's all the same."""
_HARMLESS = frozenset(
    """[ apk apt apt-get apt-key bundle cat cd command curl dnf echo env export false find gem git go grep ln ls mkdir
    mv node npm npx pip pip3 pnpm printf python python3 rm sed set test touch true uv wget yarn yum""".split()  # noqa: SIM905
)
"""Programs that give nothing to anybody; what any other does nobody knows."""


def is_roots_folder(image: Image, folder: str) -> bool:
    """Whether WORKDIR, or a COPY, has made this folder as root, and nothing says that it is given to anybody."""
    if not _FRESH.match(folder) or image.base.workdir == folder or not image.base.plain:
        return False
    user, cwd, made = image.base.user, image.base.workdir or "/", False
    for line in image.instructions:
        if line.keyword == "USER":
            user = line.value.strip().partition(":")[0]
        elif line.keyword == "WORKDIR":
            if "$" in line.value:
                return False
            cwd = clean(posixpath.join(cwd, line.value.strip().strip("\"'")))
            if f"{cwd}/".startswith(f"{folder}/") and not made:
                # BuildKit makes it the user's, the builder before it root's.
                if user not in ROOT:
                    return False
                made = True
        elif _may_give(line, cwd, folder, user):
            return False
        elif line.keyword == "RUN" and any(_makes(words, cwd, folder) for words in _commands(line.value)):
            made = True
    return made


def _makes(words: list[str], cwd: str, folder: str) -> bool:
    """Whether a command makes a folder, or one in it, with the usual mode."""
    if words[0] != "mkdir" or any(word.startswith(("-m", "--mode")) or "$" in word for word in words[1:]):
        return False
    return any(f"{clean(posixpath.join(cwd, word))}/".startswith(f"{folder}/") for word in words[1:])


def is_roots_file(image: Image, path: str) -> bool:
    """Whether a COPY as root has brought this file, and nothing gives it to anybody."""
    from stopcheck.image.model import ImageFile

    file = image.files.lookup(path)
    if not isinstance(file, ImageFile) or file.origin is None or not image.base.plain:
        return False
    words = file.origin.text.split()
    if words[:1] != ["COPY"] or any(word.startswith("--") and not _STAYS.fullmatch(word) for word in words):
        return False
    cwd = image.base.workdir or "/"
    for line in image.instructions:
        if line.keyword == "WORKDIR" and "$" not in line.value:
            cwd = clean(posixpath.join(cwd, line.value.strip()))
        elif line.keyword == "RUN" and _may_give(line, cwd, path, ""):
            return False
    return True


def may_be_given(image: Image, path: str, brought: str) -> bool:
    """Whether the COPY that has brought a file, or a step of the build, may have made it another's than root's."""
    if any(word.startswith("--chown") and not _STAYS.fullmatch(word) for word in brought.split()):
        return True
    cwd = image.base.workdir or "/"
    for line in image.instructions:
        if line.keyword == "WORKDIR":
            cwd = "" if "$" in line.value else clean(posixpath.join(cwd, line.value.strip().strip("\"'")))
        elif line.keyword == "RUN" and line.heredocs:
            return True
        elif line.keyword == "RUN":
            commands = _commands(line.value)
            place = "" if any(words[0] in {"cd", "pushd"} for words in commands) else cwd
            if any(_names_owner(words) and _may_give_file(words, place, path) for words in commands):
                return True
    return False


def _names_owner(words: list[str]) -> bool:
    return words[0] == "install" or not _OWNERS.isdisjoint(words)


def _may_give_file(words: list[str], cwd: str, path: str) -> bool:
    """Whether a command that names an owner may name this file; `cwd` is "" where that is not known."""
    operands = [word for word in words[1:] if word[:1] != "-"]
    if words[0] not in {"chown", "chgrp"} or any(word.startswith("--reference") for word in words):
        return True
    if words[0] == "chown" and operands[:1] and operands[0] in _ROOTS:
        return False
    deep = any(word == "--recursive" or (word[:2] != "--" and word[:1] == "-" and "R" in word) for word in words)
    for word in operands[1:]:
        if set("$~`(") & {*word} or (word[:1] != "/" and not cwd):
            return True
        place = clean(posixpath.join(cwd, word))
        fixed = re.split(r"[*?\[{]", place)[0]
        if (
            path == place
            or (fixed != place and path.startswith(fixed))
            or (deep and f"{path}/".startswith(fixed.rstrip("/") + "/"))
        ):
            return True
    return False


def _may_give(line: Instruction, cwd: str, path: str, user: str) -> bool:
    """Whether an instruction may make a folder, or a file, somebody's, or make it before WORKDIR does."""
    if line.keyword == "VOLUME":
        return path in line.value
    if line.keyword in {"COPY", "ADD"}:
        return any(
            flag.name in {"chown", "from"} and not _STAYS.fullmatch(f"--{flag.name}={flag.value}")
            for flag in line.flags
        )
    if line.keyword != "RUN":
        return False
    if line.heredocs or line.flags or user not in ROOT or "$(" in line.value or "`" in line.value:
        return True
    return any(_command_gives(words, cwd, path) for words in _commands(line.value))


def _commands(text: str) -> list[list[str]]:
    parts = _COMMANDS.split(text.replace("\\\n", " "))
    found = [[word.strip("'\"()") for word in part.split()] for part in parts]
    return [[word for word in words if word] for words in found if any(words)]


def _command_gives(words: list[str], cwd: str, path: str) -> bool:
    name = words[0].rpartition("/")[2]
    paths = [clean(posixpath.join(cwd, word)) for word in words[1:] if not word.startswith("-")]
    above = any(f"{path}/".startswith(f"{each.rstrip('/*')}/") for each in paths)
    if name in _MAKES_USERS:
        homes = path.startswith("/home/") or any(word.startswith(_HOMES) for word in words[1:])
        return homes and any("$" in word or word.rpartition("=")[2] == path for word in words[1:])
    if any("$" in word for word in words[1:]) and name in _GIVES | {"chmod", "cp", "mkdir"}:
        return True
    if name == "chmod":
        mode = next((read_mode(word) for word in words[1:] if re.fullmatch(r"[0-7]{3,4}|[ugoa]*[-+=]\w*", word)), None)
        return above and (mode is None or bool(mode.apply(0o755) & 0o022))
    if name == "chown" and next((word for word in words[1:] if word[:1] != "-"), "") in _ROOTS:
        return False
    if name in _GIVES:
        return above or name in {"mount", "rsync", "tar", "unzip"}
    if name == "cp":
        return above and any(word[:1] == "-" and {"a", "p"} & set(word) for word in words)
    if name in {"groupadd", "addgroup"}:
        return False
    return name not in _HARMLESS
