"""The sequence of commands in a shell script as our parser, shfmt and bashlex see it, in terms that can be compared."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from stopcheck.syntax.shell import tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stopcheck.source import Span

# What happens, in source order: its kind, then the source text of its words and redirections, then flags.
Event: TypeAlias = tuple[Any, ...]


def source_text(span: Span) -> str:
    """The text of a span as it stands in the file: within backquotes with its escapes."""
    return span.outermost().text


# --- our tree ------------------------------------------------------------------------------------


def events(script: tree.Script) -> list[Event]:
    """The commands of a script, in order."""
    return list(_sequence(script.body))


def _sequence(sequence: tree.Sequence) -> Iterator[Event]:
    for item in sequence.items:
        yield from _pipeline(item.command.first, item.background)
        for operator, pipeline in item.command.rest:
            yield ("operator", operator)
            yield from _pipeline(pipeline, item.background)


def _pipeline(pipeline: tree.Pipeline, background: bool) -> Iterator[Event]:
    if pipeline.negated:
        yield ("!",)
    if pipeline.timed:
        yield ("time",)
    for index, command in enumerate(pipeline.commands):
        if index:
            yield ("operator", "|&" if pipeline.stderr_too[index - 1] else "|")
        yield from _command(command, background)


def _command(command: tree.Command, background: bool) -> Iterator[Event]:
    if isinstance(command, tree.Unparsed):
        yield ("unparsed", command.reason)
        return
    if isinstance(command, tree.Function):
        yield ("function", command.name, background)
        yield from _command(command.body, False)
        return
    if isinstance(command, tree.Coprocess):
        yield ("coproc", command.name, background)
        yield from _command(command.body, False)
        return
    redirections = tuple(map(_redirection, command.redirections))
    if isinstance(command, tree.SimpleCommand):
        texts = [source_text(assignment.span) for assignment in command.assignments]
        texts += [source_text(word.span) for word in command.words]
        yield ("simple", tuple(texts), redirections, background)
        for assignment in command.assignments:
            yield from _word(assignment.value)
        for word in command.words:
            yield from _word(word)
    else:
        yield (type(command).__name__, *_head(command), redirections, background)
        yield from _inside(command)
        yield ("end", type(command).__name__)
    for redirection in command.redirections:
        yield from _word(redirection.target)
        if redirection.heredoc is not None and not redirection.heredoc.quoted:
            yield from _word(redirection.heredoc.body)


def _redirection(redirection: tree.Redirection) -> Event:
    return redirection.descriptor or "", redirection.operator, source_text(redirection.target.span)


def _head(command: tree.Command) -> Iterator[Any]:
    """What stands in a compound command outside of the sequences in it."""
    if isinstance(command, tree.For):
        yield command.select
        yield command.variable
        yield tuple(source_text(word.span) for word in command.words or ())
    elif isinstance(command, tree.Case):
        yield source_text(command.subject.span)
    elif isinstance(command, tree.While):
        yield command.until
    elif isinstance(command, tree.Conditional):
        yield tuple(_test(command.expression))


def _test(expression: tree.TestExpression | None) -> Iterator[str]:
    if isinstance(expression, tree.TestNot):
        yield "!"
        yield from _test(expression.operand)
    elif isinstance(expression, tree.TestLogical):
        yield from _test(expression.left)
        yield expression.operator
        yield from _test(expression.right)
    elif isinstance(expression, tree.TestBinary):
        yield from (source_text(expression.left.span), expression.operator, source_text(expression.right.span))
    elif isinstance(expression, tree.TestUnary):
        if expression.operator != "-n" or expression.span != expression.operand.span:
            yield "-L" if expression.operator == "-h" else expression.operator  # (as shfmt has it)
        yield source_text(expression.operand.span)


def _test_words(expression: tree.TestExpression | None) -> Iterator[tree.Word]:
    if isinstance(expression, tree.TestNot):
        yield from _test_words(expression.operand)
    elif isinstance(expression, tree.TestLogical):
        yield from _test_words(expression.left)
        yield from _test_words(expression.right)
    elif isinstance(expression, tree.TestBinary):
        yield from (expression.left, expression.right)
    elif isinstance(expression, tree.TestUnary):
        yield expression.operand


def _inside(command: tree.Command) -> Iterator[Event]:
    if isinstance(command, tree.Group | tree.Subshell):
        yield from _sequence(command.body)
    elif isinstance(command, tree.If):
        for condition, body in command.branches:
            yield from _sequence(condition)
            yield ("then",)
            yield from _sequence(body)
        if command.otherwise is not None:
            yield ("else",)
            yield from _sequence(command.otherwise)
    elif isinstance(command, tree.While):
        yield from _sequence(command.condition)
        yield ("do",)
        yield from _sequence(command.body)
    elif isinstance(command, tree.For):
        for word in command.words or ():
            yield from _word(word)
        yield ("do",)
        yield from _sequence(command.body)
    elif isinstance(command, tree.ArithmeticFor):
        yield from _substitutions(command.substitutions)
        yield ("do",)
        yield from _sequence(command.body)
    elif isinstance(command, tree.Case):
        yield from _word(command.subject)
        for item in command.items:
            yield ("item", tuple(source_text(word.span) for word in item.patterns), item.terminator or ";;")
            for word in item.patterns:
                yield from _word(word)
            yield from _sequence(item.body)
    elif isinstance(command, tree.Arithmetic):
        yield from _substitutions(command.substitutions)
    elif isinstance(command, tree.Conditional):
        for word in _test_words(command.expression):
            yield from _word(word)


def _substitutions(found: Iterable[tree.CommandSubstitution]) -> Iterator[Event]:
    for substitution in found:
        yield from _part(substitution)


def _word(word: tree.Word | None) -> Iterator[Event]:
    for part in word.parts if word is not None else ():
        yield from _part(part)


def _part(part: tree.WordPart) -> Iterator[Event]:
    if isinstance(part, tree.CommandSubstitution):
        yield ("$(",)
        yield from _sequence(part.body)
        yield (")",)
    elif isinstance(part, tree.ProcessSubstitution):
        yield (part.direction + "(",)
        yield from _sequence(part.body)
        yield (")",)
    elif isinstance(part, tree.ArithmeticExpansion):
        yield from _substitutions(part.substitutions)
    elif isinstance(part, tree.Parameter):
        yield from _substitutions(part.substitutions)
        yield from _word(part.argument)
        yield from _word(part.replacement)
    elif isinstance(part, tree.ArrayLiteral):
        for element in part.elements:
            yield from _word(element)


# --- shfmt ---------------------------------------------------------------------------------------

Json: TypeAlias = dict[str, Any]
_COMPOUND = {
    "Block": "Group",
    "Subshell": "Subshell",
    "IfClause": "If",
    "WhileClause": "While",
    "CaseClause": "Case",
    "ArithmCmd": "Arithmetic",
    "TestClause": "Conditional",
}


class Rejected(Exception):  # noqa: N818
    """The other parser does not read this script; the text says why."""


def shfmt_events(text: str) -> list[Event]:
    """The commands of a script as shfmt reads them; raises Rejected where it does not."""
    program = Path(sys.executable).with_name("shfmt")
    data = text.encode("utf-8", "surrogateescape")
    done = subprocess.run([program, "-ln", "bash", "--to-json"], input=data, capture_output=True, check=False)
    if done.returncode != 0:
        raise Rejected(done.stderr.decode("utf-8", "replace").strip())
    return list(_Shfmt(data).statements(json.loads(done.stdout).get("Stmts")))


class _Shfmt:
    """Walks the tree that shfmt prints; its offsets count bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def text(self, node: Json) -> str:
        start, end = node["Pos"]["Offset"], node["End"]["Offset"]
        text = self._data[start:end].decode("utf-8", "surrogateescape")
        # A line continuation glued to a word, and the escape of a backquote behind it, may count as part of it.
        continued = text.removesuffix("\n") if text.endswith("\\\n") else text
        backslashes = len(continued) - len(continued.rstrip("\\"))
        if backslashes % 2 and (continued is not text or self._data[end : end + 1] in (b"\n", b"`")):
            return continued[:-1]
        return text

    def statements(self, statements: list[Json] | None) -> Iterator[Event]:
        for statement in statements or ():
            yield from self.statement(statement, statement.get("Background", False))

    def statement(self, statement: Json, background: bool) -> Iterator[Event]:
        if statement.get("Negated"):
            yield ("!",)
        command = statement.get("Cmd")
        redirections = statement.get("Redirs") or []
        kind = command["Type"] if command else "CallExpr"
        if command and kind == "BinaryCmd":
            yield from self.statement(command["X"], background)
            yield ("operator", command["Op"])
            yield from self.statement(command["Y"], background)
        elif command and kind == "TimeClause":
            yield ("time",)
            if "Stmt" in command:
                yield from self.statement(command["Stmt"], background)
            else:
                yield ("simple", (), (), background)
        elif command and kind == "FuncDecl":
            name = command["Name"]["Value"] if "Name" in command else " ".join(n["Value"] for n in command["Names"])
            yield ("function", name, background)
            yield from self.statement(command["Body"], False)
        elif command and kind == "CoprocClause":
            yield ("coproc", self.text(command["Name"]) if "Name" in command else None, background)
            yield from self.statement(command["Stmt"], False)
        else:
            yield from self.command(kind, command or {}, redirections, background)
            for redirection in redirections:
                yield from self.expansions(redirection["Word"])
                if not self._quoted(redirection["Word"]):
                    yield from self.expansions(redirection.get("Hdoc"))

    def _quoted(self, word: Json) -> bool:
        return any(mark in self.text(word) for mark in "'\"\\")

    def command(self, kind: str, command: Json, redirections: list[Json], background: bool) -> Iterator[Event]:
        targets = tuple((r.get("N", {}).get("Value", ""), r["Op"], self.text(r["Word"])) for r in redirections)
        if kind in ("CallExpr", "DeclClause", "LetClause"):
            words = [command[key] for key in ("Variant",) if key in command]
            for key in ("Assigns", "Args", "Exprs"):
                words += command.get(key) or []
            texts = tuple(self.text(word) for word in words)
            if kind == "LetClause":
                texts = ("let", *texts)
            yield ("simple", texts, targets, background)
            yield from self.expansions(words)
            return
        name = "ArithmeticFor" if command.get("Loop", {}).get("Type") == "CStyleLoop" else _COMPOUND.get(kind, "For")
        yield (name, *self.head(name, command), targets, background)
        yield from self.inside(name, command)
        yield ("end", name)

    def head(self, name: str, command: Json) -> Iterator[Any]:
        if name == "For":
            yield command.get("Select", False)
            yield command["Loop"]["Name"]["Value"]
            yield tuple(map(self.text, command["Loop"].get("Items") or ()))
        elif name == "Case":
            yield self.text(command["Word"])
        elif name == "While":
            yield command.get("Until", False)
        elif name == "Conditional":
            yield tuple(self.test(command["X"]))

    def test(self, node: Json) -> Iterator[str]:
        if node["Type"] == "ParenTest":
            yield from self.test(node["X"])
        elif node["Type"] == "UnaryTest":
            yield node["Op"]
            yield from self.test(node["X"])
        elif node["Type"] == "BinaryTest":
            yield from self.test(node["X"])
            yield node["Op"]
            yield from self.test(node["Y"])
        else:
            yield self.text(node)

    def inside(self, name: str, command: Json) -> Iterator[Event]:
        if name in ("Group", "Subshell"):
            yield from self.statements(command.get("Stmts"))
        elif name == "If":
            yield from self.branches(command)
        elif name == "While":
            yield from self.statements(command.get("Cond"))
            yield ("do",)
            yield from self.statements(command.get("Do"))
        elif name in ("For", "ArithmeticFor"):
            yield from self.expansions(command["Loop"])
            yield ("do",)
            yield from self.statements(command.get("Do"))
        elif name == "Case":
            yield from self.expansions(command["Word"])
            for item in command.get("Items") or ():
                yield ("item", tuple(map(self.text, item["Patterns"])), item["Op"])
                yield from self.expansions(item["Patterns"])
                yield from self.statements(item.get("Stmts"))
        else:
            yield from self.expansions(command)

    def branches(self, command: Json) -> Iterator[Event]:
        if "Cond" not in command:
            yield ("else",)
            yield from self.statements(command.get("Then"))
            return
        yield from self.statements(command.get("Cond"))
        yield ("then",)
        yield from self.statements(command.get("Then"))
        if "Else" in command:
            yield from self.branches(command["Else"])

    def expansions(self, node: Any) -> Iterator[Event]:
        """The command and process substitutions somewhere below a node."""
        if isinstance(node, list):
            for element in node:
                yield from self.expansions(element)
        elif isinstance(node, dict):
            if node.get("Type") in ("CmdSubst", "ProcSubst"):
                yield (node.get("Op", "$("),)
                yield from self.statements(node.get("Stmts"))
                yield (")",)
            else:
                for value in node.values():
                    yield from self.expansions(value)


# --- bashlex -------------------------------------------------------------------------------------

# A substitution in a parameter's default, `{fd}>`, a line continuation glued to a word.
_BASHLEX_MISSES = re.compile(r"\$\{[^}\n]*(?:\$\(|`)|\{[A-Za-z_]\w*\}[<>]|\S\\\n")

Simple: TypeAlias = tuple[tuple[str, ...], bool]


def simple_commands(script: tree.Script) -> list[Simple]:
    """The words of each simple command of our tree, and whether its list runs in the background."""
    return [(event[1], event[3]) for event in events(script) if event[0] == "simple"]


def bashlex_commands(text: str) -> list[Simple]:
    """The same as bashlex sees it; raises Rejected where it does not read the script."""
    import bashlex

    if found := _BASHLEX_MISSES.search(text):
        raise Rejected(f"reads over {found[0]!r}")
    if any("\n" in line for line in _substitution_texts(text)):
        raise Rejected("reads only the first line of a command substitution")
    try:
        nodes = bashlex.parse(text)
    except Exception as error:  # it raises its own errors, NotImplementedError, AssertionError, IndexError …
        raise Rejected(f"{type(error).__name__}: {error}") from error
    return [found for node in nodes for found in _bashlex(node, text, False)]


def _substitution_texts(text: str) -> Iterator[str]:
    """From each `$(` to the parenthesis that balances it, roughly."""
    for match in re.finditer(r"\$\((?!\()", text):
        nesting = 0
        for end in range(match.end() - 1, len(text)):
            nesting += (text[end] == "(") - (text[end] == ")")
            if nesting == 0:
                break
        yield text[match.start() : end]


def _bashlex(node: Any, text: str, background: bool) -> Iterator[Simple]:
    if node.kind == "command":
        words = [part for part in node.parts if part.kind in ("assignment", "word")]
        yield tuple(text[slice(*word.pos)] for word in words), background
    if node.kind == "list":
        yield from _bashlex_list(node.parts, text)
        return
    inner = background and node.kind in ("command", "pipeline")
    for name in ("parts", "list", "redirects"):
        for part in getattr(node, name, ()):
            yield from _bashlex(part, text, inner and part.kind in ("command", "pipeline"))
    for name in ("command", "output"):
        part = getattr(node, name, None)
        if hasattr(part, "kind"):
            yield from _bashlex(part, text, False)


def _bashlex_list(parts: list[Any], text: str) -> Iterator[Simple]:
    group: list[Any] = []
    for part in parts:
        ends = part.kind == "operator" and part.op not in ("&&", "||")
        if not ends:
            group.append(part)
            if part is not parts[-1]:
                continue
        for member in group:
            yield from _bashlex(member, text, ends and part.op == "&")
        group = []
