"""A program that has a row of knowledge: what of the row holds in this image and with these words, then its role."""

from __future__ import annotations

from itertools import pairwise, takewhile

from stopcheck.boot.bodies.program import Program
from stopcheck.boot.failure import Failure
from stopcheck.boot.grammar import child_argv, own_words, permuted
from stopcheck.boot.lookup import GLIBC
from stopcheck.boot.programs.roles import find_role
from stopcheck.boot.signals import signal_name
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.programs import applied
from stopcheck.records import replace

if TYPE_CHECKING:
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field
    from stopcheck.image.model import Image
    from stopcheck.knowledge.programs import ProgramRow


def run(start: Start) -> Body | Failure:
    """What runs in the process; a Failure where it refuses its words."""
    image, row, argv = start.machine.image, start.row, start.argv
    permutes = image.base.family in GLIBC
    if permutes and row.own_letters and row.role == "init":
        argv = permuted(row, argv)
    own = own_words(row, argv) if row.role in {"exec", "fork", "init"} else start.words
    row = applied(row, own, tools(image, row), image.base.name, start.env)
    if permutes and row.own_letters and row.role != "short" and (taken := _taken_option(row, start.argv)):
        return Failure(1, taken, ran=True)
    if row.zero_options and row.role == "init" and (wrong := _wrong_value(row, own)):
        return Failure(1, wrong, ran=True)
    role = find_role(row.role)
    return role(replace(start, row=row, argv=argv)) if role else Program(row, start.machine.stop_signal)


def tools(image: Image, row: ProgramRow) -> str:
    """Whose small programs these are: busybox's where that is /bin/sh, unless a package brings others."""
    sh = image.base.sh
    if image.base.family == "scratch" and image.files.lookup("/bin/sh") is None:
        return "busybox"  # no other's stand alone
    return sh if isinstance(sh, str) and image.installed.isdisjoint(row.package.split()) else ""


def _taken_option(row: ProgramRow, argv: tuple[Field, ...]) -> str:
    """Why an init with glibc's getopt(3) refuses an option of its child as one of its own; "" where there is none."""
    child, _ = child_argv(row, argv)
    if not child or "--" in argv[: len(argv) - len(child)]:
        return ""
    if argv[-1] in row.value_options:
        return f"{row.name} takes `{argv[-1]}` for an option of its own, and finds no value behind it"
    for word in takewhile(lambda word: word != "--", child[1:]):
        if isinstance(word, str) and word[:1] == "-" and len(word) > 1 and word[1] not in row.own_letters:
            return f"{row.name} takes `{word}` for an option of its own: `--` is missing before {child[0]}"
    return ""


def _wrong_value(row: ProgramRow, own: tuple[str, ...]) -> str:
    """Why tini refuses the value of an option: `-e` wants a status, `-p` the whole name of a signal."""
    for option, value in pairwise(own):
        if option in row.value_options:
            fits = option in row.zero_options and value.isdigit() and int(value) < 256
            if not fits and not (option not in row.zero_options and value.startswith("SIG") and signal_name(value)):
                return f"`{value}` is nothing that {row.name} takes behind {option}"
    return ""
