"""Whether PHP has in an image what its programs need to handle signals, and what those do that do without."""

from __future__ import annotations

import re

from stopcheck.boot.bodies.program import Program
from stopcheck.boot.handlers.php import COMMENTS
from stopcheck.boot.handlers.scan import scan
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import replace
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopcheck.boot.handlers.source import Handling, Project
    from stopcheck.boot.machine import Machine
    from stopcheck.boot.programs.roles import Start
    from stopcheck.source import SourceFile

_OFFICIAL = regex(r"(?:docker\.io/)?(?:library/)?php(?:[:@].*)?$")
_OTHER_WAYS = regex(
    r"swoole|disable_functions|\b(?:ev|event|uv|ffi|parallel)\b"
    r"|(?:docker-php-ext-\w+|install-php-extensions)\b[^&;|\n]*[$*`]"
    r"|(?:^|[;&|(]|\bRUN|\bthen|\bdo)\s*(?:(?:ba|da|a)?sh\s+(?:-\w+\s+)*)?(?:[\w./$-]+\.(?:ba)?sh\b|[.$]*/[\w./$-]+)"
    r"|\|\s*(?:ba)?sh\b|\b(?:make|ansible)"
    r"|--from=\S+[^\n]*(?:/php|/usr/local\s|/usr\s|\s/\s*$)",
    re.IGNORECASE | re.MULTILINE,
)
"""Other extensions with which a program can handle signals, and other ways by which one may come into an image."""
_LOOKS = regex(r"\b(?:extension_loaded|function_exists|is_callable|defined)\s*\(")
"""What a source looks with whether it is there, before it uses it."""

_STANDS = regex(
    r"\bwhile\s*\(\s*(?:true|1)\b|\bwhile\s*\(\s*!?\s*\$[\w>-]+\s*\)\s*\{[^{}]*\bsleep\s*\("
    r"|\bfor\s*\(\s*;\s*;|\bloop(?:::|->)run\b|->listen\s*\(|_accept\s*\(",
    re.IGNORECASE,
)
"""What only a program that stands has in it: `->run()` may be that of a command."""


_CALL = regex(
    r"(?:^|[;{}]|<\?php\b)\s*(?:\$\w+\s*=\s*|(?:if|switch)\s*\(\s*!?\s*\(?\s*(?:\$\w+\s*=\s*)?)?\\?(pcntl_\w+)(?=\()"
)
"""A statement that begins with a call of a function of pcntl."""
_BLOCK = regex(r"\{[^{}]*\}")
_UNSURE = regex(
    r"\b(?:while|for|foreach|do|eval|exit|die|sleep|usleep|try|switch|return|throw|goto|else|elseif)\b|->|::|\bnew\b"
)
"""What a script may leave by, wait in, or end in before it comes to the next line."""


def has_pcntl(machine: Machine) -> bool | None:
    """Whether PHP has the extension pcntl; None where that is not known.

    Sources: docker-library/php, Dockerfile-linux.template, which builds PHP without --enable-pcntl; and `php -m` with
    Debian's php-cli, which has it built in.
    """
    lines = [f"{line.keyword} {line.value}" for line in machine.image.instructions]
    lines += [f"--from={line.flag('from')} {line.value}" for line in machine.image.instructions if line.flag("from")]
    lines += [body.content.text for line in machine.image.instructions for body in line.heredocs]
    text = re.sub(r"\\\s*\n", " ", "\n".join(lines))
    if "pcntl" in text:
        return None if "disable_functions" in text else True
    if _OFFICIAL.match(machine.image.base.name):
        return None if _OTHER_WAYS.search(text) else False
    return True if machine.image.base.family == "debian" and re.search(r"apt(-get)?\b[^\n]*\bphp", text) else None


def start_signals(start: Start) -> Program:
    """A command of a framework that handles signals where PHP can: its row says how."""
    row = replace(start.row, role="worker")
    found = has_pcntl(start.machine)
    if found is None:
        row = replace(row, on={signal: action for signal, action in row.on.items() if action == "unknown"})
    elif found:
        row = replace(row, instead="" if row.on else row.instead)
    else:
        row = replace(row, on={}, otherwise="default", instead="")
    return Program(row, start.machine.stop_signal)


def _comes_to_it(source: SourceFile | None) -> int:
    """The line in which a script surely calls a function of pcntl, at its margin; 0 for none.

    There it ends with 255 (measured with PHP 8.2: "Call to undefined function").
    """
    if source is None or _LOOKS.search(source.text) or "<<<" in source.text or "function pcntl_" in source.text:
        return 0
    code = scan(source.text, COMMENTS, "\"'").code
    own = set(re.findall(r"\bfunction\s+&?(\w+)", code))
    for call in _CALL.finditer(code):
        before, blocks = code[: call.start(1)], 1
        while blocks:
            before, blocks = _BLOCK.subn(";", before)
        if "{" in before:
            continue
        included = len(re.findall(r"\b(?:include|require)(?:_once)?\b", before))
        if _UNSURE.search(before) or included > source.text.count("/autoload.php"):
            return 0
        if own & set(re.findall(r"(?<!function )\b(\w+)\s*\(", before)):
            return 0
        return next((at for at, line in enumerate(source.text.split("\n"), 1) if f"{call[1]}(" in line), 0)
    return 0


def without_signals(handling: Handling, paths: Iterable[str], project: Project) -> Handling:
    """What a program in PHP does where it can handle no signals: nothing, or it fails as it asks for one."""
    fatal = next((line for path in [*paths][:1] if (line := _comes_to_it(project.text(path)))), 0)
    if fatal:
        return replace(handling, on={}, launches=False, strange=False, work=True, status=255, line=fatal)
    if handling.launches:
        return handling
    texts = [text.text for path in paths if (text := project.text(path)) is not None]
    calls = handling.on or any("pcntl_" in text for text in texts)
    if calls and not any(_LOOKS.search(text) for text in texts):
        reason = "it calls functions of the extension pcntl, which nothing builds"
        return replace(handling, on={}, complete=False, launches=True, reason=reason)
    stands = any(_STANDS.search(text) for text in texts)
    if handling.complete or stands:
        return replace(handling, on={}, complete=True, reason="", lasts=handling.lasts or stands, strange=False)
    return replace(handling, on={})
