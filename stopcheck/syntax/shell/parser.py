"""Commands: recursive descent over the text; what is no grammar becomes `Unparsed`, and reading goes on behind it."""

from __future__ import annotations

import re
from functools import lru_cache

from stopcheck.hints import TYPE_CHECKING
from stopcheck.regex import regex
from stopcheck.source import SourceFile
from stopcheck.syntax.shell.conditional import ConditionalReader
from stopcheck.syntax.shell.lexer import DELIMITERS, DIALECTS, LITERAL, Dialect, PendingHeredoc, Unreadable
from stopcheck.syntax.shell.tree import (
    AndOr,
    Arithmetic,
    ArithmeticFor,
    Assignment,
    Case,
    CaseItem,
    Command,
    Conditional,
    Coprocess,
    For,
    Function,
    Group,
    If,
    Item,
    Pipeline,
    Redirection,
    Script,
    Sequence,
    SimpleCommand,
    Subshell,
    Unparsed,
    While,
    Word,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal, TypeAlias

Closers: TypeAlias = frozenset[str]
Redirections: TypeAlias = tuple[Redirection, ...]

_CLOSING_WORDS = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}"})
_NOTHING: Closers = frozenset()
_THEN, _BRANCH_END, _FI = frozenset({"then"}), frozenset({"elif", "else", "fi"}), frozenset({"fi"})
_DO, _DONE = frozenset({"do"}), frozenset({"done"})
_BRACE, _PARENTHESIS = frozenset({"}"}), frozenset({")"})
_CASE_ITEM_END = frozenset({";;", "esac"})

_NAME = r"[A-Za-z_][A-Za-z0-9_]*+"
_INDEX = r"\[((?>[^\[\]\n]|\[[^\]\n]{0,200}+\]){0,200}+)\]"
_VARIABLE = re.compile(_NAME)
_ASSIGNMENT = regex(rf"({_NAME})=")
_BASH_ASSIGNMENT = regex(rf"({_NAME})(?:{_INDEX})?(\+)?=")
_REDIRECTIONS = {
    "posix": regex(r"([0-9]++)?(?:<<-?|<&|<>|<|>>|>&|>\||>)"),
    "busybox": regex(r"([0-9]++)?(?:<<-?|<&|<>|<(?!\()|>>|>&|>\||>(?!\())|&>"),
    "bash": regex(r"([0-9]++|\{[A-Za-z_][A-Za-z0-9_]*+\})?(?:<<<|<<-?|<&|<>|<(?!\()|>>|>&|>\||>(?!\())|&>>?"),
}
_FUNCTION_PARENTHESES = regex(r"[ \t]*+\([ \t]*+\)")
_BASH_TERMINATOR = regex(r";;&|;;|;&")
_TERMINATOR = regex(r";;")
_NEGATION = regex(r"!(?=[ \t\n(]|\\\n)")
_TIME = regex(r"time(?=[ \t\n;&|<>()]|\\\n|\Z)(?:[ \t]++(?:-p|--)(?=[ \t\n;&|<>()]|\Z))*+")
_COPROCESS_NAME = regex(rf"({_NAME})[ \t]++(?=\(|(?:\{{|\[\[|if|case|for|while|until|select)[ \t\n])")
_RESUME = regex(r"\n|;[ \t]*(?=(?:then|elif|else|fi|do|done|esac|\})(?:[ \t\n;&|)]|\Z))")


class Parser(ConditionalReader):
    """Reads the commands between two offsets of a text."""

    __slots__ = ("_compounds", "_outer_closers", "_redirection", "_terminator", "array_flaw", "flawed")

    def __init__(self, source: SourceFile, dialect: Dialect, start: int, end: int) -> None:
        super().__init__(source, dialect, start, end)
        self.depth = 0
        # What may be read a second time after something unclosed, in characters: it bounds the whole time.
        self.fuel = end - start + 10_000
        # Whether anything became `Unparsed`, in the tree or in what was read again.
        self.flawed = False
        # Where the last array begins that could not be read.
        self.array_flaw = -1
        self._arithmetic_ends = {}
        self._outer_closers: list[Closers] = []
        self._terminator = _BASH_TERMINATOR if dialect.bash else _TERMINATOR
        self._redirection = _REDIRECTIONS["bash" if dialect.bash else "busybox" if dialect.common else "posix"]
        self._compounds = _COMPOUNDS[dialect]

    # --- sequences -------------------------------------------------------------------------------

    def sequence(self, closers: Closers) -> Sequence:
        """Items up to the end or a closing token, which is left to the caller."""
        self.deeper()
        self._outer_closers.append(closers)
        depth = self.depth
        items: list[Item] = []
        while True:
            self.skip_lines()
            if self.pos >= self.end or self._token() in closers:
                break
            start, pending = self.pos, self.pending[:]
            try:
                items.append(self._item())
            except Unreadable as error:
                self.depth = depth
                if error.too_deep and len(self._outer_closers) > 1:
                    # What is around it is not wrong for that.
                    self._outer_closers.pop()
                    raise
                if error.at == start and self._awaited(start):
                    self.pos = start
                    break
                items.append(self._unparsed_item(error, start, pending))
        self.depth -= 1
        self._outer_closers.pop()
        if not items:
            return Sequence((), self.span(self.pos, self.pos))
        if len(items) == 1:
            return Sequence((items[0],), items[0].span)
        return Sequence(tuple(items), items[0].span.to(items[-1].span))

    def commands(self, closers: Closers, after: str) -> Sequence:
        """A sequence that the grammar wants at least one command in."""
        body = self.sequence(closers)
        if not body.items:
            raise Unreadable(f"no command after `{after}`", self.pos, unclosed=self.pos >= self.end)
        return body

    def _token(self) -> str:
        """The word or operator here, as far as one can close a sequence."""
        character = self.text[self.pos] if self.pos < self.end else ""
        if character == ")":
            return ")"
        if character == ";":
            return ";;" if self._terminator.match(self.text, self.pos, self.end) else ";"
        match = LITERAL.match(self.text, self.pos, self.end)
        if match is None or not self._delimited(match.end()):
            return ""
        return match[0]

    def _delimited(self, at: int) -> bool:
        return at >= self.end or self.text[at] in DELIMITERS

    def _awaited(self, at: int) -> bool:
        """Whether an open sequence ends with what stands at an offset."""
        self.pos = at
        token = self._token()
        return any(token in closers for closers in self._outer_closers)

    def _expect(self, word: str, opened: str) -> None:
        if self._token() != word:
            raise Unreadable(f"`{opened}` without `{word}`", self.pos, unclosed=self.pos >= self.end)
        self.pos += len(word)

    def _unexpected(self) -> Unreadable:
        what = self._token() or self.peek()
        if what in ("\n", ""):
            return Unreadable("a command is missing", self.pos)
        return Unreadable(f"unexpected `{what}`", self.pos)

    def _unparsed_item(self, error: Unreadable, start: int, pending: list[PendingHeredoc]) -> Item:
        """Leave out what could not be read, and stand where reading can go on."""
        at, line_end = error.at, self.text.find("\n", start, self.end)
        error.array = error.array or self.array_flaw >= start
        self.array_flaw = start if error.array else self.array_flaw
        if (error.unclosed or error.array) and 0 <= line_end < at and at - line_end <= self.fuel:
            self.fuel -= at - line_end
            self.pos, self.pending = line_end, pending
        elif error.unclosed:
            self.pos = self.end
        elif at <= start or not self._awaited(at):
            match = _RESUME.search(self.text, max(at, start + 1), self.end)
            self.pos = self.end if match is None else match.start() if match[0] == "\n" else match.end()
        end = start + max(1, len(self.text[start : self.pos].rstrip(" \t\n")))
        unparsed = self._unparsed(error, start, end)
        return Item(_alone(unparsed), False, unparsed.span)

    def _unparsed(self, error: Unreadable, start: int, end: int) -> Unparsed:
        self.flawed = True
        more = bool(self.text[error.at :].partition("\n")[2].strip())
        return Unparsed(error.reason, self.span(start, end), error.too_deep, error.array, more)

    # --- items, lists, pipelines -----------------------------------------------------------------

    def _item(self) -> Item:
        command = self._and_or()
        self.skip_blanks()
        character = self.peek()
        if character == "&" or self._at_coprocess():
            self.pos += 1 if character == "&" else 2
            return Item(command, True, self.span(command.span.start, self.pos))
        if character == ";" and not self._terminator.match(self.text, self.pos, self.end):
            self.pos += 1
        elif character not in ("\n", "", ";", ")", "#") and self._token() not in _CLOSING_WORDS:
            raise self._unexpected()
        return Item(command, False, command.span)

    def _and_or(self) -> AndOr:
        first = self._pipeline()
        rest: list[tuple[Literal["&&", "||"], Pipeline]] = []
        while True:
            self.skip_blanks()
            operator: Literal["&&", "||"]
            if self.looking_at("&&"):
                operator = "&&"
            elif self.looking_at("||"):
                operator = "||"
            else:
                break
            self.pos += 2
            self.skip_lines()
            rest.append((operator, self._pipeline()))
        span = first.span.to(rest[-1][1].span) if rest else first.span
        return AndOr(first, tuple(rest), span)

    def _pipeline(self) -> Pipeline:
        start = self.pos
        negated = timed = False
        while True:
            if self.text.startswith("!", self.pos) and (negation := _NEGATION.match(self.text, self.pos, self.end)):
                negated = not negated
                self.pos = negation.end()
            elif (
                self.dialect.bash
                and self.text.startswith("time", self.pos)
                and (time := _TIME.match(self.text, self.pos, self.end))
            ):
                timed = True
                self.pos = time.end()
            else:
                break
            self.skip_blanks()
        if (timed or (negated and self.dialect.bash)) and self.peek() in ("", "\n", ";"):
            nothing = SimpleCommand((), (), (), self.span(self.pos, self.pos))
            return Pipeline((nothing,), self.span(start, self.pos), negated, timed)
        command = self.command()
        self.skip_blanks()
        if not self._at_pipe():
            span = command.span if not negated and not timed else self.span(start, command.span.end)
            return Pipeline((command,), span, negated, timed)
        commands, stderr_too = [command], []
        while self._at_pipe():
            both = self.dialect.bash and self.looking_at("|&")
            self.pos += 2 if both else 1
            self.skip_lines()
            stderr_too.append(both)
            commands.append(self.command())
            self.skip_blanks()
        span = self.span(start, commands[-1].span.end)
        return Pipeline(tuple(commands), span, negated, timed, tuple(stderr_too))

    def _at_pipe(self) -> bool:
        return self.peek() == "|" and not self.looking_at("||") and not self._at_coprocess()

    def _at_coprocess(self) -> bool:
        return self.dialect.ksh and self.looking_at("|&")

    # --- commands --------------------------------------------------------------------------------

    def command(self) -> Command:
        """One command, with its redirections."""
        start = self.pos
        match = LITERAL.match(self.text, start, self.end)
        if match is None:
            if self.looking_at("("):
                return self._parenthesis()
            return self._simple()
        word, after = match[0], match.end()
        if self._delimited(after):
            compound = self._compounds.get(word)
            if compound is not None:
                return compound(self)
            if word in _CLOSING_WORDS:
                raise self._unexpected()
            if "=" not in word and word[-1] not in "?*+@!":
                parentheses = _FUNCTION_PARENTHESES.match(self.text, after, self.end)
                if parentheses is not None:
                    self.pos = parentheses.end()
                    return self._function_body(word, start)
        return self._simple()

    def _simple(self) -> SimpleCommand:
        start = end = self.pos
        text, limit = self.text, self.end
        assignment = _BASH_ASSIGNMENT if self.dialect.bash else _ASSIGNMENT
        assignments: list[Assignment] = []
        words: list[Word] = []
        redirections: list[Redirection] = []
        while self.pos < limit:
            character = text[self.pos]
            if character in "<>&{0123456789" and (found := self._redirection.match(text, self.pos, limit)):
                redirections.append(self._redirect(found))
            elif character == "#":
                break
            elif not words and (found := assignment.match(text, self.pos, limit)):
                assignments.append(self._assign(found))
            else:
                word = self.word()
                if word is None:
                    break
                words.append(word)
            end = self.pos
            self.skip_blanks()
        if end == start:
            raise self._unexpected()
        self.pos = end
        return SimpleCommand(tuple(assignments), tuple(words), tuple(redirections), self.span(start, end))

    def _assign(self, match: re.Match[str]) -> Assignment:
        start, self.pos = match.span()
        value = self.word() if not self.looking_at("(") or not self.dialect.bash else self._array_word()
        if value is None:
            value = Word((), self.span(self.pos, self.pos))
        span = self.span(start, self.pos)
        if not self.dialect.bash:
            return Assignment(match[1], value, span)
        return Assignment(match[1], value, span, append=match[3] is not None, index=match[2])

    def _array_word(self) -> Word:
        array = self.array()
        return Word((array,), array.span)

    # --- redirections ----------------------------------------------------------------------------

    def _redirections(self) -> Redirections:
        """The redirections behind a compound command."""
        found: list[Redirection] = []
        while True:
            end = self.pos
            self.skip_blanks()
            match = self._redirection.match(self.text, self.pos, self.end)
            if match is None:
                self.pos = end
                return tuple(found)
            found.append(self._redirect(match))

    def _redirect(self, match: re.Match[str]) -> Redirection:
        start, self.pos = match.span()
        descriptor = match[1]
        operator = match[0][len(descriptor or "") :]
        self.skip_blanks()
        if operator in ("<<", "<<-"):
            delimiter = self.delimiter()
            if delimiter is None:
                raise Unreadable(f"no delimiter after `{operator}`", self.pos)
            redirection = Redirection(operator, delimiter.word, self.span(start, self.pos), descriptor)
            self.pending.append(PendingHeredoc(redirection, delimiter.text, delimiter.quoted, operator == "<<-"))
            return redirection
        target = self.word()
        if target is None:
            raise Unreadable(f"no target after `{operator}`", self.pos)
        return Redirection(operator, target, self.span(start, self.pos), descriptor)

    # --- compound commands -----------------------------------------------------------------------

    def _parenthesis(self) -> Command:
        start = self.pos
        if self.dialect.bash and self.looking_at("(("):
            close = self.arithmetic_end(start + 2)
            if close >= 0:
                substitutions = self.arithmetic_substitutions(start + 2, close)
                self.pos = close + 2
                text = self.text[start + 2 : close]
                return Arithmetic(text, self._redirections(), self.span(start, self.pos), substitutions)
        self.pos += 1
        body = self.commands(_PARENTHESIS, "(")
        self._expect(")", "(")
        return Subshell(body, self._redirections(), self.span(start, self.pos))

    def _group(self) -> Group:
        start = self.pos
        self.pos += 1
        body = self.commands(_BRACE, "{")
        self._expect("}", "{")
        return Group(body, self._redirections(), self.span(start, self.pos))

    def _if(self) -> If:
        start = self.pos
        branches: list[tuple[Sequence, Sequence]] = []
        otherwise = None
        keyword = "if"
        while keyword in ("if", "elif"):
            self.pos += len(keyword)
            condition = self.commands(_THEN, keyword)
            self._expect("then", keyword)
            branches.append((condition, self.commands(_BRANCH_END, "then")))
            keyword = self._token()
        if keyword == "else":
            self.pos += len(keyword)
            otherwise = self.commands(_FI, "else")
        self._expect("fi", "if")
        return If(tuple(branches), otherwise, self._redirections(), self.span(start, self.pos))

    def _while(self) -> While:
        start = self.pos
        keyword = self._token()
        self.pos += len(keyword)
        condition = self.commands(_DO, keyword)
        body = self._loop_body(keyword)
        return While(keyword == "until", condition, body, self._redirections(), self.span(start, self.pos))

    def _for(self) -> For | ArithmeticFor:
        start = self.pos
        keyword = self._token()
        self.pos += len(keyword)
        self.skip_blanks()
        if self.dialect.bash and keyword == "for" and self.looking_at("(("):
            return self._arithmetic_for(start)
        name = self.word()
        if name is None or (variable := name.literal) is None or not self._takes_variable(variable):
            raise Unreadable(f"no variable after `{keyword}`", self.pos)
        self.skip_blanks()
        words: list[Word] | None = None
        if self.peek() != ";":
            self.skip_lines()
            if self._token() == "in":
                self.pos += 2
                words = self._loop_words()
        self._end_of_loop_head()
        body = self._loop_body(keyword)
        kept = None if words is None else tuple(words)
        return For(variable, kept, body, self._redirections(), self.span(start, self.pos), keyword == "select")

    def _takes_variable(self, name: str) -> bool:
        """bash complains about a bad name when it runs the loop, others when they read it."""
        return self.dialect.bash or _VARIABLE.fullmatch(name) is not None

    def _loop_words(self) -> list[Word]:
        words: list[Word] = []
        self.skip_blanks()
        while self.peek() != "#" and (word := self.word()) is not None:
            words.append(word)
            self.skip_blanks()
        if self.peek() not in (";", "\n", "#"):
            raise self._unexpected()
        return words

    def _end_of_loop_head(self) -> None:
        if self.peek() == ";":
            self.pos += 1
        self.skip_lines()

    def _loop_body(self, keyword: str) -> Sequence:
        if self.dialect.bash and keyword in ("for", "select") and self._token() == "{":
            self.pos += 1
            body = self.commands(_BRACE, "{")
            self._expect("}", "{")
            return body
        self._expect("do", keyword)
        body = self.commands(_DONE, "do")
        self._expect("done", "do")
        return body

    def _arithmetic_for(self, start: int) -> ArithmeticFor:
        inner = self.pos + 2
        close = self.arithmetic_end(inner)
        expressions = self.text[inner:close].split(";")
        if close < 0 or len(expressions) != 3:
            raise Unreadable("`for ((` without three expressions and `))`", self.pos)
        substitutions = self.arithmetic_substitutions(inner, close)
        self.pos = close + 2
        self.skip_blanks()
        self._end_of_loop_head()
        body = self._loop_body("for")
        first, second, third = expressions
        redirections = self._redirections()
        return ArithmeticFor((first, second, third), body, redirections, self.span(start, self.pos), substitutions)

    def _case(self) -> Case:
        start = self.pos
        self.pos += len("case")
        self.skip_blanks()
        subject = self.word()
        if subject is None:
            raise Unreadable("no word after `case`", self.pos)
        self.skip_lines()
        self._expect("in", "case")
        items: list[CaseItem] = []
        while True:
            self.skip_lines()
            if self.pos >= self.end or self._token() == "esac":
                break
            items.append(self._case_item())
            if not items[-1].terminator:
                break
        self._expect("esac", "case")
        return Case(subject, tuple(items), self._redirections(), self.span(start, self.pos))

    def _case_item(self) -> CaseItem:
        start = self.pos
        if self.peek() == "(":
            self.pos += 1
        patterns: list[Word] = []
        while True:
            self.skip_blanks()
            pattern = self.word()
            if pattern is None:
                raise Unreadable("a pattern expected in `case`", self.pos, unclosed=self.pos >= self.end)
            patterns.append(pattern)
            self.skip_blanks()
            if self.peek() != "|":
                break
            self.pos += 1
        if self.peek() != ")":
            raise Unreadable("`)` expected after a pattern of `case`", self.pos, unclosed=self.pos >= self.end)
        self.pos += 1
        body = self.sequence(_CASE_ITEM_END)
        terminator = ""
        match = self._terminator.match(self.text, self.pos, self.end)
        if match is not None:
            terminator = match[0]
            self.pos += len(terminator)
        return CaseItem(tuple(patterns), body, terminator, self.span(start, self.pos))

    def _conditional(self) -> Command:
        start = self.pos
        self.pos += 2
        expression = self.conditional()
        return Conditional(expression, self._redirections(), self.span(start, self.pos))

    # --- functions and coprocesses ---------------------------------------------------------------

    def _function(self) -> Command:
        """`function name [()] body`."""
        start = self.pos
        self.pos += len("function")
        self.skip_blanks()
        name = self.word()
        if name is None:
            raise Unreadable("no name after `function`", self.pos)
        parentheses = _FUNCTION_PARENTHESES.match(self.text, self.pos, self.end)
        if parentheses is not None:
            self.pos = parentheses.end()
        return self._function_body(name.literal or name.span.text, start)

    def _function_body(self, name: str, start: int) -> Command:
        self.deeper()
        self.skip_lines()
        body = self.command()
        if self.dialect.bash and isinstance(body, SimpleCommand):
            raise Unreadable(f"the body of `{name}` is no compound command", body.span.start)
        self.depth -= 1
        span = self.span(start, body.span.end)
        if self.dialect.bash or _VARIABLE.fullmatch(name):
            return Function(name, body, span)
        return self._unparsed(
            Unreadable(f"`{name}` is no function name in this shell", span.start), span.start, span.end
        )

    def _coprocess(self) -> Coprocess:
        start = self.pos
        self.pos += len("coproc")
        self.skip_blanks()
        name = _COPROCESS_NAME.match(self.text, self.pos, self.end)
        if name is not None:
            self.pos = name.end()
        self.deeper()
        body = self.command()
        self.depth -= 1
        return Coprocess(None if name is None else name[1], body, self.span(start, body.span.end))

    # --- substitutions ---------------------------------------------------------------------------

    def substituted(self) -> Sequence:
        """See WordReader.substituted."""
        outer, self.pending = self.pending, []
        self.substitutions += 1
        try:
            self.deeper()
            body = self.sequence(_PARENTHESIS)
            self._expect(")", "(")
        finally:
            self.substitutions -= 1
            self.pending = outer + self.pending
        self.depth -= 1
        return body

    def backquoted(self, source: SourceFile, start: int, end: int) -> Sequence:
        """See WordReader.backquoted."""
        inner = Parser(source, self.dialect, start, end)
        inner.depth, inner.fuel = self.depth, self.fuel
        try:
            body = inner.program()
        except Unreadable as error:
            raise Unreadable(error.reason, self.pos, too_deep=error.too_deep) from error
        self.fuel = inner.fuel
        self.flawed |= inner.flawed
        return body

    def program(self) -> Sequence:
        """Everything up to the end."""
        body = self.sequence(_NOTHING)
        self.read_heredocs()
        return body


def _compounds(dialect: Dialect) -> dict[str, Callable[[Parser], Command]]:
    found: dict[str, Callable[[Parser], Command]] = {
        "{": Parser._group,
        "if": Parser._if,
        "while": Parser._while,
        "until": Parser._while,
        "for": Parser._for,
        "case": Parser._case,
    }
    if dialect.common:
        found |= {"[[": Parser._conditional, "function": Parser._function}
    if dialect.bash:
        found |= {"select": Parser._for, "coproc": Parser._coprocess}
    return found


_COMPOUNDS = {dialect: _compounds(dialect) for dialect in DIALECTS.values()}


def _alone(command: Command) -> AndOr:
    return AndOr(Pipeline((command,), command.span), (), command.span)


@lru_cache(maxsize=64)
def parse_script(source: SourceFile, dialect: str = "bash") -> Script:
    """Read a program; `dialect` is "bash" (reads everything), "ksh", "busybox" or "posix" (dash).

    What was read lately is not read again (sources are compared by identity).

    Never raises for bad text: what cannot be read is an `Unparsed` node, and reading goes on behind it.
    Raises KeyError for an unknown dialect.
    """
    text = source.text
    parser = Parser(source, DIALECTS[dialect], 0, len(text))
    body = parser.program()
    shebang = None
    if text.startswith("#!"):
        shebang = text[2:].split("\n", 1)[0].strip(" \t")
    problems = tuple(node for node in walk(body) if isinstance(node, Unparsed)) if parser.flawed else ()
    return Script(body, shebang, problems, text.endswith("\n"))


def parse_text(text: str, path: str = "script", dialect: str = "bash") -> Script:
    """Read a program that stands in no file."""
    return parse_script(SourceFile(path, text), dialect)
