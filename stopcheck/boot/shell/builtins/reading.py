"""The builtins that read: `read` a line, `mapfile` all of them."""

from __future__ import annotations

from itertools import pairwise

from stopcheck.boot.files.written import makes_fifo
from stopcheck.boot.shell import waiting
from stopcheck.boot.shell.arithmetic import UnsetError
from stopcheck.boot.shell.arrays import Array
from stopcheck.boot.shell.frames import OPENS, READS, Evaluate, Reading, Redirected, Standing
from stopcheck.boot.shell.words import expand_text, separators
from stopcheck.boot.signals import signal_number
from stopcheck.boot.world import SHORT, TooComplex
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.records import dataclass, replace
from stopcheck.syntax.shell.tree import ProcessSubstitution

if TYPE_CHECKING:
    from stopcheck.boot.shell.call import Call
    from stopcheck.boot.world import Field


def _reads_all(call: Call) -> bool:
    """`read -d '' TEXT <<END`: it reads to the end, where it does not find what it is to stop at."""
    heredoc = any(each.heredoc is not None or each.operator == "<<<" for each in call.node.redirections)
    pairs = pairwise(call.arguments)
    return heredoc and any(word in {"-d", "-rd"} and after == "" for word, after in pairs)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What `read` is told to read into, and how."""

    letters: frozenset[str]
    """Those of its options."""
    array: tuple[str, ...]
    """What `read -a` fills."""
    names: tuple[str, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """All that it sets."""
        return (*self.names, *self.array)


def do_read(call: Call) -> None:
    """A line from a pipe or a file, as far as it is known; nobody answers where standard input is empty."""
    shell, world = call.shell, call.world
    wanted = _wanted(call)
    if shell.row.name == "dash" and (not call.arguments or wanted.letters - {"r", "p"}):
        shell.set_status(2)
        return
    if shell.keeps(*wanted.variables) or _opens_fifo(call):
        return
    if call.late and call.stdin and not world.pipes.get(call.stdin):
        _read_nothing(call, wanted, 128 + signal_number("ALRM"))
        return
    source = _source(call, wanted)
    if source is not None:
        _read(call, wanted, *source)


def _opens_fifo(call: Call) -> bool:
    """Whether it is held up by a FIFO that it is redirected from: nobody has it open, or nobody but its own shell."""
    shell, world, process = call.shell, call.world, call.process
    redirections = call.node.redirections if call.stdin is None else ()
    if redirections and _reads_fifo(call):
        path = expand_text(shell.scope(world, process), redirections[0].target)
        pipe = world.fifo(str(path)) if redirections[0].operator == "<" else 0
        if not pipe:
            _stand(call)
            return True
        if not world.is_open(pipe):
            shell.push(Evaluate(call.node, None))
            shell.blocked = Standing(OPENS, call.node.span, pipe, retries=True)
            return True
    inlet = process.inlets.get(_descriptor(call)) if call.stdin is None else None
    if inlet is not None and world.held.get(inlet) == process.pid:
        _stand(call)
        return True
    return False


def _source(call: Call, wanted: _Wanted) -> tuple[int, bool] | None:
    """The pipe or file that it reads from, and whether it is told which; None where that has settled what it does."""
    shell, process = call.shell, call.process
    if call.stdin is not None:
        return call.stdin, True
    stdin, inlet = process.stdin, process.inlets.get(_descriptor(call))
    redirections = call.node.redirections
    if redirections and inlet is None:
        from stopcheck.boot.shell.redirections import redirect

        before = Redirected.of(process)
        try:
            redirect(shell, redirections, call.world, process)
        except UnsetError as fault:
            if not fault.in_heredoc or not shell.row.almquist:
                raise
            shell.set_status(shell.row.open_error)
            return None
        stdin, inlet = process.stdin, process.inlets.get(_descriptor(call))
        before.restore(process)
    elsewhere = any(isinstance(word, str) and word.startswith("-u") for word in call.arguments)
    if inlet is None and (elsewhere or any(each.operator == "<&" for each in redirections)):
        if process.pid in call.world.held.values():
            raise TooComplex("how long it reads what its coprocess prints")
        _read_unknown(call, wanted)
        return None
    return stdin if inlet is None else inlet, bool(redirections) or inlet is not None


def _read(call: Call, wanted: _Wanted, stdin: int, named: bool) -> None:
    """Reads from there, or waits until somebody writes."""
    shell, world = call.shell, call.world
    limit = _limit(call)
    if limit != 0 and limit is not None and stdin not in world.regular:
        shell.has_exit_trap = shell.has_exit_trap or shell.row.name == "bash"  # it minds signals from then on
    lines = world.pipes.get(stdin, ())
    writers = [pid for pid in world.holders(stdin) if pid != call.process.pid] if stdin else []
    files = any(each.operator in {"<", "<&", "<>"} for each in call.node.redirections)
    if lines and isinstance(lines[0], Unknown) and files:
        _read_unknown(call, wanted)
    elif lines and _reads_all(call):
        world.pipes[stdin] = ()
        told = all(isinstance(line, str) for line in lines)
        for name in wanted.names:
            shell.assign(name, "\n".join(map(str, lines)) if told and len(wanted.names) == 1 else Unknown(f"${name}"))
        shell.set_status(1)  # a heredoc has no NUL
    elif lines and not (writers and waiting.is_short(world, stdin)):
        short = waiting.is_short(world, stdin)
        world.pipes[stdin] = lines[1:]
        _read_line(call, wanted, lines[0])
        if short:
            shell.set_status(1)  # it has read to the end, and found no newline
    elif writers:
        _await(call, wanted, Reading(tuple(writers), call.node, stdin, call.words), named, bool(lines))
    else:
        _read_nothing(call, wanted, 1)


def _await(call: Call, wanted: _Wanted, reading: Reading, named: bool, more: bool) -> None:
    """Waits until one of them writes a line, or for as long as `-t` says; `more`: a part of one is there already."""
    shell, limit = call.shell, _limit(call)
    if limit is None or (not isinstance(limit, Unknown) and limit >= SHORT):
        shell.blocked = reading if named else Reading(reading.pids, call.node)
    elif isinstance(limit, Unknown) or limit == 0 or more:
        _read_unknown(call, wanted)
    elif shell.row.name != "bash":
        raise TooComplex(f"what `read -t` of {shell.row.name} gives when its time is over")
    else:
        shell.blocked = replace(reading, until=call.world.clock + limit)


def _reads_fifo(call: Call) -> bool:
    """Whether a `read` is redirected from a FIFO that this script has made, or holds open for both ends."""
    redirection = call.node.redirections[0]
    target = redirection.target
    text = target.literal or target.span.text
    script = call.node.span.source.text
    if redirection.operator == "<&":
        name = text.strip('"').lstrip("$").strip("{}")
        return f"{name}<>" in script or f"{{{name}}}<>" in script
    made = any(isinstance(part, ProcessSubstitution) for part in target.parts)
    return makes_fifo(script, text) or (redirection.operator == "<>" and made)


def _read_nothing(call: Call, wanted: _Wanted, status: int) -> None:
    for name in wanted.names:
        call.shell.assign(name, "")
    for name in wanted.array:
        call.shell.assign_array(name, Array())
    call.shell.set_status(status)


_VALUED = {"bash": "adintNpu"}
"""The letters of the options of `read` that take a value; -p does in all shells, and -t in all that have it."""


def _wanted(call: Call) -> _Wanted:
    valued = _VALUED.get(call.shell.row.name, "ptnNdu")
    letters: set[str] = set()
    array: tuple[str, ...] = ()
    words = list(call.arguments)
    while words and isinstance(words[0], str) and words[0][:1] == "-" and words[0] != "-":
        word = str(words.pop(0))
        if word == "--":
            break
        at = next((at for at, letter in enumerate(word) if at and letter in valued), 0)
        letters |= set(word[1 : at + 1] if at else word[1:])
        value = word[at + 1 :] or (words.pop(0) if words else "") if at else ""
        if at and word[at] == "a" and isinstance(value, str):
            array = (value,)
    names = tuple(word for word in words if isinstance(word, str) and word.isidentifier())
    return _Wanted(frozenset(letters), array, names)


def _descriptor(call: Call) -> str:
    """The number that `read -u 3`, or `read <&3`, reads from; "" for its standard input."""
    for at, word in enumerate(call.arguments, 1):
        if isinstance(word, str) and word.startswith("-") and "u" in word:
            number = word.partition("u")[2] or (call.words[at + 1] if at + 1 < len(call.words) else "")
            return number if isinstance(number, str) else ""
    last = call.node.redirections[-1] if call.node.redirections else None
    if last is None or last.operator != "<&" or last.descriptor not in {None, "0"}:
        return ""
    number = expand_text(call.shell.scope(call.world, call.process), last.target)
    return number if isinstance(number, str) else ""


def _stand(call: Call) -> None:
    """It reads what nobody but its own shell could write: for ever, or as long as `-t` gives it."""
    shell, limit = call.shell, _limit(call)
    if limit != 0 and limit is not None:
        shell.has_exit_trap = shell.has_exit_trap or shell.row.name == "bash"  # it minds signals from then on
    if limit is None or isinstance(limit, Unknown) or limit >= SHORT:
        shell.blocked = Standing(READS, call.node.span)
        return
    until = call.world.clock + limit
    shell.blocked = Reading((call.process.pid,), call.node, call.world.new_pipe(), call.words, until=until)


def _limit(call: Call) -> float | Unknown | None:
    """How long `read` is told to wait, in seconds; None where it is told nothing."""
    for at, word in enumerate(call.arguments, 1):
        if isinstance(word, str) and word.startswith("-") and "t" in word:
            told = word.partition("t")[2] or (call.words[at + 1] if at + 1 < len(call.words) else "0")
            if isinstance(told, Unknown):
                return told
            return float(told) if told.replace(".", "", 1).isdigit() else 0.0
    return None


def _read_unknown(call: Call, wanted: _Wanted) -> None:
    for name in wanted.variables:
        call.shell.assign(name, Unknown(f"what is read into ${name}", call.node.span))
    call.shell.set_status(Unknown("the end of the input", call.node.span))


def _read_line(call: Call, wanted: _Wanted, line: Field) -> None:
    """Of several names each gets a word, the last one the rest; of an array each element does."""
    own = next((assignment.value for assignment in call.node.assignments if assignment.name == "IFS"), None)
    split = separators(call.shell.scope()) if own is None else own.literal
    raw = isinstance(line, str) and ("r" in wanted.letters or "\\" not in line)
    if isinstance(line, Unknown) or not raw or wanted.letters - set("raepstu") or split is None:
        if isinstance(line, Unknown):
            call.world.write(call.process, line)  # what follows may be done for no line, or for many
        reason = line if isinstance(line, Unknown) else Unknown("a line that was read", call.node.span)
        for name in wanted.variables:
            call.shell.assign(name, Unknown(f"what is read into ${name}: {reason.reason}", call.node.span))
    elif wanted.array:
        call.shell.assign_array(wanted.array[0], Array().extended(_split(line, split, len(line) + 1)))
    else:
        words = _split(line, split, len(wanted.names)) if wanted.names else [line]
        for index, name in enumerate(wanted.names):
            call.shell.assign(name, words[index] if index < len(words) else "")
    call.shell.set_status(0)


def _split(line: str, separators: str, most: int) -> list[str]:
    """The words of a line, at most so many: the last one is the rest (XCU 2.6.5)."""
    blank = "".join(set(separators) & set(" \t\n"))
    words: list[str] = []
    rest = line.lstrip(blank) if blank else line
    while len(words) < most - 1 and rest:
        end = next((at for at, char in enumerate(rest) if char in separators), len(rest))
        word, rest = rest[:end], rest[end:]
        words.append(word)
        rest = rest.lstrip(blank) if blank else rest
        if rest[:1] and rest[0] in separators:
            rest = rest[1:].lstrip(blank) if blank else rest[1:]
    rest = rest.rstrip(blank) if blank else rest
    if rest[-1:] and rest[-1] in separators and not set(rest[:-1]) & set(separators):
        rest = rest[:-1]  # one that ends the last word is none of it
    return [*words, rest] if rest else words


def do_mapfile(call: Call) -> None:
    """All lines into an array, each with its newline but for -t."""
    shell, world, process = call.shell, call.world, call.process
    options = [word for word in call.arguments if isinstance(word, str) and word.startswith("-")]
    names = [word for word in call.arguments if isinstance(word, str) and word.isidentifier()] or ["MAPFILE"]
    if shell.keeps(*names):
        return
    stdin = process.stdin if call.stdin is None else call.stdin
    writers = tuple(pid for pid in world.holders(stdin) if pid != process.pid) if stdin else ()
    if writers and len(names) == 1 and set(options) <= {"-t"}:
        shell.blocked = Reading(writers, call.node, stdin, call.words, whole=True)
        return
    lines = world.pipes.pop(stdin, ()) if stdin not in world.sinks else (Unknown("what a file holds"),)
    known = [line for line in lines if isinstance(line, str)]
    if len(known) == len(lines) and len(names) == 1 and set(options) <= {"-t"}:
        ends = "" if options else "\n"
        short = ends and stdin in world.partial
        values = [line + ends for line in known[: -1 if short else None]] + (known[-1:] if short else [])
        shell.assign_array(names[0], Array().extended(values))
        shell.set_status(0)
        return
    for name in names:
        shell.assign(name, Unknown(f"what is read into ${name}", call.node.span))
    shell.set_status(Unknown("the end of the input", call.node.span))


do_readarray = do_mapfile
