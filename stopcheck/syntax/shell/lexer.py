"""The cursor over a shell text: blanks, comments, line ends, and the bodies of heredocs that wait for them."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass
from stopcheck.regex import regex
from stopcheck.source import SourceFile, Span

if TYPE_CHECKING:
    from stopcheck.syntax.shell.tree import Redirection


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a shell's grammar has beyond POSIX.

    `bash`: arrays, `(( ))`, extended globs, `select`, `coproc`, `time`, `<<<`, `{fd}>`, `|&`, `;&`, `$[ ]`, `$"…"`.
    `ksh`: there `|&` ends a command as `&` does, and makes it a coprocess.
    `common`: what busybox ash took over from it (shell/ash.c, BASH_…): `[[ ]]`, `function`, `&>`, `$'…'`, `<( )`.
    """

    bash: bool
    common: bool
    ksh: bool = False


DIALECTS = {
    "bash": Dialect(bash=True, common=True),
    "ksh": Dialect(bash=True, common=True, ksh=True),
    "busybox": Dialect(bash=False, common=True),
    "posix": Dialect(bash=False, common=False),
}

BLANKS = regex(r"[ \t]*+(?:\\\n[ \t]*+)*+")
GAP = regex(r"(?:[ \t\n]++|\\\n|#[^\n]*+)*+")
# What stands for itself in a word; a run of it ends at a delimiter, an expansion or a quote.
LITERAL = regex(r"""[^ \t\n|&;<>()$`\\"']++""")
DELIMITERS = frozenset(" \t\n|&;<>()")


class Unreadable(Exception):  # noqa: N818 (no error of the program's, but a way out of the descent)
    """The text at an offset is no shell grammar; `unclosed`: something opened earlier never ends.

    `too_deep`: it may well be, but goes deeper into the grammar than is read here; `array`: it stands in an array.
    """

    def __init__(self, reason: str, at: int, unclosed: bool = False, too_deep: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at
        self.unclosed = unclosed
        self.too_deep = too_deep
        self.array = False


@dataclass(frozen=True, slots=True)
class PendingHeredoc:
    """A heredoc whose operator was read and whose body begins after the next line end."""

    redirection: Redirection
    delimiter: str
    quoted: bool
    strip_tabs: bool


class Lexer:
    """An offset in a text, of which nothing before `pos` or from `end` on is looked at."""

    __slots__ = ("dialect", "end", "pending", "pos", "source", "substitutions", "text")

    def __init__(self, source: SourceFile, dialect: Dialect, start: int, end: int) -> None:
        self.source = source
        self.text = source.text
        self.dialect = dialect
        self.pos = start
        self.end = end
        self.pending: list[PendingHeredoc] = []
        self.substitutions = 0

    def span(self, start: int, end: int) -> Span:
        """The span between two offsets of this text."""
        return Span(self.source, start, end)

    def peek(self) -> str:
        """The next character; empty at the end."""
        return self.text[self.pos] if self.pos < self.end else ""

    def looking_at(self, token: str) -> bool:
        """Whether the text goes on with these characters."""
        return self.text.startswith(token, self.pos, self.end)

    def skip_blanks(self) -> None:
        """Go past spaces, tabs and line continuations."""
        if self.pos < self.end and self.text[self.pos] in " \t\\":
            self.pos = BLANKS.match(self.text, self.pos, self.end).end()  # type: ignore[union-attr]

    def skip_lines(self) -> None:
        """Go past blanks, comments and line ends; heredocs that wait are read at the first line end."""
        while self.pending:
            self.skip_blanks()
            if self.peek() == "#":
                self.skip_comment()
            if self.peek() != "\n":
                return
            self.pos += 1
            self.read_heredocs()
        self.pos = GAP.match(self.text, self.pos, self.end).end()  # type: ignore[union-attr]

    def skip_comment(self) -> None:
        """Go to the end of the line."""
        line_end = self.text.find("\n", self.pos, self.end)
        self.pos = self.end if line_end < 0 else line_end

    def read_heredocs(self) -> None:
        """Read the bodies of the heredocs that wait, in order, from the start of a line."""
        pending, self.pending = self.pending, []
        for heredoc in pending:
            start = self.pos
            stop, self.pos = self._heredoc_end(heredoc)
            self.fill_heredoc(heredoc, start, stop)

    def fill_heredoc(self, heredoc: PendingHeredoc, start: int, end: int) -> None:
        """Give a redirection its heredoc, whose body stands between two offsets."""
        raise NotImplementedError

    def _heredoc_end(self, heredoc: PendingHeredoc) -> tuple[int, int]:
        """Where the body ends, and where what follows the delimiter begins."""
        text, at = self.text, self.pos
        while at < self.end:
            line, after = self._heredoc_line(at, continued=not heredoc.quoted)
            candidate = line.lstrip("\t") if heredoc.strip_tabs else line
            if candidate == heredoc.delimiter:
                return at, after
            # bash takes `EOF)` for the end of a heredoc inside `$( )`.
            rest = candidate.removeprefix(heredoc.delimiter)
            if self.substitutions and len(rest) < len(candidate) and rest.lstrip().startswith(")"):
                return at, text.index(rest, at, self.end)
            at = after
        return self.end, self.end

    def _heredoc_line(self, at: int, continued: bool) -> tuple[str, int]:
        """A line, joined with those that it continues in where that counts, and where the next begins."""
        pieces: list[str] = []
        while True:
            line_end = self.text.find("\n", at, self.end)
            if line_end < 0:
                return "".join([*pieces, self.text[at : self.end]]), self.end
            line = self.text[at:line_end]
            at = line_end + 1
            if not continued or (len(line) - len(line.rstrip("\\"))) % 2 == 0:
                return "".join([*pieces, line]), at
            pieces.append(line[:-1])
