"""Commands of a script that are refused what they are to write or to change: permission denied."""

from __future__ import annotations

import posixpath

from stopcheck.boot.failure import Failure
from stopcheck.boot.files.accounts import ROOT
from stopcheck.boot.files.ownership import is_roots_file
from stopcheck.boot.files.permissions import FOLDERS, denied, is_absent, is_denied, is_roots_own
from stopcheck.boot.shell.outputs import target
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.knowledge.builtins import SPECIAL
from stopcheck.model import Unknown
from stopcheck.regex import regex
from stopcheck.syntax.shell.tree import OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stopcheck.boot.shell.call import Call
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.syntax.shell.tree import Redirection

_MINDS = frozenset({"dash", "busybox", "mksh", "ksh93", "posh"})


def refuses(
    shell: Shell, words: tuple[Field, ...], redirections: Iterable[Redirection], world: World, process: Process
) -> bool:
    """Whether the output of a command has nowhere to go, so that it is not run: permission denied.

    Measured with each shell as another user: 2 in dash and yash, 1 in the others.
    """
    if not may_not_open(shell, redirections, world, process):
        return False
    status = 2 if shell.row.name in {"dash", "yash"} else 1
    if words and words[0] in SPECIAL and shell.row.name in _MINDS:
        shell.leave(status)
    else:
        shell.set_status(status)
    return True


def may_not_open(shell: Shell, redirections: Iterable[Redirection], world: World, process: Process) -> bool:
    """Whether one of these redirections leads to where its user may not write, which the story then tells."""
    if process.user in ROOT:
        return False
    for redirection in redirections:
        path = target(shell, redirection, world, process) if redirection.operator in OUTPUTS else ""
        named = redirection.target.span.text.lstrip("\"'")
        text = redirection.span.source.text
        if not path or (not named.startswith(("/", "$", "~")) and strays(text)):
            continue
        made = path in world.files
        image = shell.machine.image
        if _is_anothers(path, text, world, process) if made else is_denied(image, path, world, process.user):
            status = 2 if shell.row.name in {"dash", "yash"} else 1
            world.note_failure("denied", process, denied(process, path, status), redirection.span)
            return True
    return False


_OPENS_UP = regex(r"\b(?:ch(?:mod|own|grp)|install|setfacl|umask)\b")
"""What changes whose a file is, or who may write it."""


def _is_anothers(path: str, text: str, world: World, process: Process) -> bool:
    """Whether a script has made it as root, and nothing in it lets anybody else write there."""
    return world.owners.get(path) in ROOT and process.user not in ROOT and not _OPENS_UP.search(text)


_STRAYS = regex(r"\b(?:cd|pushd)\s+[^\s;&|]*[$`]")


def strays(text: str) -> bool:
    """Whether a script goes to a folder of which the files may not tell: where its other names lead is not known."""
    return bool(_STRAYS.search(text))


def cannot_make(call: Call) -> bool:
    """Whether a program that makes files, or folders, is refused one of them: permission denied, and a status of 1."""
    shell, world, process, image = call.shell, call.world, call.process, call.machine.image
    name = call.words[0]
    if process.user in ROOT:
        return False
    relative = any(isinstance(word, str) and word[:1] not in {"-", "/"} for word in call.words[1:])
    if relative and strays(call.node.span.source.text):
        return False
    if name in {"chmod", "chown", "sed"}:
        return _cannot_change(call)
    if name not in {"cp", "ln", "mkdir", "mv", "touch"}:
        return False
    options, paths = _options(call.words[1:], process)
    if options & {"c", "t", "T", "m"} or not paths or any(isinstance(word, Unknown) for word in call.words):
        return False  # where to, or what is meant, is told in another way
    for path in paths if name in {"mkdir", "touch"} else paths[1:][-1:]:
        made = posixpath.join(path, "new") if path in FOLDERS and name != "mkdir" else path
        above = posixpath.dirname(made)
        while name == "mkdir" and "p" in options and above not in FOLDERS and is_absent(image, above, world):
            made, above = above, posixpath.dirname(above)
        there = path in world.files or (name == "mkdir" and not is_absent(image, path, world))
        if not there and is_denied(image, made, world, process.user):
            world.note_failure("denied", process, denied(process, path, 1), call.node.span)
            shell.set_status(1)
            return True
    return False


_IN_PLACE = regex(r"-[nErsz]*i.*|--in-place.*")


def _cannot_change(call: Call) -> bool:
    """Whether a program is refused what it is to do with a file: to give it away, or to change what is root's.

    Measured as another user: GNU's `sed -i`, that makes a file beside it, ends with 4, busybox's and the others with 1.
    """
    image, world, process = call.shell.machine.image, call.world, call.process
    words = [word for word in call.words[1:] if isinstance(word, str)]
    plain = [word for word in words if not word.startswith("-")]
    status, why = 1, ""
    if call.words[0] == "chown":
        first = next((word for word in call.words[1:] if isinstance(word, Unknown) or not word.startswith("-")), "")
        owner = first.partition(":")[0] if isinstance(first, str) and "--reference" not in " ".join(words) else ""
        if owner and not {"$", "."} & {*owner, *process.user} and _another(owner, process.user):
            why = f"{process.user} may not give a file to {owner}"
        else:
            roots = (path for path in map(_from(process), plain[1:]) if is_roots_own(image, path, world, process.user))
            path = next(roots, "")
            why = f"{process.user} may not change whose {path} is: it is root's" if path else ""
    elif call.words[0] == "chmod":
        path = next((path for path in map(_from(process), plain[1:]) if is_roots_file(image, path)), "")
        why = f"{process.user} may not change the mode of {path}: it is root's" if path else ""
    elif any(_IN_PLACE.fullmatch(word) for word in words):
        scripted = any(word.startswith(("-e", "-f", "--expression", "--file")) for word in words)
        path = next(map(_from(process), plain[0 if scripted else 1 :][-1:]), "")
        if is_roots_file(image, path) and is_denied(image, f"{posixpath.dirname(path)}/sed", world, process.user):
            why = f"{process.user} may not make a file beside {path}, as `sed -i` does"
            status = 1 if image.base.sh == "busybox" else 4
    if not why:
        return False
    world.note_failure("denied", process, Failure(status, why, "denied"), call.node.span)
    call.shell.set_status(status)
    return True


def _from(process: Process) -> Callable[[str], str]:
    """What makes an absolute path of one that a process names."""
    return lambda path: clean(posixpath.join(process.cwd, path))


def _another(owner: str, user: str) -> bool:
    """Whether an owner is surely not the user himself: a number and a name may be the same man's."""
    return owner != user and (owner in ROOT or owner.isdigit() is user.isdigit())


def _options(words: tuple[Field, ...], process: Process) -> tuple[set[str], list[str]]:
    """The letters of a command's options (`-p`, `--parents`), and its paths."""
    known = [word for word in words if isinstance(word, str)]
    letters = {letter for word in known if word[:1] == "-" for letter in (word[2:3] if word[:2] == "--" else word[1:])}
    paths = [clean(posixpath.join(process.cwd, word)) for word in known if word[:1] != "-"]
    return letters, [f"/{path.lstrip('/')}" for path in paths]  # `$HOME/x` may be //x
