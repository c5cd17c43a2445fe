"""Who may become whom: su(1) and runuser(1) start a user's own shell, or refuse to."""

from __future__ import annotations

from stopcheck.boot.grammar import is_option
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.systems import without_login

if TYPE_CHECKING:
    from stopcheck.boot.world import Field, Process
    from stopcheck.image.model import Image
    from stopcheck.knowledge.programs import ProgramRow

ROOT = frozenset({"", "0", "root"})
_CHANGES = ("passwd", "usermod", "useradd", "adduser", "chsh", "pam")
"""What else a build says of accounts: with one of these words they may be others than the system's."""


_NUMBERS = {"daemon": "1", "www-data": "33", "nobody": "65534"}
"""Debian's and Alpine's own."""


def user_number(user: str) -> str:
    """A number for a user: root's is 0, and of all others it only matters that theirs is not."""
    if user in ROOT:
        return "0"
    return user if user.isdigit() else _NUMBERS.get(user, "1000")


def is_refused(image: Image, process: Process, row: ProgramRow, argv: tuple[Field, ...], user: str | None) -> bool:
    """Whether a login program ends with status 1: it wants a password, or the user's shell is nologin(8).

    `user` is whom it is told to become (fuzz: `su nobody -c app`, `su root -c app` as nobody). `-s` may stand behind
    the command, too (measured: `su -c app -s /bin/sh nobody`, busybox 1.35 and util-linux 2.38).
    """
    if not row.login or any(word in line.value for line in image.instructions for word in _CHANGES):
        return False
    if process.user not in ROOT:
        return True
    words = [word for word in argv if isinstance(word, str)]
    takes_shell = any(is_option(word, name) for word in words for name in ("-s", "--shell", *row.user_options))
    return user is not None and without_login(user) and not takes_shell
