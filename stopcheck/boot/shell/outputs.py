"""The files that the redirections of a script write."""

from __future__ import annotations

from stopcheck.boot.files.made import is_nowhere
from stopcheck.boot.files.written import absolute, makes_fifo
from stopcheck.boot.shell.words import expand_text
from stopcheck.boot.world import SOMEWHERE
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import ImageFile
from stopcheck.model import Unknown
from stopcheck.source import SourceFile
from stopcheck.syntax.shell.tree import CommandSubstitution

if TYPE_CHECKING:
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.syntax.shell.tree import Heredoc, Redirection


def opened(shell: Shell, redirection: Redirection, world: World, process: Process, *, followed: bool = True) -> int:
    """A file that output is sent to is there from then on; returns the pipe that it is where that is followed."""
    path = target(shell, redirection, world, process)
    if not path:
        if isinstance(expand_text(shell.scope(world, process), redirection.target), Unknown):
            world.files[SOMEWHERE] = Unknown("a file whose name is not known", redirection.span)
        return 0
    if is_nowhere(shell.machine, world, path):
        world.owners[path] = process.user
    word = redirection.target
    plain = redirection.operator in {">", ">>", ">|"} and redirection.descriptor in {None, "1"}
    if makes_fifo(word.span.source.text, word.literal or word.span.text):
        world.files[path] = Unknown(f"the content of {path}", redirection.span)
        return world.fifo(path)
    if not (followed and plain):
        world.files[path] = Unknown(f"the content of {path}", redirection.span)
        return 0
    return world.new_sink(path, _before(shell, world, path) if redirection.operator == ">>" else "")


def _before(shell: Shell, world: World, path: str) -> Field:
    """What a file holds before something is appended to it."""
    if path in world.files:
        return world.files[path]
    file = shell.machine.image.files.lookup(path)
    if isinstance(file, ImageFile) and isinstance(file.content, SourceFile):
        return file.content.text
    return "" if is_nowhere(shell.machine, world, path) else Unknown(f"the content of {path}")


def copied(shell: Shell, redirections: tuple[Redirection, ...], world: World, process: Process) -> None:
    """`cat <<END > FILE`: the text that stands there becomes the file's content."""
    body = next((each.heredoc for each in redirections if each.heredoc is not None), None)
    text = None if body is None else heredoc_text(shell, body, world, process)
    if body is None or not isinstance(text, str):
        return
    for redirection in redirections:
        if redirection.operator in {">", ">|"} and redirection.descriptor in {None, "1"}:
            path = target(shell, redirection, world, process)
            if path:
                world.files[path], world.places[path] = text, body.body.span


def heredoc_text(shell: Shell, body: Heredoc, world: World, process: Process) -> Field:
    """The text that stands in a heredoc."""
    text = body.body.span.text if body.quoted else expand_text(shell.aside(world, process), body.body)
    tabs = body.strip_tabs and isinstance(text, str) and "\t" in text
    return Unknown("a heredoc with tabs", body.body.span) if tabs else text


def target(shell: Shell, redirection: Redirection, world: World, process: Process) -> str:
    """The file that output goes to; "" where that is not known, or where it is a descriptor or a device."""
    if any(isinstance(part, CommandSubstitution) for part in redirection.target.parts):
        return ""
    path = expand_text(shell.scope(world, process), redirection.target)
    if not isinstance(path, str) or not path or path == "-" or path.isdecimal():
        return ""
    path = absolute(process, path)
    return "" if path.startswith(("/dev/", "/proc/")) else path
