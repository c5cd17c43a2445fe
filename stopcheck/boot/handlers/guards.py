"""Variables without which a script gives up at its start, in languages that are read without a parser.

Only what stands at the margin, before anything that may wait, leave or set variables, is surely come to.
"""

from __future__ import annotations

import re
from collections import Counter

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.handlers.scan import Scan


@dataclass(frozen=True, slots=True)
class Guard:
    """A line that ends the program where a variable is not set ("": in any case), and its status where that is told."""

    name: str
    line: int
    status: int | None


@dataclass(frozen=True, slots=True)
class Words:
    """How a language says it: `value` is a variable of the environment, with its name as a group; `asks` are calls that
    fail by themselves without it; `ends` what ends the program; `lacks` and `has` tell whether a value, `<V>`, is
    there. `other` is what may be done before that makes all of it uncertain. `block` tells how a block begins and ends,
    `local` what a variable of the program's own looks like.
    """

    value: str
    ends: str
    lacks: str
    has: str
    other: str
    block: tuple[str, str]
    asks: str = ""
    local: str = r"\$\w+"


PERL = Words(
    value=r"\$ENV\s*\{\s*\"?(\w+)\"?\s*\}",
    ends=r"die\b|croak\b|confess\b|exit\b",
    lacks=r"(?:!|not\b)\s*(?:defined|exists|length)?[\s(]*<V>",
    has=r"(?:defined|exists|length)?[\s(]*<V>",
    other=r"\b(?:while|until|for|foreach|do|eval|require|exit|exec|sleep)\b|\$ENV\s*\{[^}]*\}\s*(?:\|\||//)?=(?![=~])|[%@]ENV\b",
    block=(r"\{", r"\}"),
)
RUBY = Words(
    value=r"ENV\s*\[\s*\"(\w+)\"\s*\]",
    ends=r"abort\b|raise\b|fail\b|exit!?(?![\w?])",
    lacks=r"!\s*<V>|<V>\.nil\?|<V>\.to_s\.(?:strip\.)?empty\?|!\s*ENV\.(?:key|has_key|include|member)\?\s*\(?\s*\"(\w+)\"",
    has=r"<V>|ENV\.(?:key|has_key|include|member)\?\s*\(?\s*\"(\w+)\"",
    other=r"\b(?:while|until|for|loop|load|eval|exit|exec|sleep|at_exit|rescue)\b|ENV\s*\[[^]]*\]\s*(?:\|\|)?=(?![=~])"
    r"|ENV\.(?:store|update|merge|replace)",
    block=(r"(?:\bthen\b)?\s*\n", r"\n\s*end\b"),
    asks=r"ENV\.fetch\s*\(?\s*\"(\w+)\"\s*\)?(?!\s*(?:,|\{|do\b))",
    local=r"@?\w+",
)
PHP = Words(
    value=r"getenv\s*\(\s*\"(\w+)\"\s*\)",
    ends=r"die\b|exit\b|throw\b",
    lacks=r"!\s*<V>|<V>\s*===?\s*(?:false|null|\"\")|(?:false|null)\s*===?\s*<V>|empty\s*\(\s*<V>\s*\)",
    has=r"(?!)",
    other=r"\b(?:while|for|foreach|eval|include|require|include_once|require_once|putenv|exit|die|sleep)\b",
    block=(r"\{", r"\}"),
)
JAVA = Words(
    value=r"System\.getenv\s*\(\s*\"(\w+)\"\s*\)",
    ends=r"System\.exit\b|throw\b",
    lacks=r"<V>\s*==\s*null|<V>\.is(?:Empty|Blank)\s*\(\s*\)",
    has=r"(?!)",
    other=r"\b(?:while|for|switch|try|exit|setProperty)\b",
    block=(r"\{", r"\}"),
    asks=r"requireNonNull\s*\(\s*System\.getenv\s*\(\s*\"(\w+)\"\s*\)",
    local=r"\w+",
)
"""For the block of a `main`, moved to the margin."""
C = Words(
    value=r"getenv\s*\(\s*\"(\w+)\"\s*\)",
    ends=r"_?exit\b|abort\b|return\b",
    lacks=r"!\s*<V>|<V>\s*==\s*(?:NULL|nullptr|0)\b",
    has=r"(?!)",
    other=r"\b(?:while|for|switch|_?exit|setenv|putenv|return|do)\b",
    block=(r"\{", r"\}"),
    local=r"\w+",
)
"""For the block of a `main`, moved to the margin."""
LOADERS = regex(r"(?i)env|figaro|config|rails|setup")
"""Libraries that may set variables themselves."""


def guards(scan: Scan, words: Words, needs: tuple[str, ...], text: str) -> Iterator[Guard]:
    """The guards of a file; none where a file or a library that it loads may set what they ask for."""
    if "ENV" not in text and "getenv" not in text:
        return
    if any(need.startswith((".", "/")) or LOADERS.search(need) for need in needs):
        return
    code = _with_names(scan)
    locals_ = _locals(code, words)
    value = words.value
    if locals_:
        value = rf"(?:{value}|(?<![\w$@])({'|'.join(map(re.escape, locals_))})(?!\w))"
    lacks = words.lacks.replace("<V>", value)
    has = words.has.replace("<V>", value)
    absent = rf"(?:unless\b[\s(]*(?:{has})|if\b[\s(]*(?:{lacks})(?:[\s)]*(?:\|\||\bor\b)[^{{}};\n]*)?)[\s)]*"
    ends = rf"(?:{words.ends})"
    start, end = words.block
    surely = r"(?![^;\n]*\b(?:if|unless)\b)[^;{}\n]*;?"
    forms = [
        rf"^{ends}[^;{{}}\n]*\b{absent}(?:;|$)",
        rf"^(?:my\s+|our\s+)?(?:[\w$@]+\s*=\s*)?{value}\s*(?:\bor\b|\|\||//|\?:)\s*\(?\s*{ends}[^;\n]*(?:;|$)",
        rf"^{absent}(?:{start})(?:[^{{}};\n]*[;\n])*?\s*{ends}{surely}\s*{end}",
        rf"^{absent}{ends}{surely}" if words is PHP else "(?!)",
    ]
    if words.asks:
        forms.append(
            rf"^(?![^\n]*(?:\b(?:if|unless|rescue|def|and|or|lambda|proc|do)\b|[?{{|&]|->))[^\n]*?{words.asks}"
        )
    found = [match for form in forms for match in re.finditer(form, code, re.MULTILINE)]
    for match in sorted(found, key=lambda match: match.start()):
        before, code = code[: match.start()], _blanked(code, match)
        if re.search(words.other, before) or not _is_outside(before, words):
            return
        name = next(group for group in match.groups() if group)
        name = locals_.get(name, name)
        yield Guard(name, _line(text, name, match[0]), _status(match[0], words))


def _blanked(code: str, match: re.Match[str]) -> str:
    """The code without what is a guard: whoever comes after it has its variable."""
    return code[: match.start()] + re.sub(r"\S", " ", match[0]) + code[match.end() :]


def _with_names(scan: Scan) -> str:
    """The code with the strings that are names; of the others only their lines are left."""
    texts = iter(scan.strings)

    def put(_: re.Match[str]) -> str:
        text = next(texts, "")
        return f'"{text}"' if re.fullmatch(r"\w+", text) else '"' + "\n" * text.count("\n") + '"'

    return re.sub('"', put, scan.code)


def _locals(code: str, words: Words) -> dict[str, str]:
    """Variables of the program that are given one of the environment, and nothing else."""
    found = re.findall(
        rf"^(?:(?:my|our|final|var|String|const|char|auto)\b[\s*]*)*({words.local})\s*=\s*{words.value}\s*(?:;|$)",
        code,
        re.MULTILINE,
    )
    given = Counter(re.findall(rf"(?<![\w$@])({words.local})\s*(?:\|\||//|\?\?|\.)?=(?![=~>])", code))
    return {name: variable for name, variable in found if given[name] == 1}


def _is_outside(before: str, words: Words) -> bool:
    """Whether what comes now is in no block."""
    if words is not RUBY:
        return before.count("{") == before.count("}")
    opened = r"^(?:begin|def|class|module|if|unless|case)\b(?![^\n]*\bend\b)|^[^\n]*\bdo\b(?:\s*\|[^|\n]*\|)?\s*$"
    return len(re.findall(opened, before, re.MULTILINE)) == len(re.findall(r"^end\b", before, re.MULTILINE))


def _line(text: str, name: str, guard: str) -> int:
    """The line of the file in which a guard ends the program: the last that has its last word, or its variable."""
    lines = text.split("\n")
    first = next((at for at, line in enumerate(lines, 1) if re.search(rf"\b{name}\b", line)), 1)
    word = re.findall(r"\b(?:die|croak|confess|exit|abort|raise|fail|throw|return)\b", guard)
    within = range(first, min(len(lines), first + guard.count("\n") + 3) + 1)
    return next((at for at in within if word and re.search(rf"\b{word[-1]}\b", lines[at - 1])), first)


def _status(guard: str, words: Words) -> int | None:
    """What the program ends with; None where that depends."""
    if words is JAVA and "exit" not in guard:
        return 1
    if words is C:
        told = re.search(r"\b(?:exit|return)\b[\s(]*(\d+|EXIT_FAILURE)\b", guard)
        return None if told is None else int(told[1]) & 255 if told[1].isdigit() else 1
    told = re.search(r"\bexit!?\s*\(?\s*(\d+|false|true)?", guard) or re.search(r"\bdie\s*\(\s*(\d+)\s*\)", guard)
    if words is RUBY:
        if told and told[0].startswith("exit"):
            return {"true": 0, "false": 1, None: 0}.get(told[1]) if not (told[1] or "").isdigit() else int(told[1])
        return 1
    if told:
        return int(told[1]) & 255 if (told[1] or "").isdigit() else 0
    if words is PHP:
        return 255 if "throw" in guard else 0  # die() with a text
    return None  # what errno happens to be, or 255
