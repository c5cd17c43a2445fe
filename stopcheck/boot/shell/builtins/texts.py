"""The builtins that run more text in this shell: `eval`, `.`."""

from __future__ import annotations

import posixpath

from stopcheck.boot.failure import Failure
from stopcheck.boot.files.made import may_have_made
from stopcheck.boot.lookup import is_absent
from stopcheck.boot.partly import Partly
from stopcheck.boot.shell.frames import Checked, Evaluate, SourceEnd, Standing
from stopcheck.boot.shell.globs import WILDCARDS
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.model import Unknown
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from stopcheck.boot.shell.call import Call
    from stopcheck.boot.world import Field
    from stopcheck.syntax.shell.tree import Sequence

SETS_LITTLE = (
    "activate",
    "envvars",
    "nvm.sh",
    "profile",
    "bashrc",
    "setup.bash",
    "setup.sh",
    "functions",
    "rvm",
    "sdkman-init.sh",
)
"""Ends of the names of files that are sourced everywhere and set no variable that an entrypoint decides by."""
_ON_PATH = " on PATH"
_DEEPEST = 20
"""How deep files that source one another are followed: a shell runs out of stack."""


def do_eval(call: Call) -> None:
    """Run the words as a command."""
    unknown = next((word for word in call.arguments if isinstance(word, Unknown)), None)
    shell = call.shell
    text = " ".join(map(_evaluated, call.arguments))
    if unknown is not None and _tells_command(text):
        shell.variables[_REST] = Unknown(unknown.reason, unknown.span)
    elif unknown is not None:
        shell.renamed = shell.renamed or "`eval`"
        stands = Standing(f"`eval` of what is not known: {unknown.reason}", call.node.span)
        call.shell.keep_fallback(call.world, call.process, stands)
        shell.set_status(Unknown(f"what `eval` runs: {unknown.reason}", call.node.span), True)
        return
    if shell.row.name == "bash" and text.startswith("-") and call.arguments[0] != "--":
        shell.set_status(2)
        return
    body = call.machine.parse_text(text, call.node.span, shell.row)
    shell.status, shell.ok = shell.status if body.items else 0, False
    if call.tail is None:
        shell.push(Checked(), Evaluate(body, None))
    else:
        shell.push(Evaluate(body, call.tail | {"eval"}))


_REST = "eval"
"""The variable that stands for what is not known in a text for `eval`."""
_COMMAND = regex(r"\s*[\w./-]+(?:\s|\+?=)")


def _evaluated(word: Field) -> str:
    start, end = (word.start, word.end) if isinstance(word, Partly) else ("", "")
    return f"{start}${{{_REST}}}{end}" if isinstance(word, Unknown) else word


def _tells_command(text: str) -> bool:
    """Whether a text says at least which command it is: what is not known is taken to be words for that."""
    return _COMMAND.match(text) is not None and not any(text.count(quote) % 2 for quote in "\"'`")


def do_source(call: Call) -> None:
    """Run a file in this shell."""
    shell = call.shell
    if not call.arguments:
        shell.set_status(2)
        return
    if sum(isinstance(frame, SourceEnd) for frame in shell.frames) > _DEEPEST:
        call.world.note("dies", call.process, signal="SEGV")
        call.world.exit(call.process, 139, "SEGV")
        return
    name = call.arguments[0]
    if isinstance(name, Unknown):
        if not getattr(name, "end", "").endswith(SETS_LITTLE):
            shell.opened = "a sourced file"
        shell.set_status(Unknown(f"what a sourced file does: {name.reason}", call.node.span), True)
        return
    path = _place(call, name)
    if path == "/dev/null":
        shell.set_status(0)
        return
    content = _content(call, name, path) if isinstance(path, str) else path
    path = path if isinstance(path, str) else name + _ON_PATH
    if content is None:
        _find_nothing(call, path)
    elif isinstance(content, Unknown):
        _open_unread(call, path)
    elif isinstance(content, SourceFile):
        _run(call, path, call.machine.parse(content, shell.row).body)
    else:
        _run(call, path, call.machine.parse_text(content, call.node.span, shell.row))


def _place(call: Call, name: str) -> Field | None:
    """The file that is meant; None where there surely is none: a name without a slash is looked for on PATH (XCU, dot).

    bash goes on in the working folder, but as `sh`; so does `source` of mksh and zsh. Measured with those of Debian 12.
    """
    cwd, image, shell = call.process.cwd, call.machine.image, call.shell
    here = clean(posixpath.join(cwd, name))
    search = shell.variables.get("PATH", call.process.env.get("PATH"))
    if "/" in name or not isinstance(search, str):
        return here
    places = [clean(posixpath.join(cwd, folder, name)) for folder in search.split(":")]
    made = call.world.files
    found = {path: made[path] if path in made else image.files.lookup(path) for path in places}
    sure = next((path for path, file in found.items() if file is not None and not isinstance(file, Unknown)), "")
    looks_here = (shell.row.name == "bash" and not shell.strict) or (
        shell.row.name in {"mksh", "zsh"} and call.words[0] == "source"
    )
    if sure or looks_here:
        return sure or here
    absent = is_absent(image, name, cwd) or all(file is None for file in found.values())
    return None if absent else Unknown("what is on PATH")


def _content(call: Call, name: str, path: str) -> SourceFile | Field | None:
    """What stands in the file: of the image, or as the script has written it; None where there is none."""
    made = call.world.files.get(path)
    if path == "/dev/stdin" and call.stdin is not None:
        lines = call.world.pipes.get(call.stdin, ())
        made = next((line for line in lines if isinstance(line, Unknown)), None) or "\n".join(map(str, lines))
    if made is not None:
        return made
    files = call.machine.image.files
    file = files.lookup(path)
    if file is None and not WILDCARDS.isdisjoint(name):
        above = posixpath.dirname(path)
        if files.kind(above) is not None or may_have_made(call.machine, call.world, above):
            return Unknown("what a pattern fits")  # what it stands for was taken to be there
    return file if file is None or isinstance(file, Unknown) else file.content


def _find_nothing(call: Call, path: str) -> None:
    """There is no such file: most shells end then, where it is a special builtin (XCU 2.8.1)."""
    shell = call.shell
    if call.machine.is_folder(call.world, call.process, path) and (shell.row.almquist or shell.row.name == "bash"):
        shell.set_status(0 if shell.row.almquist else 1)  # to them it is empty; bash complains, and goes on
        return
    from stopcheck.boot.shell.lacking import tell

    if path.endswith(_ON_PATH):
        why = f"{shell.row.name} looks for a file without a slash on PATH alone, and there is none of that name"
        failure = Failure(2 if shell.row.almquist else 1, why, "dot", path.removesuffix(_ON_PATH))
        call.world.note_failure("cannot-open", call.process, failure, call.node.span)
    else:
        tell(call.world, call.process, path, call.node.span)
    if shell.row.name == "zsh":
        shell.set_status(127)
    elif shell.row.name in {"mksh", "ksh93"} and call.words[0] == "source":
        shell.set_status(1)
    elif shell.row.bash_syntax and (shell.row.name != "ksh93" or call.words[0] != "."):
        shell.unsourced = shell.strict and call.special
        shell.refuse(1, special=call.special)
    elif shell.row.almquist:
        shell.refuse(2, special=call.special)
    else:
        shell.leave(1)


def _open_unread(call: Call, path: str) -> None:
    """Nobody knows what stands in the file: it may set what is not set, and it may never come back."""
    shell = call.shell
    if not path.endswith(SETS_LITTLE):
        shell.opened = path
        stands = Standing(f"`.` of what is not known: {path}", call.node.span)
        shell.keep_fallback(call.world, call.process, stands)
    shell.set_status(Unknown(f"what {path} does", call.node.span), True)


def _run(call: Call, path: str, body: Sequence) -> None:
    shell = call.shell
    args = call.arguments[1:] if shell.row.bash_syntax else ()
    if not body.items:
        shell.decide(0)
    shell.push(SourceEnd(path, shell.args if args else None, body), Evaluate(body, None))
    if args:
        shell.args = args
