"""Command substitution: the few commands whose output the files decide."""

from __future__ import annotations

import posixpath

from stopcheck.boot.shell.environment import asks_for_unset
from stopcheck.boot.shell.outputs import heredoc_text
from stopcheck.boot.shell.printed import Asked, file_text, printed
from stopcheck.boot.shell.words import expand_text, expand_words
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.model import Unknown
from stopcheck.regex import regex
from stopcheck.syntax.shell.tree import SimpleCommand

if TYPE_CHECKING:
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.syntax.shell.tree import CommandSubstitution, Redirection


_INPUTS = frozenset({"<", "<<", "<<-", "<<<"})
_COUNTED_JOBS = regex(r"jobs\s+-(?:rp|pr|r)\s*\|\s*wc\s+-l")


def substitute(shell: Shell, part: CommandSubstitution, world: World | None, process: Process | None) -> Field:
    """The output of `$( … )`; Unknown for all that is not plainly told by its words."""
    unknown = Unknown(f"the output of `{_shortened(part.span.text)}`", part.span)
    items = part.body.items
    if not items:
        return ""
    if process is None or world is None or any(item.background for item in items):
        return unknown
    if asks_for_unset(shell, part.body, world, process):
        return ""
    if shell.row.name == "bash" and _COUNTED_JOBS.fullmatch(part.body.span.text.strip()):
        return str(sum(bool(world.living(job.pids)) for job in shell.jobs if not job.foreground))
    cwd = process.cwd
    lines: list[str] = []
    for item in items:
        prints = False
        for operator, pipeline in (("", item.command.first), *item.command.rest):
            command = pipeline.commands[0]
            if len(pipeline.commands) != 1 or not isinstance(command, SimpleCommand):
                return unknown
            away = _goes_to(command)
            if away not in {"", "/dev/null"} or (command.assignments and not command.words):
                return unknown
            words = expand_words(shell.aside(world, process), command.words, shell.row.bash_syntax)
            if any(isinstance(word, Unknown) for word in words):
                return unknown
            texts = [str(word) for word in words]
            if texts[:1] == ["cd"] and len(texts) == 2:
                cwd = clean(posixpath.join(cwd, texts[1]))
                continue
            output = _printed(shell, command, texts, cwd, world, process, unknown)
            if isinstance(output, Unknown):
                return output
            if operator == "||" and prints:
                lines.pop()
            prints = texts not in (["true"], [":"]) and not away
            if prints:
                lines.append(output)
    return "\n".join(lines).rstrip("\n")


def _goes_to(command: SimpleCommand) -> str | None:
    """Where its output goes if not into the substitution, as far as it is told; "" where it goes there."""
    for each in command.redirections:
        if each.operator[0] in "&>" and (each.descriptor or "1") == "1":
            return each.target.literal
    return ""


def _printed(
    shell: Shell, command: SimpleCommand, texts: list[str], cwd: str, world: World, process: Process, unknown: Unknown
) -> Field:
    read = next((each for each in command.redirections if each.operator in _INPUTS), None)
    if not texts or (read is not None and texts in (["cat"], ["cat", "-"])):
        return (
            "" if read is None or (read.heredoc is not None and not texts) else _read(shell, read, cwd, world, process)
        )
    if texts == ["envsubst"] and command.redirections and command.redirections[0].operator == "<<<":
        output = expand_text(shell.aside(world, process), command.redirections[0].target)
        return unknown if isinstance(output, Unknown) or "$" in output else output
    return unknown if texts[0] in shell.functions else printed(Asked(shell, world, process, texts, cwd, unknown))


def _read(shell: Shell, source: Redirection, cwd: str, world: World, process: Process) -> Field:
    """What `<FILE`, or `cat` of a redirection alone, prints."""
    if source.heredoc is not None:
        return heredoc_text(shell, source.heredoc, world, process)
    text = expand_text(shell.aside(world, process), source.target)
    told = text == "" or isinstance(text, Unknown) or source.operator == "<<<"
    return text if told else file_text(shell, world, cwd, str(text))


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "…"
