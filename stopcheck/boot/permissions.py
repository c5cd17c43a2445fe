"""Where a user other than root may not write: into the folders of the system, unless the build says more of them."""

from __future__ import annotations

import posixpath
import re

from stopcheck.boot.accounts import ROOT
from stopcheck.boot.written import OUTPUTS, target
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopcheck.boot.shell import Shell
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.image.model import Image
    from stopcheck.syntax.shell.tree import Redirection

_FOLDERS = frozenset({"/", "/bin", "/etc", "/home", "/lib", "/mnt", "/opt", "/root", "/run", "/sbin", "/srv", "/usr",
                      "/usr/bin", "/usr/lib", "/usr/sbin", "/usr/share", "/var", "/var/lib", "/var/log",
                      "/var/run"})  # fmt: skip
"""Root's own in the distributions' images (`find / -perm -002` finds none of them); Ubuntu's /var/log is a group's."""
_CHANGES = ("chown", "chmod", "chgrp", "setfacl", "install", "VOLUME", "mount", "uid", "-u 0", "root")
"""A line with one of these words, and the name of a folder, may give it to somebody."""
_SPECIAL = frozenset({":", ".", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set",
                      "shift", "times", "trap", "unset"})  # fmt: skip
"""POSIX's special builtins: a redirection of theirs that fails ends a shell that minds it."""
_MINDS = frozenset({"dash", "busybox", "mksh", "ksh93", "posh"})


def refuses(
    shell: Shell, words: tuple[Field, ...], redirections: Iterable[Redirection], world: World, process: Process
) -> bool:
    """Whether the output of a command has nowhere to go, so that it is not run: permission denied.

    Measured with each shell as another user: 2 in dash and yash, 1 in the others.
    """
    if process.user in ROOT:
        return False
    for redirection in redirections:
        path = target(shell, redirection, world, process) if redirection.operator in OUTPUTS else ""
        if path and path not in world.files and is_denied(shell.machine.image, path):
            world.note("denied", process, text=path, span=redirection.span)
            status = 2 if shell.row.name in {"dash", "yash"} else 1
            if words and words[0] in _SPECIAL and shell.row.name in _MINDS:
                shell.leave(status)
            else:
                shell.set_status(status)
            return True
    return False


def is_denied(image: Image, path: str) -> bool:
    """Whether nobody but root can make a file there."""
    folder = posixpath.dirname(path)
    if folder not in _FOLDERS or image.base.name.partition(":")[0] != image.base.family:
        return False
    file = image.files.lookup(path)
    if file is not None and not (isinstance(file, Unknown) and file.reason.startswith("it may come from the base")):
        return False
    lines = (" ".join([line.keyword, *(flag.name for flag in line.flags), line.value]) for line in image.instructions)
    return not any(_gives(line, folder) for line in lines)


def _gives(line: str, folder: str) -> bool:
    """Whether an instruction may give a folder to somebody: it names it, one above it or a variable."""
    if not any(word in line for word in _CHANGES):
        return False
    paths = [word.rstrip("/*") or "/" for word in re.split(r"[\s'\"=;&|,()\[\]]+", line) if word[:1] in {"/", "$", "~"}]
    return any(path[:1] != "/" or "$" in path or f"{folder}/".startswith(path.rstrip("/") + "/") for path in paths)
