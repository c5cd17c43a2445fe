"""`[[ … ]]`: its expression, read into words and operators."""

from __future__ import annotations

from stopcheck.regex import regex
from stopcheck.syntax.shell.lexer import Unreadable
from stopcheck.syntax.shell.tree import TestBinary, TestExpression, TestLogical, TestNot, TestUnary
from stopcheck.syntax.shell.words import WordReader

_UNARY = regex(r"-[a-zA-Z](?=[ \t\n])")
_BINARY = regex(r"(?:==|=~|!=|=|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef))(?=[ \t\n])|[<>](?!\()")
_NOT = regex(r"!(?=[ \t\n(])")
_CLOSE = regex(r"\]\](?=[ \t\n;&|<>()]|\Z)")


class ConditionalReader(WordReader):
    """Reads the expressions of `[[ … ]]`; line ends and comments count as blanks in them."""

    __slots__ = ()

    def conditional(self) -> TestExpression:
        """The expression after `[[`, and the `]]`."""
        self.deeper()
        expression = self._or()
        if not self._closes():
            raise self._expected("`]]`")
        self.pos += 2
        self.depth -= 1
        return expression

    def _closes(self) -> bool:
        self.skip_lines()
        return _CLOSE.match(self.text, self.pos, self.end) is not None

    def _expected(self, what: str) -> Unreadable:
        if self.pos >= self.end:
            return Unreadable("`[[` without `]]`", self.end, unclosed=True)
        # For busybox it is a command: `[[ a =~ b|c ]]` is a pipeline of two.
        return Unreadable(f"{what} expected in `[[ ]]`", self.pos, too_deep=not self.dialect.bash)

    def _or(self) -> TestExpression:
        left = self._and()
        while self._take_operator("||"):
            left = TestLogical("||", left, right := self._and(), left.span.to(right.span))
        return left

    def _and(self) -> TestExpression:
        left = self._primary()
        while self._take_operator("&&"):
            left = TestLogical("&&", left, right := self._primary(), left.span.to(right.span))
        return left

    def _take_operator(self, operator: str) -> bool:
        self.skip_lines()
        found = self.looking_at(operator)
        if found:
            self.pos += len(operator)
        return found

    def _primary(self) -> TestExpression:
        self.skip_lines()
        start = self.pos
        if _NOT.match(self.text, start, self.end):
            self.pos += 1
            self.deeper()
            operand = self._primary()
            self.depth -= 1
            return TestNot(operand, self.span(start, operand.span.end))
        if self.peek() == "(" and self.dialect.bash:
            self.pos += 1
            self.deeper()
            inner = self._or()
            self.depth -= 1
            if not self._take_operator(")"):
                raise self._expected("`)`")
            return inner
        if _CLOSE.match(self.text, start, self.end):
            raise self._expected("an expression")
        return self._test(start)

    def _test(self, start: int) -> TestExpression:
        unary = _UNARY.match(self.text, start, self.end)
        if unary is not None:
            self.pos = unary.end()
            self.skip_lines()
            operand = self.word()
            if operand is None:
                raise self._expected("a word")
            return TestUnary(unary[0], operand, self.span(start, operand.span.end))
        left = self.word()
        if left is None:
            raise self._expected("a word")
        self.skip_lines()
        binary = _BINARY.match(self.text, self.pos, self.end)
        if binary is None:
            return TestUnary("-n", left, left.span)
        self.pos = binary.end()
        self.skip_lines()
        # busybox takes parentheses and bars for operators even here.
        right = self.regex_word() if binary[0] == "=~" and self.dialect.bash else self.word()
        if right is None:
            raise self._expected("a word")
        return TestBinary(binary[0], left, right, left.span.to(right.span))
