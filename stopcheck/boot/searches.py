"""grep in files whose text is known: whether it finds what it looks for."""

from __future__ import annotations

import posixpath
import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from stopcheck.boot.roles import Start
    from stopcheck.boot.world import Body

_LETTERS = frozenset("EFHchinoqsvx")
"""The options that leave a plain pattern what it is; `-e` names it."""
_PLAIN = regex(r"\^?[\w .,:;=@%#/\"'<>&~-]*\$?")
"""What the three kinds of patterns take alike."""


def start_grep(start: Start) -> Body:
    """A question whose answer the files tell where its pattern is plain and nothing else works on what it reads."""
    letters: set[str] = set()
    words: list[str] = []
    for word in start.argv[1:]:
        if isinstance(word, Unknown):
            return start.leaf("test")
        if word == "--quiet":
            letters.add("q")
        elif word.startswith("-") and len(word) > 1 and word != "--":
            letters |= set(word[1:])
        elif word != "--":
            words.append(word)
    texts = [_text(start, path) for path in words[1:]]
    if not texts or not letters <= _LETTERS | {"e"} or not _PLAIN.fullmatch(words[0]) or None in texts:
        return start.leaf("test")
    pattern = words[0]
    if "F" in letters:
        pattern = re.escape(pattern)
    found = re.compile(f"(?:{pattern})" + (r"\Z" if "x" in letters else ""), re.IGNORECASE if "i" in letters else 0)
    look = found.match if "x" in letters else found.search
    lines = [line for text in texts if text for line in text.removesuffix("\n").split("\n")]
    return start.leaf("test", status=int(not any((look(line) is None) is ("v" in letters) for line in lines)))


def _text(start: Start, path: str) -> str | None:
    """A file's text; None where it is not known, or where the script may have changed what the image has."""
    path = posixpath.normpath(posixpath.join(start.process.cwd, path))
    if path in start.world.files:
        written = start.world.files[path]
        return written if isinstance(written, str) else None
    file = start.machine.image.files.lookup(path)
    origin = start.process.origin
    if file is None or isinstance(file, Unknown) or not isinstance(file.content, SourceFile) or origin is None:
        return None
    once = origin.source.text.count(posixpath.basename(path)) == 1
    return file.content.text if once else None
