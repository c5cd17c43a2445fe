"""The builtins that declare variables: `export`, `readonly`, `local`, `declare`."""

from __future__ import annotations

from stopcheck.boot.shell.arrays import Array
from stopcheck.boot.shell.assignments import appended, filled
from stopcheck.boot.shell.frames import CallEnd
from stopcheck.boot.shell.words import expand_text
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.records import dataclass, replace
from stopcheck.regex import regex
from stopcheck.syntax.shell.tree import ArrayLiteral

if TYPE_CHECKING:
    from stopcheck.boot.shell.call import Call
    from stopcheck.syntax.shell.tree import Word


@dataclass(frozen=True, slots=True)
class _Attributes:
    """What a declaration makes of its names, as far as its options were read."""

    call: Call
    export: bool
    local: bool
    integer: bool
    keyed: bool = False
    renames: bool = False

    def with_options(self, word: str) -> _Attributes:
        """What they are from an option on."""
        return replace(
            self,
            export=self.export or "x" in word,
            keyed=self.keyed or "A" in word,
            local=self.local and "g" not in word,
            renames=self.renames or ("n" in word and not (self.export or "x" in word)),
        )

    def give(self, name: str, value: str | Unknown | None) -> None:
        """Declare a name, with a value or without one."""
        shell = self.call.shell
        if self.integer:
            shell.integers |= {name}
        if value is not None:
            shell.assign(name, value)
        elif self.local:
            shell.variables.setdefault(name, "")
        if self.export:
            shell.exported |= {name}

    def give_known(self, word: str) -> None:
        """Declare what a word says that is known whole: `NAME`, `NAME=VALUE`, `NAME+=VALUE`."""
        shell = self.call.shell
        name, equals, value = word.partition("=")
        append, name = name.endswith("+"), name.rstrip("+")
        if not name.isidentifier():
            return
        if self.local:
            shell.declare_local(name)
        if self.renames:
            _rename(self.call, name, value)
        elif not self.keyed:
            self.give(name, (appended(shell, name, value) if append else value) if equals else None)
        elif name not in shell.arrays:
            shell.assign_array(name, Array(keyed=True))

    def give_partly_known(self, word: Word) -> None:
        """Declare what a word says that is known in part: in `NAME="$(…)"` the name is."""
        call, shell = self.call, self.call.shell
        scope = shell.scope(call.world, call.process)
        text = getattr(word.parts[0], "text", "") if word.parts else ""
        if "=" not in text:
            if isinstance(expand_text(scope, word), Unknown):
                shell.renamed = shell.renamed or f"`{call.node.span.text}`"
            return
        name, _, prefix = text.partition("=")
        name, rest = name.rstrip("+"), word.parts[1:]
        if not name.isidentifier():
            return
        if self.local:
            shell.declare_local(name)
        array = next((part for part in rest if isinstance(part, ArrayLiteral)), None)
        if array is not None:
            if self.keyed:
                shell.assign_array(name, Array(keyed=True))
            shell.assign_array(name, filled(shell, name, array, call.world, call.process, append=False))
            return
        value = expand_text(scope, type(word)(rest, word.span))
        self.give(name, value if isinstance(value, Unknown) else prefix + value)


def _declare(call: Call, export: bool, local: bool) -> None:
    shell = call.shell
    options = (word for word in call.arguments if isinstance(word, str) and word[:1] == "-")
    integer = shell.row.name == "bash" and any("i" in word for word in options)
    attributes = _Attributes(call, export, local, integer)
    for word in call.arguments:
        if isinstance(word, str) and word[:1] == "-":
            attributes = attributes.with_options(word)
        elif isinstance(word, str):
            attributes.give_known(word)
    for source in () if attributes.renames else call.node.words[1:]:
        if source.literal is None:
            attributes.give_partly_known(source)
    shell.set_status(0)


def _rename(call: Call, name: str, target: str) -> None:
    """`declare -n name=target`: from then on either may stand for the other, which is not followed."""
    shell, reason = call.shell, f"what `{call.node.span.text}` makes of ${name}"
    shell.renamed = shell.renamed or f"`{call.node.span.text}`"
    for each in filter(str.isidentifier, (name, target)):
        shell.assign(each, Unknown(reason, call.node.span))


def do_export(call: Call) -> None:
    """Set and export, or with -n export no longer."""
    if call.arguments[:1] == ("-n",):
        if call.shell.row.name == "dash":
            call.shell.leave(2)
        else:
            call.shell.exported -= {word for word in call.arguments[1:] if isinstance(word, str)}
            call.shell.set_status(0)
        return
    if not _sets_constant(call):
        _declare(call, True, False)
        _misnamed(call)


_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*(\[.*\])?\+?")


def _misnamed(call: Call) -> None:
    """What is no name cannot be set: all but bash and yash end there (trap.*.export-dash)."""
    shell = call.shell
    words = [word for word in call.arguments if isinstance(word, str) and word]
    functions = any(word[0] == "-" and "f" in word for word in words)  # those of bash go by any name
    names = (word.partition("=")[0] for word in words if word[0] != "-")
    if functions and shell.row.name == "bash":
        named = [word for word in words if word[0] != "-"]
        shell.set_status(int(any(name not in shell.functions for name in named) and not shell.opened))
    if functions or all(_NAME.fullmatch(name) for name in names):
        return
    if shell.row.name == "bash":
        shell.set_status(1)
    elif shell.row.name not in {"yash", "posh"}:
        shell.leave(2 if shell.row.almquist else 1)


def _sets_constant(call: Call) -> bool:
    """Whether one of the words would set what is set for good: an error."""
    shell = call.shell
    names = (word.partition("=")[0] for word in call.arguments if isinstance(word, str) and "=" in word)
    if shell.constants.isdisjoint(names):
        return False
    if shell.row.name == "bash" and shell.errexit:
        shell.leave(1)  # also where it is looked at
    else:
        shell.refuse(2 if shell.row.almquist else 1)
    return True


def do_readonly(call: Call) -> None:
    """Set for good: a second time is an error."""
    if not _sets_constant(call):
        _keep(call)
        _declare(call, False, False)
        _misnamed(call)


def _keep(call: Call) -> None:
    """Nothing sets these any more."""
    names = {word.partition("=")[0] for word in call.arguments if isinstance(word, str)}
    names |= {getattr(word.parts[0], "text", "").partition("=")[0] for word in call.node.words[1:] if word.parts}
    call.shell.constants |= {name for name in names if name.isidentifier()}


def do_local(call: Call) -> None:
    """Set in the function only; elsewhere it is an error."""
    shell = call.shell
    if (
        shell.row.name in {"dash", "bash", "busybox"}
        and not shell.origin.called
        and not any(isinstance(frame, CallEnd) for frame in shell.frames)
    ):
        shell.leave(2) if shell.row.almquist else shell.set_status(1)
    elif shell.row.almquist and any(isinstance(word, str) and _is_misnamed(word) for word in call.arguments):
        shell.leave(2)  # no options: "bad variable name"
    else:
        do_declare(call)


def _is_misnamed(word: str) -> bool:
    """Whether `local` of dash and busybox cannot set it; `-` alone stands for the shell's options."""
    name = word.partition("=")[0]
    return word != "-" and not name.isidentifier()


def do_declare(call: Call) -> None:
    """Set in the function only, where it is in one."""
    shell, words = call.shell, [word for word in call.arguments if isinstance(word, str)]
    if shell.row.name == "bash" and (asked := _asks_for(words)) and len(words) == len(call.arguments):
        shell.set_status(int(any(not _is_declared(call, name, asked) for name in words[1:])))
        return
    known = shell.row.almquist or shell.row.name == "bash"
    if known and any(
        word.partition("=")[0] in shell.constants and (shell.row.name != "dash" or "=" in word) for word in words
    ):
        shell.leave(2) if shell.row.almquist else shell.set_status(1)
        return
    if any(word[:1] == "-" and "r" in word for word in words) and not any(isinstance(f, CallEnd) for f in shell.frames):
        _keep(call)
    _declare(call, False, True)


def _asks_for(words: list[str]) -> str:
    """What `declare -p NAME…` and `declare -f NAME…` look for: "p" or "f"; "" where it declares."""
    plain = all(name.isidentifier() for name in words[1:])
    letters = words[0] if len(words) > 1 and plain else ""
    return "f" if letters in {"-f", "-F"} else "p" if letters == "-p" else ""


def _is_declared(call: Call, name: str, asked: str) -> bool:
    shell = call.shell
    if asked == "f":
        return name in shell.functions
    known = shell.scope(call.world, call.process).variable(name) is not None
    return known or name in shell.arrays or name in shell.constants


do_typeset = do_declare
