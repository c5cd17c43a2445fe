"""What the image is told to start cannot be started: says what is wrong, in the file that is wrong."""

from __future__ import annotations

import posixpath

from stopcheck.boot.lookup import is_npm_script
from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._script import called
from stopcheck.checks._start import argument_valued, command_at, exec_form, in_json, place
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import ImageFile, StartCommand
from stopcheck.knowledge.programs import find_program
from stopcheck.model import Edit, Fix, Label, Violation
from stopcheck.records import dataclass
from stopcheck.source import SourceFile, Span
from stopcheck.syntax.shell import parse_script
from stopcheck.syntax.shell.tree import SimpleCommand
from stopcheck.syntax.shell.walk import commands, parameters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.failure import Failure
    from stopcheck.checks._case import Case
    from stopcheck.stop.cause import Cause

BOM = "\ufeff"
_FIRST_LINES = {
    "js": "#!/usr/bin/env node", "mjs": "#!/usr/bin/env node", "php": "#!/usr/bin/env php", "pl": "#!/usr/bin/env perl",
    "py": "#!/usr/bin/env python3", "rb": "#!/usr/bin/env ruby", "bash": "#!/bin/bash",
}  # fmt: skip
"""By the ending of a script's name: what it begins with, where that is not `#!/bin/sh`."""
_RUN_BY = {"js": "node", "mjs": "node", "php": "php", "pl": "perl", "py": "python3", "rb": "ruby", "sh": "sh"}
"""By the ending of a script's name: what runs it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is wrong, and where; `outside`: what is given when the container is run may mend it."""

    why: str
    span: Span
    fix: Fix | None
    advice: str
    outside: bool = False


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("unstartable-entrypoint"):
        failure = cause.event.failure if cause.event is not None else None
        if failure is None:
            continue
        if not failure.name and _from_arguments(case, cause):
            continue
        asked = argument_valued(case.image, failure.name) or place(case, cause.span)
        found = (
            _refused(failure, cause, asked)
            or _unset(case, cause, asked)
            or _shell_for_script(case, failure, asked)
            or _argument(case, failure, asked)
            or _absent(case, failure, asked)
            or _mode(case, failure)
            or _script(failure, cause)
        )
        if found is None:
            advice = "Start it without another init, `docker run --init` or `init: true`: it is one itself."
            alone = failure.kind == "not-first"
            found = Found(failure.reason, asked, None, advice if alone else "Start a program that the image has.")
        yield Violation(
            message=f"{case.consequence(None)}. {found.why}",
            span=found.span,
            fix=found.fix,
            related=(Label(asked, "this is to be started"),) if found.span != asked else (),
            advice=found.advice,
            severity="warning" if found.outside else None,
        )


def _from_arguments(case: Case, cause: Cause) -> bool:
    """Whether the script takes the name from its arguments (`cmd=$1; exec "$cmd"`), which `docker run` gives."""
    node = command_at(cause.span) if cause.span is not None and cause.span.path else None
    if node is None or case.stopped is None:
        return False
    names = set(parameters(node.words[:2]))
    taken = (
        assignment.name
        for script in case.stopped.booted.machine.scripts()
        for command in commands(script.body)
        if isinstance(command, SimpleCommand)
        for assignment in command.assignments
        if any(name.isdigit() for name in parameters(assignment.value))
    )
    return any(name.isdigit() for name in names) or not names.isdisjoint(taken)


def _unset(case: Case, cause: Cause, asked: Span) -> Found | None:
    """A script that asks for a program by a variable that nothing sets."""
    node = command_at(cause.span) if cause.span is not None and cause.span.path else None
    shell = cause.process.body
    if node is None or not node.words or not isinstance(shell, Shell):
        return None
    words = node.words[1:] if node.words[0].literal == "exec" else node.words
    names = [name for name in parameters(words[:1]) if name.isidentifier() and not shell.scope().variable(name)]
    if not names:
        return None
    if any(name in case.image.env for name in names):
        why = f"{names[0]} is empty unless the build is given a value for it, and then there is no program to start"
        return Found(why, asked, None, f"Give it a default: `ARG {names[0]}=…`.", True)
    why = f"{names[0]} is not set in the image, so there is no program to start"
    advice = f"Give it a default: `ENV {names[0]}=…`, or `${{{names[0]}:-…}}` in the script."
    return Found(why, asked, None, advice, True)


def _absent(case: Case, failure: Failure, asked: Span) -> Found | None:
    """A name that nothing in the image has."""
    if failure.kind != "absent":
        return None
    name = failure.name
    at = argument_valued(case.image, name)
    whole = _whole_command(case, name)
    if whole is not None:
        return whole
    if "/" in name:
        return Found(
            f"{name} is not in the image",
            asked,
            None,
            "Copy it into the image, or write the path under which it is there. A file that only a volume brings is "
            "missing wherever the container is run without it.",
            True,
        )
    hidden = _on_path(case, name)
    if hidden is not None:
        return _not_executable(hidden, asked)
    here = case.image.files.lookup(posixpath.join(case.image.workdir, name))
    if isinstance(here, ImageFile):
        program = _RUN_BY.get(name.rpartition(".")[2], "")
        if program and isinstance(here.content, SourceFile) and not here.content.text.startswith("#!"):
            words = f"{in_json(program)}, {in_json(name)}"
            fix = Fix(f"Have {program} run it", (Edit(at, words),)) if at is not None else None
            return Found(f"{name} is no program by itself", asked, fix, f"Name what runs it: `{program} {name}`.")
        fix = Fix("Say where it is", (Edit(at, in_json(here.path)),)) if at is not None else None
        return Found(f"{name} is looked for on PATH, and {here.path} is not on it", asked, fix, "Write its path.")
    return Found(f"{name} is not in the image", asked, None, "Install it, or write the path under which it is there.")


def _argument(case: Case, failure: Failure, asked: Span) -> Found | None:
    """A script that nothing in the image has, for an interpreter that it has."""
    if failure.kind != "argument":
        return None
    whole = _whole_command(case, failure.name)
    if whole is not None:
        return whole
    start = case.image.entrypoint
    program = start.argv[0] if isinstance(start, StartCommand) and start.instruction is None and start.argv else None
    if isinstance(program, str) and posixpath.basename(program).startswith(failure.name):
        advice = f"Leave `{failure.name}` out: the base image's ENTRYPOINT is {program}, and CMD only its arguments."
        return Found(f"{program} takes `{failure.name}` for the script to run: {failure.reason}", asked, None, advice)
    if is_npm_script(case.image, failure.name, case.image.workdir):
        why = f"node takes `{failure.name}` for a file: {failure.reason}"
        advice = f"Name what that script of package.json runs, or `npm run {failure.name}`."
        return Found(why, asked, None, advice)
    return Found(failure.reason, asked, None, "Copy it into the image, or write the path under which it is there.")


def _refused(failure: Failure, cause: Cause, asked: Span) -> Found | None:
    """What ends a script in front of the service: its shell cannot read it, knows an option not, or may not write."""
    if failure.kind == "path":
        return Found(failure.reason, asked, None, "Keep the system's folders in it: `ENV PATH=…:$PATH`.")
    if failure.kind in {"account", "refuses"}:
        return Found(failure.reason, cause.span or asked, None, failure.name)
    if failure.kind == "config":
        return Found(failure.reason, cause.span or asked, None, "Write what is missing: the program ends without it.")
    if failure.kind == "dot" and cause.span is not None:
        return _dot(failure, cause.span)
    if failure.kind not in {"syntax", "option", "denied", "closed"} or cause.span is None:
        return None
    if failure.kind in {"denied", "closed"}:
        advice = "Give it to that user in the Dockerfile (`RUN chown`), or take another place."
        return Found(failure.reason, cause.span, None, advice)
    shell = cause.process.body
    name = shell.row.name if isinstance(shell, Shell) else "sh"
    script = called(cause.process)
    why = f"{name} cannot read {script}: {failure.reason}" if failure.kind == "syntax" else failure.reason
    if name != "bash" and (failure.kind == "option" or not parse_script(cause.span.source, "bash").problems):
        return Found(why, cause.span, None, f"{script} is written for bash: run it with bash (`#!/bin/bash`).")
    return Found(why, cause.span, None, f"`{name} -n` tells of it before the image is built.")


def _dot(failure: Failure, span: Span) -> Found:
    """`. common.sh`, which is looked for on PATH and not in the working directory."""
    node = command_at(span)
    word = node.words[1] if node is not None and len(node.words) > 1 else None
    known = word is not None and word.literal == failure.name
    fix = Fix("Say that it is in the working directory", (Edit(word.span, f"./{failure.name}"),)) if known else None  # type: ignore[union-attr]
    return Found(failure.reason, span, fix, f"Write its path: `. ./{failure.name}`, or an absolute one.")


def _shell_for_script(case: Case, failure: Failure, asked: Span) -> Found | None:
    """An interpreter as ENTRYPOINT, and a CMD in shell form: its arguments are `/bin/sh -c …`."""
    start = case.image.cmd
    if failure.kind != "binary" or not isinstance(start, StartCommand) or start.shell_form is None:
        return None
    found = [node for node in commands(parse_script(start.shell_form, "posix").body) if isinstance(node, SimpleCommand)]
    fix = exec_form(case.image, found[0]) if len(found) == 1 else None
    span = start.instruction.span if start.instruction is not None else asked
    return Found(
        failure.reason, span, fix, "CMD is in shell form, and so begins with `/bin/sh -c`: write it in exec form."
    )


def _whole_command(case: Case, name: str) -> Found | None:
    """A command and its arguments in one string: it is looked for as one program, or as one file."""
    at = argument_valued(case.image, name)
    words = _words(name)
    if at is None or len(words) < 2:
        return None
    return Found(
        f"The exec form takes `{name}` for the name of one program",
        at,
        Fix("Make each word a string of its own", (Edit(at, ", ".join(map(in_json, words))),)),
        "In exec form each argument is a string of its own.",
    )


def _words(name: str) -> list[str]:
    from shlex import split

    try:
        return split(name)
    except ValueError:
        return []


def _on_path(case: Case, name: str) -> ImageFile | None:
    """A file of that name on PATH, passed over because it is not executable."""
    path = case.image.env.get("PATH", "")
    for folder in path.split(":") if isinstance(path, str) else ():
        found = case.image.files.lookup(posixpath.join(folder, name))
        if isinstance(found, ImageFile):
            return found
    return None


def _mode(case: Case, failure: Failure) -> Found | None:
    if failure.kind == "unreadable" and failure.file is not None and failure.file.origin is not None:
        return Found(failure.reason, failure.file.origin, None, "Copy it with `--chmod=755`, or give it to that user.")
    return _not_executable(failure.file, None) if failure.kind == "mode" and failure.file is not None else None


def _not_executable(file: ImageFile, asked: Span | None) -> Found | None:
    """Blames the COPY that brought it."""
    origin = file.origin or asked
    if origin is None:
        return None
    return Found(
        f"{file.path} is not executable",
        origin,
        _with_mode(origin),
        "Copy it with `--chmod=755`, or run `chmod +x` on the file and commit that.",
    )


def _with_mode(origin: Span) -> Fix | None:
    """`--chmod=755` for an instruction that copies one file."""
    words = origin.text.split()
    if words[0].upper() not in {"COPY", "ADD"} or "--chmod" in origin.text:
        return None
    files = [word for word in words[1:] if not word.startswith("--")]
    alone = len(files) == 2 and files[0] not in {".", "./"} and not files[0].endswith("/") and "*" not in files[0]
    after = Span(origin.source, origin.start + len(words[0]), origin.start + len(words[0]))
    return Fix("Copy it as executable", (Edit(after, " --chmod=755"),), "safe" if alone else "unsafe")


def _script(failure: Failure, cause: Cause) -> Found | None:
    """What is wrong inside a script."""
    if failure.kind == "crlf" and failure.file is None and cause.span is not None:
        source = cause.span.outermost().source
        lines = (
            "Its lines end in CR LF, and each"
            if cause.span.text.startswith("#!")
            else "The line ends in CR LF, and the"
        )
        return Found(
            f"{lines} carriage return becomes a part of the last word",
            cause.span,
            _without_cr(source),
            "Save the script with LF line ends, and keep them with `*.sh text eol=lf` in .gitattributes.",
        )
    content = failure.file.content if failure.file is not None else None
    if not isinstance(content, SourceFile) or failure.file is None:
        return None
    path = failure.file.path
    end = content.text.find("\n")
    first = Span(content, 0, end if end >= 0 else len(content.text))
    match failure.kind:
        case "empty":
            return Found(f"{path} is empty", first, None, "Write the script, beginning with `#!/bin/sh`.")
        case "crlf":
            return Found(
                failure.reason,
                first,
                _without_cr(content),
                "Save the script with LF line ends, and keep them with `*.sh text eol=lf` in .gitattributes.",
            )
        case "interpreter":
            return Found(
                f"{path} asks for {failure.name}, which is not in the image",
                first,
                None,
                f"Install {posixpath.basename(failure.name)}, or name an interpreter that the image has.",
            )
        case "shebang" if content.text.startswith("#!"):
            return Found(f"{path} names no interpreter", first, _put(first, "#!/bin/sh"), "Name it: `#!/bin/sh`.")
        case "shebang":
            begin = _FIRST_LINES.get(path.rpartition(".")[2], "#!/bin/sh")
            more = _last_service(content) if begin == "#!/bin/sh" else ()
            return Found(
                f"{path} has no `#!` line: the kernel does not know what to run it with",
                first,
                _put(first.at_start(), f"{begin}\n", *more),
                f"Begin the script with `{begin}`.",
            )
        case "mark":
            mark = Span(content, 0, len(BOM))
            return Found(
                f"{path} begins with a byte order mark: the kernel does not see its `#!`",
                first,
                _put(mark, ""),
                "Save the script as UTF-8 without a byte order mark.",
            )
        case "late":
            before = Span(content, 0, content.text.index("#!"))
            return Found(
                f"The `#!` line of {path} is not its first",
                first,
                _put(before, ""),
                "`#!` have to be the first two characters of the file.",
            )
    return None


def _last_service(source: SourceFile) -> Iterator[Edit]:
    """`exec` for the service that a script ends in: once the script runs, that would be the next that is wrong."""
    items = parse_script(source, "posix").body.items
    if not items or items[-1].background or items[-1].command.rest:
        return
    pipeline = items[-1].command.first
    command = pipeline.commands[0]
    if len(pipeline.commands) > 1 or pipeline.negated or not isinstance(command, SimpleCommand) or not command.words:
        return
    first = command.words[0]
    row = find_program(first.literal) if first.literal else None
    if first.span.text == '"$@"' or (row is not None and row.role in {"service", "worker", "interpreter"}):
        yield Edit(first.span.at_start(), "exec ")


def _put(span: Span, text: str, *more: Edit) -> Fix:
    return Fix("Make it a script that the kernel can run", (Edit(span, text), *more))


def _without_cr(source: SourceFile) -> Fix | None:
    if source.parent is not None:
        return None
    text = source.text
    ends = [at for at in range(len(text) - 1) if text[at] == "\r" and text[at + 1] == "\n"]
    return Fix("Take the carriage returns out", tuple(Edit(Span(source, at, at + 1), "") for at in ends))
