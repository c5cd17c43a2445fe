"""What `name=value` sets: by itself, before a command, and with which status."""

from __future__ import annotations

from stopcheck.boot.lookup import find_file
from stopcheck.boot.shell import constructs
from stopcheck.boot.shell.arrays import Array
from stopcheck.boot.shell.environment import asks_for_unset, status_for_unset
from stopcheck.boot.shell.parameters import value_of
from stopcheck.boot.shell.subscript import key_of
from stopcheck.boot.shell.words import expand_text
from stopcheck.boot.world import TooComplex
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.builtins import SPECIAL
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.syntax.shell.tree import ArrayLiteral, CommandSubstitution, SimpleCommand

if TYPE_CHECKING:
    from stopcheck.boot.shell.call import Call
    from stopcheck.boot.shell.scope import Scope
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.syntax.shell.tree import Assignment, Word


def assigned(call: Call) -> dict[str, Field]:
    """What the assignments before a command set, each with those before it set already."""
    values: dict[str, Field] = {}
    scope = call.shell.scope(call.world, call.process)
    scope = replace(scope, variable=lambda name, known=scope.variable: values[name] if name in values else known(name))
    for assignment in call.node.assignments:
        values[assignment.name] = expand_text(scope, assignment.value)
    return values


def assign_before(call: Call, name: str) -> None:
    """Assignments before a builtin: before a special one they stay, in a POSIX shell (XCU 2.9.1)."""
    shell, node = call.shell, call.node
    bash = shell.row.name == "bash" and not shell.strict
    if name in {"eval", ".", "source", "command"} and (bash or not call.special):
        shell.assign_for_now(assigned(call))
    elif (shell.strict and name in SPECIAL) or (name == "exec" and call.arguments):
        assign_all(shell, node.assignments, call.world, call.process)
        if shell.row.name == "bash":
            shell.exported |= {each.name for each in node.assignments}
    elif name in {"export", "readonly"}:
        meant = tuple(each for each in node.assignments if not bash or each.name in call.arguments)
        assign_all(shell, meant, call.world, call.process)
    elif name in {"eval", ".", "source"}:
        assign_all(shell, node.assignments, call.world, call.process)


def refuses_constant(shell: Shell, words: tuple[Field, ...], process: Process) -> bool:
    """What comes of an assignment to a constant; False where the command before which it stands runs all the same."""
    if shell.row.almquist:
        shell.leave(2)
    elif shell.row.constant_error and not (words and shell.row.name == "ksh93"):
        shell.leave(shell.row.constant_error)
    elif shell.row.name != "bash":
        return False
    elif not shell.ending and (shell.errexit or (shell.strict and (not words or words[0] in SPECIAL))):
        shell.leave(shell.fault())  # also where it is looked at
    elif not words or shell.strict:
        shell.discard(process)
    else:
        return False
    return True


def assign_all(
    shell: Shell, assignments: tuple[Assignment, ...], world: World, process: Process, words: tuple[Word, ...] = ()
) -> None:
    """Set each in turn; the status is that of the last `$( … )` among them, or in the `words`, which became nothing."""
    status: int | Unknown = 0
    for word in words:
        status = _status_in(shell, word, None, status, world, process)
    for assignment in assignments:
        scope = shell.scope(world, process)
        part = assignment.value.parts[0] if len(assignment.value.parts) == 1 else None
        if isinstance(part, ArrayLiteral):
            array = filled(shell, assignment.name, part, world, process, append=assignment.append)
            shell.assign_array(assignment.name, array)
            continue
        value = expand_text(scope, assignment.value)
        if assignment.index is not None:
            _assign_element(shell, assignment, assignment.index, value, scope)
            continue
        if assignment.append:
            value = appended(shell, assignment.name, value)
        shell.assign(assignment.name, value)
        status = _status_in(shell, assignment.value, value, status, world, process)
    shell.set_status(status, True)


def _status_in(
    shell: Shell, word: Word, value: Field | None, status: int | Unknown, world: World, process: Process
) -> int | Unknown:
    """The status of the last `$( … )` in a word that has become `value`, else `status`."""
    for each in word.parts:
        if isinstance(each, CommandSubstitution):
            answer = shell.answer(each)
            alone = value if len(word.parts) == 1 else None
            status = _status_of(each, shell, world, process, alone) if answer is None else answer.status
    return status


def appended(shell: Shell, name: str, value: Field) -> Field:
    """What `name+=value` sets."""
    before = value_of(shell, name) or ""
    if isinstance(before, Unknown) or isinstance(value, Unknown):
        return before if isinstance(before, Unknown) else value
    return f"{before or 0}+({value})" if name in shell.integers else before + value


_PLAIN_STATUS = {"false": 1, "true": 0, ":": 0, "echo": 0, "printf": 0, "pwd": 0}


def _status_of(
    part: CommandSubstitution, shell: Shell, world: World, process: Process, output: Field | None
) -> int | Unknown:
    """The status of a command substitution, where it is one command whose status everyone knows.

    `output`: what it prints, where that is all there is to a value.
    """
    unknown = Unknown("the status of a command substitution", part.span)
    items = part.body.items
    if len(items) != 1 or items[0].background or items[0].command.rest:
        return unknown
    pipeline = items[0].command.first
    command = pipeline.commands[-1]
    if not pipeline.negated and asks_for_unset(shell, part.body, world, process):
        return status_for_unset(shell, part.body)
    if (
        pipeline.negated
        or ("pipefail" in shell.options and len(pipeline.commands) > 1)
        or not isinstance(command, SimpleCommand)
        or not command.words
    ):
        return unknown
    name = command.words[0].literal
    if name == "cat" and len(command.words) == 1 and "0" in process.closed and not command.redirections:
        if not shell.row.almquist:
            raise TooComplex("how long `$(cat)` reads where standard input is closed")  # bash: from its own pipe
        return 1
    if name in {"pgrep", "pidof"} and isinstance(output, str) and name not in shell.functions:
        there = find_file(shell.machine.image, name, process.cwd, {"PATH": shell.variables.get("PATH", "")})
        return 127 if there is None else int(output == "")
    return _PLAIN_STATUS.get(name, unknown) if name is not None else unknown


def filled(
    shell: Shell, name: str, literal: ArrayLiteral, world: World, process: Process, *, append: bool
) -> Array | Unknown:
    """What `name=(…)` makes of it, element by element: `word`, `[key]=word`."""
    scope, before = shell.scope(world, process), _array(shell, name)
    if before is None:
        return Unknown(f"what is in ${name}", literal.span)
    array = before if append else Array(keyed=before.keyed)
    for element in literal.elements:
        if element.span.text[:1] == "[" and "]=" in element.span.text:
            key, equals, value = str(expand_text(scope, element))[1:].partition("]=")
            meant = key_of(scope, array, key)
            if isinstance(expand_text(scope, element), Unknown) or not equals or isinstance(meant, Unknown):
                return Unknown(f"what is in ${name}", literal.span)
            array = array.put(meant, value)
        elif array.keyed:
            return Unknown(f"what is in ${name}", literal.span)
        else:
            array = array.extended(constructs.listed(shell, (element,), world, process))
    return array


def _array(shell: Shell, name: str) -> Array | None:
    """An array as it is: a variable is one of a single element; None: it is not known."""
    value = shell.variables.get(name)
    if isinstance(value, Unknown):
        return None
    return shell.arrays.get(name) or Array(() if value is None else (("0", value),))


def _assign_element(shell: Shell, assignment: Assignment, index: str, value: Field, scope: Scope) -> None:
    array = _array(shell, assignment.name)
    key = None if array is None else key_of(scope, array, index)
    if array is None or not isinstance(key, str):
        shell.assign_array(assignment.name, Unknown(f"the array {assignment.name}", assignment.span))
        return
    before = (array.get(key) or "") if assignment.append else ""
    unknown = next((each for each in (before, value) if isinstance(each, Unknown)), None)
    shell.assign_array(assignment.name, array.put(key, unknown or f"{before}{value}"))
