"""`test`, `[ … ]` and `[[ … ]]`: true, false, or not known."""

from __future__ import annotations

import posixpath
import re

from stopcheck.boot.files.made import MAY_WRITE
from stopcheck.boot.files.pid_files import is_there
from stopcheck.boot.files.written import made_executable
from stopcheck.boot.partly import Partly
from stopcheck.boot.shell.arithmetic import evaluate
from stopcheck.boot.shell.frames import LoopBody, LoopTest
from stopcheck.boot.shell.quiet import gives_up
from stopcheck.boot.shell.subscript import key_of
from stopcheck.boot.shell.words import expand_expression, expand_pattern, expand_text, fits, same
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.model import Unknown, numeral
from stopcheck.syntax.shell.tree import TestBinary, TestLogical, TestNot, TestUnary, While

if TYPE_CHECKING:
    from stopcheck.boot.machine import Machine
    from stopcheck.boot.shell.scope import Scope
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.syntax.shell.tree import TestExpression

_NUMERIC = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"}
_FOLDERS = {"/", "/app", "/bin", "/dev", "/etc", "/home", "/lib", "/opt", "/proc", "/root", "/run", "/sbin", "/sys",
            "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/share", "/var", "/var/lib",
            "/var/log", "/var/run"}  # fmt: skip
_ALWAYS = {"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/zero", "/etc/passwd", "/etc/group", "/etc/hosts"}

Truth = bool | Unknown
MALFORMED = Unknown("a test that is none")
"""What `test` gives 2 for, and says so: `[ -gt 1 ]`, `[ "" -gt 1 ]`, `[ a b = c ]`."""


def test_arguments(
    machine: Machine, world: World, cwd: str, arguments: tuple[Field, ...], refused: frozenset[str]
) -> Truth:
    """The builtin `test` by the number of its arguments (POSIX), with -a, -o, ! and parentheses.

    `refused` are operators that the shell does not know.
    """
    parser = _Parser(machine, world, cwd, arguments, refused)
    value = parser.either()
    if parser.malformed:
        return MALFORMED
    if parser.at == len(arguments):
        return value
    told = all(isinstance(word, str) and word not in {"(", ")"} for word in arguments)
    return MALFORMED if told else Unknown("a test that could not be read")


test_arguments.__test__ = False  # type: ignore[attr-defined]


class _Parser:
    def __init__(
        self, machine: Machine, world: World, cwd: str, words: tuple[Field, ...], refused: frozenset[str]
    ) -> None:
        self.machine, self.world, self.cwd, self.words, self.at = machine, world, cwd, words, 0
        self.refused, self.malformed = refused, False

    def _peek(self, ahead: int = 0) -> Field | None:
        index = self.at + ahead
        return self.words[index] if index < len(self.words) else None

    def either(self) -> Truth:
        value = self.both()
        while self._peek() == "-o":
            self.at += 1
            value = _or(value, self.both())
        return value

    def both(self) -> Truth:
        value = self.one()
        while self._peek() == "-a":
            self.at += 1
            value = _and(value, self.one())
        return value

    def one(self) -> Truth:
        left = len(self.words) - self.at
        first, second = self._peek(), self._peek(1)
        if left == 0:
            return False
        if left >= 3 and isinstance(second, str) and _is_binary(second):
            third = self._peek(2)
            self.at += 3
            self.malformed = self.malformed or second in self.refused
            assert first is not None
            assert third is not None
            return binary(second, first, third, pattern=False)
        if first == "!" and left > 1:
            self.at += 1
            return _not(self.one())
        if first == "(" and left > 2:
            self.at += 1
            value = self.either()
            self.at += 1
            return value
        if isinstance(first, str) and len(first) == 2 and first[0] == "-" and left > 1:
            assert second is not None
            self.at += 2
            return unary(self.machine, self.world, self.cwd, first, second)
        self.at += 1
        assert first is not None
        return unary(self.machine, self.world, self.cwd, "-n", first)


def _is_set(scope: Scope, name: str) -> Truth:
    """`[[ -v name ]]`, `[[ -v name[key] ]]`: of an array its first element counts, where it tells no other."""
    array, bracket, key = name.partition("[")
    several = scope.array(array)
    if several is None or not bracket:
        value = scope.variable(array)
        return value if bracket and isinstance(value, Unknown) else value is not None and not (bracket and key != "0]")
    if key in {"@]", "*]"}:
        return bool(several.items)
    meant = key_of(scope, several, key.removesuffix("]"))
    doubts = isinstance(meant, Unknown) or any(isinstance(value, Unknown) for value in several.values())
    return Unknown(f"whether {name} is set") if doubts else several.get(str(meant)) is not None


def conditional(machine: Machine, world: World, cwd: str, scope: Scope, expression: TestExpression) -> Truth:
    """`[[ … ]]`."""
    match expression:
        case TestNot():
            return _not(conditional(machine, world, cwd, scope, expression.operand))
        case TestLogical():
            left = conditional(machine, world, cwd, scope, expression.left)
            if left is (expression.operator == "||"):
                return left
            right = conditional(machine, world, cwd, scope, expression.right)
            return _and(left, right) if expression.operator == "&&" else _or(left, right)
        case TestUnary():
            if expression.operator == "-v":
                name = expand_text(scope, expression.operand)
                return name if isinstance(name, Unknown) else _is_set(scope, name)
            return unary(machine, world, cwd, expression.operator, expand_text(scope, expression.operand))
        case TestBinary():
            left_value = expand_text(scope, expression.left)
            if expression.operator in {"=", "==", "!="}:
                pattern = expand_pattern(scope, expression.right)
                return binary(expression.operator, left_value, pattern, pattern=True)
            if expression.operator == "=~":
                quoting = expand_text if scope.plain == "busybox" else expand_expression
                return _finds(scope, left_value, quoting(scope, expression.right))
            right_value = expand_text(scope, expression.right)
            if expression.operator in _NUMERIC:
                left_value, right_value = (
                    value if isinstance(value, Unknown) else evaluate(scope, value)
                    for value in (left_value, right_value)
                )
            return binary(expression.operator, left_value, right_value, pattern=True)


def _finds(scope: Scope, text: Field, pattern: Field) -> Truth:
    """`[[ … =~ … ]]`, which leaves in BASH_REMATCH what it has found."""
    scope.keep_match(_groups(text, pattern))
    return binary("=~", text, pattern, pattern=True)


def _groups(text: Field, pattern: Field) -> tuple[str, ...] | None:
    """What is found and each group of it; None: not known. Of several that fit POSIX takes the longest, Python one."""
    if isinstance(text, Unknown) or isinstance(pattern, Unknown) or "|" in pattern:
        return None
    from stopcheck.boot.shell.extended_regex import compiled

    expression = compiled(pattern)
    if expression is None:
        return None
    match = expression.search(text)
    return (match[0], *(group or "" for group in match.groups())) if match else ()


def _is_binary(word: str) -> bool:
    return word in {"=", "==", "!=", "<", ">", "=~", "-nt", "-ot", "-ef"} or word in _NUMERIC


def binary(operator: str, left: Field, right: Field, pattern: bool) -> Truth:
    """A comparison of two words."""
    if operator in {"=", "==", "!="}:
        alike = fits(left, right) if pattern else same(left, right)
        return alike if operator != "!=" else _not(alike)
    if isinstance(left, Unknown):
        return left
    if isinstance(right, Unknown):
        return right
    if operator in _NUMERIC:
        a, b = numeral(left.strip(), signed=True), numeral(right.strip(), signed=True)
        if a is None or b is None:
            return False if pattern else MALFORMED
        return {"-eq": a == b, "-ne": a != b, "-lt": a < b, "-le": a <= b, "-gt": a > b, "-ge": a >= b}[operator]
    if operator == "=~":
        from stopcheck.boot.shell.extended_regex import compiled

        expression = compiled(right)
        if expression is None:
            return Unknown(f"whether {left!r} matches {right!r}")
        return expression.search(left) is not None
    if operator in {"<", ">"}:
        return left < right if operator == "<" else left > right
    return Unknown(f"which file is {'newer' if operator == '-nt' else 'older'}")


def unary(machine: Machine, world: World, cwd: str, operator: str, operand: Field) -> Truth:
    """A test of one word."""
    if isinstance(operand, Unknown):
        filled = isinstance(operand, Partly) and (operand.start or operand.end)
        return operator == "-n" if filled and operator in {"-n", "-z"} else operand
    if operator in {"-n", "-z"}:
        return (operand != "") == (operator == "-n")
    if operator == "-t":
        return False
    if operator in {"-e", "-f", "-d", "-r", "-w", "-x", "-s", "-L", "-h", "-p", "-S", "-b", "-c"}:
        if operand == "":
            return False
        path = clean(posixpath.join(cwd, operand))
        if path in {"/", "/dev", "/proc", "/sys"} and operator in {"-d", "-e", "-r", "-x"}:
            return True
        shown = _of_process(world, path) if operator in {"-e", "-r", "-d", "-f"} else None
        if shown is not None:
            return shown and (operator not in {"-d", "-f"} or (path.count("/") == 2) == (operator == "-d"))
        if operator == "-x" and made_executable(world, path) and _file(machine, path, "-f") is True:
            return True
        written = world.files.get(path)
        if written == "" and operator == "-s" and any(map(_may_write, world.processes.values())):
            return Unknown(f"whether anything was written to {path}")
        if written is not None:
            return _written(written, operator)
        there = is_there(world, path) if operator in {"-e", "-f", "-r", "-s"} else None
        if there is not None:
            return there
        if not world.stopping and _is_left_to_a_trap(world, path):
            return False
        if world.clock and _in_a_loop(world) and machine.image.files.lookup(path) is None:
            # Who else has the volume may write it while the script waits: `until [ -f /shared/ready ]; do sleep 1; …`.
            return Unknown(f"whether {path} is there by then")
        return _file(machine, path, operator)
    return Unknown(f"`{operator}`")


def _is_left_to_a_trap(world: World, path: str) -> bool:
    """Whether a trap makes this file, for a loop to see: `trap 'touch /tmp/stop' TERM`."""
    makes = re.compile(rf"(?:\btouch\s+|>\s*)[\"']?{re.escape(path)}(?![\w./-])")
    for process in world.processes.values():
        functions = getattr(process.body, "functions", {})
        for trap in getattr(process.body, "traps", {}).values():
            function = functions.get(trap.text.strip()) if isinstance(trap.text, str) else None
            text = trap.text if function is None else function.body.span.text
            if isinstance(text, str) and makes.search(text):
                return True
    return False


def _written(text: Field, operator: str) -> Truth:
    """A test of a file that a script has written since."""
    if operator == "-s":
        return text if isinstance(text, Unknown) else text != ""
    if operator == "-x":
        return Unknown("the mode of a file that is written as the container starts")
    return operator in {"-e", "-f", "-r", "-w"}


def _may_write(process: Process) -> bool:
    """Whether a program stands that may write into a file which a script has made for it, and whose name it knows."""
    row = getattr(process.body, "row", None)
    return process.alive and getattr(row, "role", "") in MAY_WRITE


def _in_a_loop(world: World) -> bool:
    """Whether the shell that asks does so in a `while` or `until`, whose condition does not give up by itself."""
    frames = getattr(world.processes[world.moving].body, "frames", ())
    loops = [frame.node for frame in frames if isinstance(frame, (LoopTest, LoopBody))]
    return bool(loops) and not any(isinstance(loop, While) and gives_up(loop) for loop in loops)


def _of_process(world: World, path: str) -> bool | None:
    """Whether the kernel shows a process there: as long as its number names it; None where that is not the question."""
    if path.startswith("/proc/") and " " in path:
        return False  # several numbers are none
    found = re.fullmatch(r"/proc/(\d{1,7})(?:/(?:cmdline|comm|environ|maps|stat|status|task))?", path)
    process = world.processes.get(int(found[1])) if found else None
    return None if process is None else process.alive or not (process.collected or _has_gone(world, process))


def _has_gone(world: World, process: Process) -> bool:
    """Whether its parent has asked how it ended: an init does at once, for its orphans, and bash (jobs.c)."""
    row = getattr(world.init.body, "row", None)
    if process.adopted:
        return getattr(row, "role", "") == "init"
    parent = getattr(world.processes[process.ppid].body, "row", None)
    return getattr(parent, "name", "") == "bash" and process.ended_at < world.clock


def _file(machine: Machine, path: str, operator: str) -> Truth:
    if operator == "-d" and (path in _FOLDERS or path == cwd_of(machine)):
        return True
    if operator in {"-e", "-r", "-w", "-c"} and path in _ALWAYS:
        return True
    if operator in {"-d", "-f", "-e"}:
        kind = machine.image.files.kind(path)
        if isinstance(kind, str):
            return operator == "-e" or kind == ("folder" if operator == "-d" else "file")
    file = machine.image.files.lookup(path)
    if isinstance(file, Unknown):
        return Unknown(f"whether {path} exists")
    if file is None:
        return False if operator in {"-f", "-s", "-x", "-L", "-h", "-S", "-p"} else Unknown(f"whether {path} exists")
    if operator == "-d":
        return False
    if operator in {"-L", "-h"}:
        copied = file.origin is not None and file.origin.text[:4].upper() in {"COPY", "ADD "}
        return Unknown(f"whether {path} is a link") if copied or file.path != path else False
    if operator == "-x":
        return file.mode if isinstance(file.mode, Unknown) else bool(file.mode & 0o111)
    if operator == "-s":
        return file.content if isinstance(file.content, Unknown) else bool(file.content.text)
    return operator in {"-e", "-f", "-r", "-w"}


def cwd_of(machine: Machine) -> str:
    """The folder that a container starts in."""
    return machine.image.workdir or "/"


def _not(value: Truth) -> Truth:
    return value if isinstance(value, Unknown) else not value


def _and(left: Truth, right: Truth) -> Truth:
    if left is False or right is False:
        return False
    if isinstance(left, Unknown):
        return left
    return right


def _or(left: Truth, right: Truth) -> Truth:
    if left is True or right is True:
        return True
    if isinstance(left, Unknown):
        return left
    return right
