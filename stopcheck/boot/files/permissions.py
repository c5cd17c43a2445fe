"""Where a user other than root may not write: into the folders of the system, unless the build says more of them."""

from __future__ import annotations

import posixpath
import re

from stopcheck.boot.bodies.program import READERS, SILENT, Program
from stopcheck.boot.failure import Failure
from stopcheck.boot.files.accounts import ROOT, makes_user
from stopcheck.boot.files.ownership import is_roots_file, is_roots_folder, may_be_given
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import Packaged, Unlikely
from stopcheck.image.modes import read_mode
from stopcheck.image.paths import folders_above
from stopcheck.model import Unknown
from stopcheck.regex import regex

if TYPE_CHECKING:
    from stopcheck.boot.world import Process, World
    from stopcheck.image.model import Image, ImageFile

FOLDERS = frozenset({"/", "/bin", "/etc", "/home", "/lib", "/mnt", "/opt", "/root", "/run", "/sbin", "/srv", "/usr",
                      "/usr/bin", "/usr/lib", "/usr/sbin", "/usr/share", "/var", "/var/lib", "/var/log",
                      "/var/run"})  # fmt: skip
"""Root's own in the distributions' images (`find / -perm -002` finds none of them); Ubuntu's /var/log is a group's."""
_SPARSE = {
    "/home": "", "/mnt": "", "/opt": "", "/srv": "", "/var/log": "apt installer journal",
    "/var/lib": "apk apt dbus dpkg misc pam private python sudo systemd ubuntu-release-upgrader udhcpd usb vim",
}  # fmt: skip
"""Folders of which it is known what the images of distributions have in them."""
_CHANGES = ("chown", "chmod", "chgrp", "setfacl", "install", "VOLUME", "mount", "uid", "-u 0", "root")
"""A line with one of these words, and the name of a folder, may give it to somebody."""
_ROOTS_GROUP = regex(
    r"\s(?:-[a-zA-Z]*[gG]|--(?:gid|groups?|ingroup))[\s=]*['\"]?(?:0|root)\b|\badd(?:user|group)\s+\S+\s+root\b"
)
_CHMOD = regex(r"\bchmod\s+((?:-\w+\s+)*)([0-7]{3,4}|[ugoa]*[-+=][rwxX]*)\s+([^&;|\n]+)")
_RUNS = regex(r"(?:^|[;&|(]|\bRUN|\bthen|\bdo)\s*(?:(?:ba|da|a)?sh\s+(?!-)|[.$]*/)[\w./-]+|\|\s*(?:ba)?sh\b|\bmake\b")
"""A build step that runs a script, of which nobody knows what it does."""
_GIVE_NOTHING = (READERS | SILENT) - {"chmod", "chown"} | {"date", "env", "hostname", "id", "ls"}


def denied(process: Process, path: str, status: int) -> Failure:
    """That a user may not write there."""
    return Failure(status, f"{process.user} may not write {path}: that is root's", "denied", path)


def is_denied(image: Image, path: str, world: World, user: str) -> bool:
    """Whether nobody but root can make a file there, this user neither."""
    folder = posixpath.dirname(path)
    if _given_by_root(image, world):
        return False
    ours = _is_roots(image, folder)
    if not ours and (folder not in FOLDERS or not _is_system(image)):
        return False
    file = image.files.lookup(path)
    if ours and is_roots_file(image, path):
        return True
    # Would it come with the build context, it were root's, too.
    told = file is not None and not isinstance(file, Unlikely)
    if told and not (isinstance(file, Unknown) and _is_nobodys(image, file, user)):
        return False
    if ours:
        return True
    lines = (" ".join([line.keyword, *(flag.name for flag in line.flags), line.value]) for line in image.instructions)
    return not any(_gives(line, folder) for line in lines)


def _is_roots(image: Image, folder: str) -> bool:
    """Whether a folder is root's, or would be if the build context had it."""
    while isinstance(image.files.kind(folder), Unlikely):
        folder = posixpath.dirname(folder)
    return is_roots_folder(image, folder)


def _is_system(image: Image) -> bool:
    """Whether the base is a distribution's own image, or one that only adds a language to it."""
    return image.base.plain or image.base.name.partition(":")[0] == image.base.family


def _given_by_root(image: Image, world: World) -> bool:
    """Whether what has run as root before may have given a folder to somebody."""
    ended = (each for each in world.processes.values() if isinstance(each.body, Program) and not each.alive)
    roots = (process for process in ended if process.user in ROOT)
    return image.user in ROOT and any(process.program not in _GIVE_NOTHING for process in roots)


def _is_nobodys(image: Image, file: Unknown, user: str) -> bool:
    """Whether a file that may be there is none of this user's: the system's, or a package's that knows no such user."""
    if file.reason.startswith("it may come from the base"):
        return True
    if not isinstance(file, Packaged) or any(
        line.keyword == "RUN" and _RUNS.search(line.value) for line in image.instructions
    ):
        return False
    return user == "nobody" or user.isdigit() or any(makes_user(line.value, user) for line in image.instructions)


def is_shut_out(image: Image, user: str, file: ImageFile, permission: int) -> bool:
    """Whether a user surely may not read (4) or execute (1) a file that COPY has brought: root's, but for its group.

    Where the build may change whose it is, it may be the user's. A user that is a number without an account is of
    root's group. Sources: path_resolution(7), docs.docker.com/reference/dockerfile, USER.
    """
    mode = file.mode
    if user in ROOT or "$" in user or isinstance(mode, Unknown) or mode & permission or file.origin is None:
        return False
    brought = file.origin.text
    if brought.split(None, 1)[:1] not in (["COPY"], ["ADD"]) or may_be_given(image, file.path, brought):
        return False
    return not mode & permission << 3 or not _may_be_of_roots_group(image, user)


def _may_be_of_roots_group(image: Image, user: str) -> bool:
    named, _, group = image.user.partition(":")
    if user == named and group:
        return group in ROOT or "$" in group
    known = image.base.plain or any(makes_user(line.value, user) for line in image.instructions)
    return user.isdigit() or not known or any(_ROOTS_GROUP.search(line.value) for line in image.instructions)


def closed_folder(image: Image, user: str, path: str) -> str:
    """The folder above a path that only root may enter: root's own home, or one that the build closes; "" if none."""
    if user in ROOT or not _is_system(image):
        return ""
    for folder in folders_above(path):
        lines = [
            " ".join([line.keyword, *(flag.name for flag in line.flags), line.value]) for line in image.instructions
        ]
        if _is_closed(image, folder) and not any(_gives(line.replace("chmod", ""), folder) for line in lines):
            return folder
    return ""


def _is_closed(image: Image, folder: str) -> bool:
    closed = folder == "/root"
    for line in image.instructions:
        for changed in _CHMOD.finditer(line.value):
            paths = [word.strip("'\"").rstrip("/") for word in changed[3].split()]
            if any("$" in path or "*" in path for path in paths):
                return False
            above = "R" in changed[1] and any(f"{folder}/".startswith(f"{path}/") for path in paths)
            if above or folder in paths:
                mode = read_mode(changed[2])
                # Who has no account has root's group.
                closed = mode is not None and not mode.apply(0o755) & 0o011
    return closed


def _gives(line: str, folder: str) -> bool:
    """Whether an instruction may give a folder to somebody: it names it, one above it or a variable."""
    if not any(word in line for word in _CHANGES):
        return False
    paths = [word.rstrip("/*") or "/" for word in re.split(r"[\s'\"=;&|,()\[\]]+", line) if word[:1] in {"/", "$", "~"}]
    return any(path[:1] != "/" or "$" in path or f"{folder}/".startswith(path.rstrip("/") + "/") for path in paths)


def is_roots_own(image: Image, path: str, world: World, user: str) -> bool:
    """Whether a file, or a folder, is root's."""
    if image.files.kind(path) == "folder":
        return is_denied(image, posixpath.join(path, "new"), world, user)
    return is_roots_file(image, path)


def is_absent(image: Image, path: str, world: World) -> bool:
    """Whether there is nothing yet of this name, nor brought by the base, as far as that is known."""
    made = any(written == path or written.startswith(path + "/") for written in world.files)
    made = made or any(line.keyword == "VOLUME" and path in line.value for line in image.instructions)
    kind = image.files.kind(path)
    if isinstance(kind, (Packaged, Unlikely)) and _is_roots(image, posixpath.dirname(path)):
        return not made
    if isinstance(kind, Unknown) and kind.reason.startswith("it may come from the base"):
        folder, _, name = path.rpartition("/")
        return not made and folder in _SPARSE and name not in _SPARSE[folder].split()
    return not made and kind is None
