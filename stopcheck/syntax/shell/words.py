"""Words: literals, quotes, expansions and substitutions, read into parts with spans."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass
from stopcheck.regex import regex
from stopcheck.source import SourceFile, Span
from stopcheck.syntax.shell.lexer import LITERAL, Lexer, PendingHeredoc, Unreadable
from stopcheck.syntax.shell.tree import (
    ArithmeticExpansion,
    ArrayLiteral,
    CommandSubstitution,
    Heredoc,
    Parameter,
    ProcessSubstitution,
    Sequence,
    Text,
    Word,
    WordPart,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# A literal word that nothing else is glued to.
_PLAIN = regex(r"""[^ \t\n|&;<>()$`\\"']++(?=[ \t\n|&;)]|[<>](?!\()|\Z)""")
_IN_DOUBLE_QUOTES = regex(r'[^"\\$`]++')
_IN_HEREDOC = regex(r"[^\\$`]++")
_IN_BRACES = regex(r"""[^}\\$`"'/:()]++""")
_IN_ARITHMETIC = regex(r"""[^$`\\]++""")
_IN_SUBSCRIPT = regex(r"""[^\[\]$`\\"']++""")
_TABS = regex(r"(?<=\n)\t+")
_BACKQUOTED = regex(r"(?:[^`\\]++|\\.)*+", re.DOTALL)
_BACKQUOTE_ESCAPE = regex(r"\\([$`\\])")
_BACKQUOTE_ESCAPE_QUOTED = regex(r"\\([$`\\\"])")
_ANSI_QUOTED = regex(r"(?:[^'\\]++|\\.)*+", re.DOTALL)
_DOUBLE_QUOTED = regex(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_ARITHMETIC_TOKEN = regex(r"""[()'"\\`]""")

_NAME = r"[A-Za-z_][A-Za-z0-9_]*+"
_PARAMETER = rf"(?:{_NAME}|[0-9]++|[@*#?$!-])"
_BARE = regex(rf"\$({_NAME}|[0-9@*#?$!-])")
_BRACED = regex(rf"\$\{{({_PARAMETER})\}}")
_LENGTH = regex(rf"\$\{{(#)({_PARAMETER})(?=[\[}}])")
_INDIRECT_OR_PLAIN = regex(rf"\$\{{(!(?=[A-Za-z0-9_]|[#@*]\}}))?({_PARAMETER})")
_NAMES_BY_PREFIX = regex(r"[@*](?=\})")
_OPERATOR = regex(r":[-=?+]|[-=?+]|##?|%%?|/[/#%]?|:|\^\^?|,,?|@")
_ARRAY_START = regex(rf"{_NAME}(?:\[[^\]\n]{{0,200}}+\])?\+?=")

_ANSI_ESCAPE = regex(
    r"\\(?:([abeEfnrtv\\'\"?])|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.))",
    re.DOTALL,
)
_ANSI_CHARACTERS = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip

# Scripts nest a handful of levels; the limit keeps the descent, at most 8 frames a level, within Python's stack.
DEPTH_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Delimiter:
    """The word after `<<`, quotes removed."""

    word: Word
    text: str
    quoted: bool


class WordReader(Lexer):
    """Reads words; what commands are inside of substitutions, the parser below it knows."""

    __slots__ = ("_arithmetic_ends", "depth", "fuel")

    depth: int
    fuel: int
    _arithmetic_ends: dict[int, int]

    # --- what the parser supplies ----------------------------------------------------------------

    def substituted(self) -> Sequence:
        """Read commands up to the `)` that closes a substitution, and that."""
        raise NotImplementedError

    def backquoted(self, source: SourceFile, start: int, end: int) -> Sequence:
        """Read commands between two offsets of a text of their own."""
        raise NotImplementedError

    # --- words -----------------------------------------------------------------------------------

    def word(self) -> Word | None:
        """The word that begins here; None at a delimiter."""
        match = _PLAIN.match(self.text, self.pos, self.end)
        if match is None:
            return self._compound_word(regex=False)
        start, self.pos = match.span()
        span = Span(self.source, start, self.pos)
        return Word((Text(match[0], span),), span)

    def regex_word(self) -> Word | None:
        """The word at the right of `=~`, where `(`, `|` and blanks in parentheses stand for themselves."""
        return self._compound_word(regex=True)

    def _compound_word(self, regex: bool) -> Word | None:
        start = end = self.pos
        parts: list[WordPart] = []
        nesting = 0
        while self.pos < self.end:
            at = self.pos
            character = self.text[at]
            match = LITERAL.match(self.text, at, self.end)
            if match is not None:
                self._take(parts, match.end())
            elif character == "\\" and self.looking_at("\\\n"):
                self.pos += 2
                continue
            elif character in "'\"\\$`":
                self._quote_or_expansion(parts)
            elif character in "<>" and self.dialect.common and self.text.startswith("(", at + 1, self.end):
                parts.append(self._process_substitution())
            elif character == "(":
                if nesting or regex or self._extended_glob(parts):
                    nesting += 1
                    self._take(parts, self.pos + 1)
                elif self.dialect.bash and _ARRAY_START.fullmatch(self.text, start, at):
                    parts.append(self.array())
                else:
                    break
            elif nesting or (regex and character == "|"):
                nesting -= character == ")"
                self._take(parts, self.pos + 1)
            else:
                break
            end = self.pos
        if nesting:
            raise Unreadable("`(` without `)` in a pattern", self.end, unclosed=True)
        if end == start:
            return None
        return Word(_merged(parts), self.span(start, end))

    def _extended_glob(self, parts: list[WordPart]) -> bool:
        last = parts[-1] if parts else None
        return self.dialect.bash and isinstance(last, Text) and not last.quoted and last.text[-1] in "?*+@!"

    def _take(self, parts: list[WordPart], end: int, quoted: bool = False) -> None:
        """Add the characters up to an offset as they stand."""
        start, self.pos = self.pos, end
        parts.append(Text(self.text[start:end], self.span(start, end), quoted))

    def _quote_or_expansion(self, parts: list[WordPart]) -> None:
        """Read what begins with one of `'`, `"`, `\\`, `$` or a backquote outside of quotes."""
        character = self.text[self.pos]
        if character == "'":
            parts.append(self._single_quoted())
        elif character == '"':
            self._double_quoted(parts)
        elif character == "\\":
            self._escape(parts)
        elif character == "`":
            parts.append(self._backquote(quoted=False))
        elif self.dialect.common and self.looking_at("$'"):
            parts.append(self._ansi_quoted())
        elif self.dialect.bash and self.looking_at('$"'):
            self.pos += 1
            self._double_quoted(parts)
        else:
            part = self._dollar(quoted=False)
            if part is None:
                self._take(parts, self.pos + 1)
            else:
                parts.append(part)

    # --- quotes ----------------------------------------------------------------------------------

    def _single_quoted(self) -> Text:
        start = self.pos + 1
        close = self.text.find("'", start, self.end)
        if close < 0:
            raise Unreadable("`'` without its end", self.end, unclosed=True)
        self.pos = close + 1
        return Text(self.text[start:close], self.span(start, close), quoted=True)

    def _ansi_quoted(self) -> Text:
        start = self.pos + 2
        close = _ANSI_QUOTED.match(self.text, start, self.end).end()  # type: ignore[union-attr]
        if not self.text.startswith("'", close, self.end):
            raise Unreadable("`$'` without its end", self.end, unclosed=True)
        self.pos = close + 1
        return Text(_ANSI_ESCAPE.sub(_ansi_character, self.text[start:close]), self.span(start, close), quoted=True)

    def _escape(self, parts: list[WordPart]) -> None:
        start = self.pos
        self.pos = min(start + 2, self.end)
        escaped = self.text[start + 1 : self.pos]
        if escaped == "":
            parts.append(Text("\\", self.span(start, self.pos)))
        elif escaped != "\n":
            parts.append(Text(escaped, self.span(start, self.pos), quoted=True))

    def _double_quoted(self, parts: list[WordPart]) -> None:
        start = self.pos
        self.pos += 1
        count = len(parts)
        self._quoted_run(parts, _IN_DOUBLE_QUOTES, '$`"\\\n')
        if self.peek() != '"':
            raise Unreadable('`"` without its end', self.end, unclosed=True)
        if len(parts) == count:
            parts.append(Text("", self.span(start + 1, self.pos), quoted=True))
        self.pos += 1

    def _quoted_run(self, parts: list[WordPart], run: re.Pattern[str], escapable: str) -> None:
        """Read text and expansions up to a character that `run` does not hold and that starts none."""
        texts: list[str] = []
        start = self.pos
        while self.pos < self.end:
            match = run.match(self.text, self.pos, self.end)
            if match is not None:
                texts.append(match[0])
                self.pos = match.end()
                continue
            character = self.text[self.pos]
            if character == "\\":
                escaped = self.text[self.pos + 1 : min(self.pos + 2, self.end)]
                if escaped and escaped in escapable:
                    texts.append(escaped if escaped != "\n" else "")
                else:
                    texts.append("\\" + escaped)
                self.pos += 1 + len(escaped)
                continue
            if character not in "$`":
                break
            before = self.pos
            part = self._dollar(quoted=True) if character == "$" else self._backquote(quoted=True)
            if part is None:
                texts.append("$")
                self.pos += 1
                continue
            if texts:
                parts.append(Text("".join(texts), self.span(start, before), quoted=True))
                texts = []
            parts.append(part)
            start = self.pos
        if texts:
            parts.append(Text("".join(texts), self.span(start, self.pos), quoted=True))

    # --- `$` -------------------------------------------------------------------------------------

    def _dollar(self, quoted: bool) -> WordPart | None:
        """The expansion at this `$`; None where the dollar stands for itself."""
        start = self.pos
        match = _BARE.match(self.text, start, self.end) or _BRACED.match(self.text, start, self.end)
        if match is not None:
            self.pos = match.end()
            return Parameter(match[1], self.span(start, self.pos), quoted)
        follower = self.text[start + 1 : min(start + 2, self.end)]
        if follower == "{":
            return self._braced(quoted)
        if follower == "(":
            if self.text.startswith("(", start + 2, self.end):
                close = self.arithmetic_end(start + 3)
                if close >= 0:
                    return self._arithmetic(start, start + 3, close, close + 2, quoted)
            return self._command_substitution(quoted)
        if follower == "[" and self.dialect.bash:
            return self._bracket_arithmetic(quoted)
        return None

    def _command_substitution(self, quoted: bool) -> CommandSubstitution:
        start = self.pos
        self.pos += 2
        body = self.substituted()
        return CommandSubstitution(body, self.span(start, self.pos), quoted)

    def _process_substitution(self) -> ProcessSubstitution:
        start = self.pos
        direction = self.text[start]
        self.pos += 2
        body = self.substituted()
        return ProcessSubstitution("<" if direction == "<" else ">", body, self.span(start, self.pos))

    def _backquote(self, quoted: bool) -> CommandSubstitution:
        start = self.pos + 1
        close = _BACKQUOTED.match(self.text, start, self.end).end()  # type: ignore[union-attr]
        if not self.text.startswith("`", close, self.end):
            raise Unreadable("backquote without its end", self.end, unclosed=True)
        escape = _BACKQUOTE_ESCAPE_QUOTED if quoted else _BACKQUOTE_ESCAPE
        if escape.search(self.text, start, close) is None:
            body = self.backquoted(self.source, start, close)
        else:
            inner = _without_escapes(self.source, escape, start, close)
            body = self.backquoted(inner, 0, len(inner.text))
        self.pos = close + 1
        return CommandSubstitution(body, self.span(start - 1, self.pos), quoted, backquoted=True)

    # --- arithmetic ------------------------------------------------------------------------------

    def arithmetic_end(self, start: int) -> int:
        """Where the `))` stands that closes an arithmetic expression; -1 where it is a subshell in parentheses."""
        known = self._arithmetic_ends.get(start)
        if known is None:
            known = self._arithmetic_ends[start] = self._find_arithmetic_end(start)
        return known if known < self.end else -1

    def _find_arithmetic_end(self, start: int) -> int:
        text, at, nesting = self.text, start, 0
        while self.fuel > 0:
            match = _ARITHMETIC_TOKEN.search(text, at, self.end)
            if match is None:
                break
            at = match.end()
            token = match[0]
            if token == "(":
                nesting += 1
            elif token == ")":
                if nesting == 0:
                    if text.startswith(")", at, self.end):
                        return at - 1
                    break
                nesting -= 1
            elif token == "\\":
                at += 1
            elif token == '"':
                quoted = _DOUBLE_QUOTED.match(text, at - 1, self.end)
                at = quoted.end() if quoted else self.end
            else:
                close = text.find(token, at, self.end)
                at = close + 1 if close >= 0 else self.end
        # What was looked at in vain will be read again: that must not happen without bounds.
        self.fuel -= at - start
        return -1

    def _arithmetic(self, start: int, inner: int, close: int, after: int, quoted: bool) -> ArithmeticExpansion:
        substitutions = self.arithmetic_substitutions(inner, close)
        self.pos = after
        return ArithmeticExpansion(self.text[inner:close], self.span(start, after), quoted, substitutions)

    def arithmetic_substitutions(self, start: int, end: int) -> tuple[CommandSubstitution, ...]:
        """The command substitutions in an arithmetic expression."""
        if "$" not in (inner := self.text[start:end]) and "`" not in inner:
            return ()
        self.deeper()
        found: list[CommandSubstitution] = []
        outer_end, self.end = self.end, end
        self.pos = start
        try:
            while self.pos < end:
                match = _IN_ARITHMETIC.match(self.text, self.pos, end)
                if match is not None:
                    self.pos = match.end()
                elif self.text[self.pos] == "\\":
                    self.pos += 2
                else:
                    part = self._dollar(quoted=True) if self.text[self.pos] == "$" else self._backquote(quoted=True)
                    if part is None:
                        self.pos += 1
                    else:
                        found.extend(substitutions_in(part))
        finally:
            self.end = outer_end
        self.depth -= 1
        return tuple(found)

    def _bracket_arithmetic(self, quoted: bool) -> ArithmeticExpansion:
        start = self.pos
        self.pos += 2
        found = self._skip_subscript()
        return ArithmeticExpansion(
            self.text[start + 2 : self.pos - 1], self.span(start, self.pos), quoted, tuple(found)
        )

    def _skip_subscript(self) -> list[CommandSubstitution]:
        """Go past the `]` that closes a bracket; the command substitutions that stood before it."""
        self.deeper()
        parts: list[WordPart] = []
        nesting = 1
        while self.pos < self.end:
            match = _IN_SUBSCRIPT.match(self.text, self.pos, self.end)
            if match is not None:
                self.pos = match.end()
                continue
            character = self.text[self.pos]
            if character in "[]":
                self.pos += 1
                nesting += 1 if character == "[" else -1
                if nesting == 0:
                    self.depth -= 1
                    return [found for part in parts for found in substitutions_in(part)]
            else:
                self._quote_or_expansion(parts)
        raise Unreadable("`[` without `]`", self.end, unclosed=True)

    # --- `${…}` ----------------------------------------------------------------------------------

    def _braced(self, quoted: bool) -> Parameter:
        self.deeper()
        start = self.pos
        head = _LENGTH.match(self.text, start, self.end) or _INDIRECT_OR_PLAIN.match(self.text, start, self.end)
        name, kind, symbol = "", "invalid", ""
        index: str | None = None
        substitutions: tuple[CommandSubstitution, ...] = ()
        argument = replacement = None
        if head is None:
            self.pos += len("${")
        else:
            self.pos, name = head.end(), head[2]
            index, substitutions = self._subscript()
            if head[1] == "!" and index is None and (names := _NAMES_BY_PREFIX.match(self.text, self.pos, self.end)):
                index, self.pos = names[0], names.end()
                kind = "prefix"
            else:
                kind, symbol = self._operator(head[1], index)
        if symbol:
            argument, replacement = self._operands(symbol, quoted)
        elif kind == "invalid":
            argument = self._operand("", quoted, patterns=False)
        if self.peek() != "}":
            raise Unreadable("`${` without `}`", self.end, unclosed=True)
        if kind == "invalid":
            name = self.text[start + len("${") : self.pos]
        self.pos += 1
        self.depth -= 1
        return Parameter(name, self.span(start, self.pos), quoted, kind, argument, index, replacement, substitutions)

    def _operator(self, prefix: str | None, index: str | None) -> tuple[str, str]:
        """What kind of expansion goes on here, and its operator where that has operands."""
        closed = self.peek() == "}"
        if prefix == "#":
            return ("length" if closed else "invalid"), ""
        if closed:
            return ("" if prefix is None else "keys" if index in ("@", "*") else "indirect"), ""
        operator = _OPERATOR.match(self.text, self.pos, self.end)
        if operator is None:
            return "invalid", ""
        self.pos = operator.end()
        return ("" if prefix is None else "indirect") + operator[0], operator[0]

    def _subscript(self) -> tuple[str | None, tuple[CommandSubstitution, ...]]:
        if self.peek() != "[":
            return None, ()
        start = self.pos + 1
        self.pos = start
        found = self._skip_subscript()
        return self.text[start : self.pos - 1], tuple(found)

    def deeper(self) -> None:
        """One level down; the caller comes up again where it catches what is unreadable, or at its end."""
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise Unreadable(f"nested more than {DEPTH_LIMIT} levels deep", self.pos, too_deep=True)

    def _operands(self, operator: str, quoted: bool) -> tuple[Word, Word | None]:
        stop = "/" if operator[0] == "/" else ":" if operator == ":" else ""
        patterns = operator[0] in "#%/^,"
        # What is quoted outside of the braces is not so in a pattern: `"${x##*/}"` (XCU 2.6.2).
        argument = self._operand(stop, quoted and not patterns, patterns=patterns)
        if stop and self.peek() == stop:
            self.pos += 1
            return argument, self._operand("", quoted, patterns=True)
        return argument, None

    def _operand(self, stop: str, quoted: bool, patterns: bool) -> Word:
        """The word up to `}` or `stop`; in double quotes, `'` quotes only within patterns."""
        start = self.pos
        parts: list[WordPart] = []
        nesting = 0
        hiding = quoted and not patterns and self.dialect.bash
        while self.pos < self.end:
            match = _IN_BRACES.match(self.text, self.pos, self.end)
            if match is not None:
                self._take(parts, match.end(), quoted)
                continue
            character = self.text[self.pos]
            if character == "}" or (character == stop and not nesting):
                break
            if character in "/:()":
                nesting += (character == "(") - (character == ")")
                self._take(parts, self.pos + 1, quoted)
            elif hiding and character == "'":
                hiding = self._hidden_by_single_quotes(parts)
            elif quoted:
                self._quoted_operand_part(parts, character, patterns)
            else:
                self._quote_or_expansion(parts)
        return Word(_merged(parts), self.span(start, self.pos))

    def _quoted_operand_part(self, parts: list[WordPart], character: str, patterns: bool) -> None:
        if character == "'":
            if patterns:
                parts.append(self._single_quoted())
            else:
                self._take(parts, self.pos + 1, quoted=True)
        elif self.dialect.bash and self.looking_at("$'"):
            parts.append(self._ansi_quoted())
        elif character == '"':
            self._double_quoted(parts)
        elif character == "\\":
            escaped = self.text[self.pos + 1 : min(self.pos + 2, self.end)]
            text = "" if escaped == "\n" else escaped if escaped and escaped in '$`"\\}' else "\\" + escaped
            start, self.pos = self.pos, self.pos + 1 + len(escaped)
            parts.append(Text(text, self.span(start, self.pos), quoted=True))
        else:
            part = self._dollar(quoted=True) if character == "$" else self._backquote(quoted=True)
            if part is None:
                self._take(parts, self.pos + 1, quoted=True)
            else:
                parts.append(part)

    def _hidden_by_single_quotes(self, parts: list[WordPart]) -> bool:
        """In `"${x:-'…'}"` bash looks for the second quote, but keeps both and expands what stands between.

        False, and nothing read, where an expansion begins between them and ends behind.
        """
        start, close = self.pos, self.text.find("'", self.pos + 1, self.end)
        if close < 0:
            raise Unreadable("`'` without its end", self.end, unclosed=True)
        count, outer_end, depth = len(parts), self.end, self.depth
        self._take(parts, start + 1, quoted=True)
        self.end = close
        try:
            while self.pos < close:
                self._quoted_run(parts, _IN_DOUBLE_QUOTES, '$`"\\\n')
                self.pos += self.peek() == '"'
        except Unreadable:
            self.pos, self.depth, parts[count:] = start, depth, []
            return False
        finally:
            self.end = outer_end
        self._take(parts, close + 1, quoted=True)
        return True

    # --- arrays and heredocs ---------------------------------------------------------------------

    def array(self) -> ArrayLiteral:
        """`( … )` at the right of an assignment."""
        self.deeper()
        start = self.pos
        self.pos += 1
        try:
            elements = tuple(self._elements())
        except Unreadable as error:
            error.array = True
            raise
        self.depth -= 1
        return ArrayLiteral(elements, self.span(start, self.pos))

    def _elements(self) -> Iterator[Word]:
        while True:
            self.skip_lines()
            if self.peek() == ")":
                self.pos += 1
                return
            element = self.word()
            if element is None:
                if self.pos >= self.end:
                    raise Unreadable("`(` of an array without `)`", self.end, unclosed=True)
                raise Unreadable(f"`{self.peek()}` in an array", self.pos)
            yield element

    def delimiter(self) -> Delimiter | None:
        """The word after `<<`: quotes are removed, and nothing in it is expanded."""
        start = self.pos
        parts: list[WordPart] = []
        while self.pos < self.end:
            match = LITERAL.match(self.text, self.pos, self.end)
            character = self.text[self.pos]
            if match is not None:
                self._take(parts, match.end())
            elif character == "'":
                parts.append(self._single_quoted())
            elif character == '"':
                self._literal_double_quoted(parts)
            elif character == "\\":
                self._escape(parts)
            elif character in "$`":
                self._take(parts, self.pos + 1)
            else:
                break
        if self.pos == start:
            return None
        word = Word(_merged(parts), self.span(start, self.pos))
        return Delimiter(word, word.literal or "", word.quoted)

    def _literal_double_quoted(self, parts: list[WordPart]) -> None:
        match = _DOUBLE_QUOTED.match(self.text, self.pos, self.end)
        if match is None:
            raise Unreadable('`"` without its end', self.end, unclosed=True)
        start, self.pos = match.span()
        text = re.sub(r'\\([$`"\\])', r"\1", match[0][1:-1])
        parts.append(Text(text, self.span(start + 1, self.pos - 1), quoted=True))

    def fill_heredoc(self, heredoc: PendingHeredoc, start: int, end: int) -> None:
        """See Lexer.fill_heredoc."""
        after = self.pos
        parts: list[WordPart] = []
        if heredoc.quoted:
            if end > start:
                parts.append(Text(self.text[start:end], self.span(start, end), quoted=True))
        else:
            self._heredoc_parts(parts, start, end)
        if heredoc.strip_tabs:
            parts = [self._without_tabs(part) for part in parts]
        body = Word(tuple(parts), self.span(start, end))
        self.pos = after
        # The body stands behind the commands of its line: the node that owns it is complete only now.
        object.__setattr__(
            heredoc.redirection,
            "heredoc",
            Heredoc(heredoc.delimiter, heredoc.quoted, heredoc.strip_tabs, body),
        )

    def _heredoc_parts(self, parts: list[WordPart], start: int, end: int) -> None:
        outer = self.end, self.depth, self.pending
        self.pos, self.end, self.pending = start, end, []
        try:
            self._quoted_run(parts, _IN_HEREDOC, "$`\\\n")
        except Unreadable:
            # Shells find out when they expand the body.
            read = parts[-1].span.end if parts else start
            parts.append(Parameter(self.text[read:end], self.span(read, end), quoted=True, operator="invalid"))
        # Heredocs that were begun in the body end with it.
        self.pos = end
        self.read_heredocs()
        self.end, self.depth, self.pending = outer

    def _without_tabs(self, part: WordPart) -> WordPart:
        if not isinstance(part, Text):
            return part
        text = _TABS.sub("", part.text)
        if self.text[part.span.start - 1] == "\n":
            text = text.lstrip("\t")
        return Text(text, part.span, quoted=True)


def substitutions_in(part: WordPart) -> Iterator[CommandSubstitution]:
    """The command substitutions that a part of a word holds, or is."""
    if isinstance(part, CommandSubstitution):
        yield part
    elif isinstance(part, ArithmeticExpansion):
        yield from part.substitutions
    elif isinstance(part, Parameter):
        yield from part.substitutions
        for word in (part.argument, part.replacement):
            for inner in word.parts if word is not None else ():
                yield from substitutions_in(inner)


def _merged(parts: list[WordPart]) -> tuple[WordPart, ...]:
    """The parts, with neighbouring texts of one kind made one."""
    if len(parts) < 2:
        return tuple(parts)
    merged: list[WordPart] = []
    texts: list[Text] = []
    for part in parts:
        if texts and not (isinstance(part, Text) and part.quoted == texts[-1].quoted):
            merged.append(_joined(texts))
            texts = []
        if isinstance(part, Text):
            texts.append(part)
        else:
            merged.append(part)
    if texts:
        merged.append(_joined(texts))
    return tuple(merged)


def _joined(texts: list[Text]) -> Text:
    if len(texts) == 1:
        return texts[0]
    return Text("".join(text.text for text in texts), texts[0].span.to(texts[-1].span), texts[0].quoted)


def _ansi_character(match: re.Match[str]) -> str:
    simple, byte, short, long, octal, control = match.groups()
    if simple is not None:
        return _ANSI_CHARACTERS[simple]
    if control is not None:
        return chr(ord(control) & 0x1F)
    code = int(octal, 8) & 0xFF if octal is not None else int(byte or short or long, 16)
    return chr(code) if code < 0x110000 else "\ufffd"


def _without_escapes(source: SourceFile, escape: re.Pattern[str], start: int, end: int) -> SourceFile:
    """The text that the shell reads inside of backquotes, as a part of the one it stands in."""
    pieces: list[str] = []
    segments = [(0, start)]
    length, at = 0, start
    for match in escape.finditer(source.text, start, end):
        piece = source.text[at : match.start()]
        length += len(piece)
        if piece or not pieces:
            pieces.append(piece)
        segments.append((length, match.start(1)))
        at = match.start(1)
    pieces.append(source.text[at:end])
    return SourceFile(source.path, "".join(pieces), source, tuple(segments))
