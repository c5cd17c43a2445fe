"""Who may become whom: su(1) and runuser(1) start a user's own shell, or refuse to."""

from __future__ import annotations

import re

from stopcheck.boot.grammar import is_option
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import Packaged, Unlikely
from stopcheck.knowledge.systems import is_account, makes_no_account, without_login
from stopcheck.model import Unknown
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.machine import Machine
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.image.model import Image
    from stopcheck.knowledge.programs import ProgramRow

ROOT = frozenset({"", "0", "root"})
_CHANGES = ("passwd", "usermod", "useradd", "adduser", "chsh", "pam")
"""What else a build says of accounts: with one of these words they may be others than the system's."""
_LOOKED_INTO = regex(r"(?:grep|cat|cut|awk|<)[^;&|>]*/etc/passwd")
_MAKES = regex(r"(?:^|[\s/])(useradd|adduser|usermod|chsh)\s")
_SHELL = regex(r"(?:^|\s)(?:--shell[\s=]+|-[a-zA-Z]*s\s*)['\"]?(/[^\s'\"]+)")
_CLOSED = ("/nologin", "/false")
"""Programs that people give a user as a shell so that it has none."""

_NUMBERS = {"daemon": "1", "www-data": "33", "nobody": "65534"}
"""Debian's and Alpine's own."""


def user_number(user: str) -> str:
    """A number for a user: root's is 0, and of all others it only matters that theirs is not."""
    if user in ROOT:
        return "0"
    return user if user.isdigit() else _NUMBERS.get(user, "1000")


def home(image: Image, user: str) -> Field:
    """What the engine sets HOME to: that of the account, and / for a number that has none."""
    if user in ROOT:
        return "/root"
    told = any(word in line.value for line in image.instructions for word in (*_CHANGES, "/etc"))
    if user.isdigit() and int(user) >= _FIRST_OF_PEOPLE and image.base.plain and not told:
        return "/"
    return Unknown("the home of its user")


_FIRST_OF_PEOPLE = 1001
"""Images have accounts of their own below this number."""


_INSTALLS = regex(r"\b(?:apk|apt|apt-get|aptitude|dnf|dpkg|microdnf|rpm|yum|zypper)\b")
_RUNS = regex(r"(?:^|[;&|(]|\bthen|\bdo)\s*(?:(?:ba|da|a)?sh\s+(?!-)|[.$]*/)[\w./-]+|\|\s*(?:ba)?sh\b|\bmake\b|[$`]\(")
_PEOPLES = frozenset({"app", "appuser", "deploy", "nonroot", "user", "worker"})
"""Names that no package of a distribution gives an account."""


def is_nobody(image: Image, user: str) -> bool:
    """Whether USER names somebody who has surely no account in the image: an engine does not start it then."""
    system = user in ROOT or user.isdigit() or without_login(user) or user in {"nobody", "sync"}
    if system or not re.fullmatch(r"[a-z][\w-]*", user) or user in image.base.name or image.base.user == user:
        return False
    if not image.base.plain or image.base.family not in {"debian", "ubuntu"}:
        return False
    for line in image.instructions:
        if line.keyword == "RUN":
            text = line.value + "".join(heredoc.content.text for heredoc in line.heredocs)
            if user in text or "$" in text or "passwd" in text or _RUNS.search(text):
                return False
            if _INSTALLS.search(text) and user not in _PEOPLES:
                return False
        elif line.keyword == "ONBUILD" or (line.flag("from") and _COPIED.search(line.value)):
            return False
    return not is_filled(image, "/etc/passwd")


_COPIED = regex(r"/etc|\s\"?/\"?\s*\]?\s*$")
"""What brings the accounts of another stage, which are made in files of the system."""


def is_filled(image: Image, path: str) -> bool:
    """Whether a step of the build may have put a file into the place of the base image's own."""
    known = image.files.kind(path)
    return not (known is None or isinstance(known, (Packaged, Unlikely)))


def makes_user(text: str, user: str) -> bool:
    """Whether a build step's text makes this user or changes him."""
    return any(True for _ in _about(text, user))


def _about(text: str, user: str) -> Iterator[tuple[str, str]]:
    """The commands that make or change a user: which program, and its words."""
    for command in re.split(r"&&|[;|\n]", text.replace("\\\n", " ")):
        made = _MAKES.search(command)
        if made is not None and user in {word.strip("'\"") for word in command[made.end() :].split()}:
            yield made[1], command[made.end() - 1 :]


def login_shell(image: Image, user: str) -> str:
    """The shell that the build gives to a user of its own; "" where it does not tell.

    Without `-s`, Debian's adduser(8) gives bash, or nologin(8) where it makes a system's user.
    """
    shell = ""
    for line in image.instructions:
        for program, words in _about(line.value, user):
            named = _SHELL.search(words)
            if named is not None:
                shell = named[1]
            elif program == "adduser" and image.base.family in {"debian", "ubuntu"}:
                shell = "/usr/sbin/nologin" if "--system" in words else "/bin/bash"
    return shell


def _changes_accounts(image: Image) -> bool:
    """Whether an instruction may change who there is: what starts the container often only looks into /etc/passwd."""
    texts = (
        _LOOKED_INTO.sub("", line.value) if line.keyword in {"CMD", "ENTRYPOINT"} else line.value
        for line in image.instructions
    )
    return any(word in text for text in texts for word in _CHANGES)


def is_missing(machine: Machine, world: World, process: Process, row: ProgramRow, user: str) -> bool:
    """Whether there is surely no such user: the bare system has none, and nothing that is known can have made one."""
    from stopcheck.boot.files.made import may_have_made

    image = machine.image
    if user in ROOT or is_account(user) or (user.isdigit() and not row.by_name) or not _NAME.fullmatch(user):
        return False
    if not image.base.plain or image.base.family not in _COUNTED or user in image.base.name or user == image.base.user:
        return False  # an image that is named after a service has an account for that
    if is_filled(image, "/etc/passwd") or may_have_made(machine, world, "/etc/passwd", process):
        return False
    if _changes_accounts(image) or not all(map(makes_no_account, image.installed)):
        return False
    texts = [script.body.span.source.text for script in machine.scripts()]
    runs = [line.value for line in image.instructions if line.keyword in {"RUN", "ONBUILD"}]
    if any(word in text for text in texts for word in _CHANGES) or any(user in text for text in runs):
        return False
    return all(command.split()[:1] in _HARMLESS for text in runs for command in re.split(r"&&|[;|\n]", text))


_NAME = regex(r"[a-zA-Z0-9_][\w.-]*")
_COUNTED = frozenset({"debian", "ubuntu", "alpine"})
"""Systems whose own accounts are told in systems.toml."""
_HARMLESS: tuple[list[str], ...] = (
    [], ["apk"], ["apt"], ["apt-get"], ["chmod"], ["echo"], ["ln"], ["mkdir"], ["rm"], ["set"], ["touch"], ["true"],
)  # fmt: skip
"""What a build step may begin with that makes no user; packages are looked at on their own."""


def is_refused(image: Image, process: Process, row: ProgramRow, argv: tuple[Field, ...], user: str | None) -> bool:
    """Whether a login program ends with status 1: it wants a password, or the user's shell is nologin(8).

    `user` is whom it is told to become (fuzz: `su nobody -c app`, `su root -c app` as nobody). `-s` may stand behind
    the command, too (measured: `su -c app -s /bin/sh nobody`, busybox 1.35 and util-linux 2.38).
    """
    if not row.login:
        return False
    words = [word for word in argv if isinstance(word, str)]
    takes_shell = any(is_option(word, name) for word in words for name in ("-s", "--shell", *row.user_options))
    if user is not None and not takes_shell and login_shell(image, user).endswith(_CLOSED):
        return True
    if _changes_accounts(image):
        return False
    return process.user not in ROOT or (user is not None and without_login(user) and not takes_shell)
