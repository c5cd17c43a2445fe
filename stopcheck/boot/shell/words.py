"""Expansion: what a shell word can be, as far as that is known."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase, translate

from stopcheck.boot.partly import OneWord, Partly, bounded, count
from stopcheck.boot.shell.arithmetic import ConstantFault, UnsetError, elements, evaluate, filled_in
from stopcheck.boot.shell.arrays import Array
from stopcheck.boot.shell.subscript import key_of
from stopcheck.boot.world import TooComplex
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.records import dataclass, replace
from stopcheck.regex import regex
from stopcheck.syntax.shell.tree import (
    ArithmeticExpansion,
    ArrayLiteral,
    CommandSubstitution,
    Parameter,
    ProcessSubstitution,
    Text,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stopcheck.boot.shell.scope import Scope
    from stopcheck.boot.world import Field

_ALWAYS_SET = frozenset(
    """
    @ * # ? - $ 0 _ HOME PATH PWD TERM IFS OPTIND OPTERR PPID SHLVL UID EUID GROUPS HOSTTYPE OSTYPE MACHTYPE PIPESTATUS
    FUNCNAME DIRSTACK PS1 PS2 PS4 SHELL SHELLOPTS RANDOM SECONDS LINENO HOSTNAME EPOCHSECONDS EPOCHREALTIME SRANDOM
    """.split()  # noqa: SIM905 - a table reads better as one text
)
"""What a shell or the container runtime sets by itself: never unset to `set -u`, whatever the files tell."""


_POSIX = frozenset({"", ":-", "-", ":=", "=", ":?", "?", ":+", "+", "#", "##", "%", "%%", "length"})
_KNOWN = {"posix": _POSIX, "busybox": _POSIX | {":", "/", "//", "/#", "/%"}}

MOST_FIELDS = 10_000
"""Of one command."""
MOST_MATCHED, MOST_REPLACED = 5000, 500
"""Characters of a text whose beginning or end is matched by a pattern, and of one whose every part may be."""


@dataclass(slots=True)
class _Piece:
    value: Field
    quoted: bool
    splits: bool


class _Break:
    """Between two fields of "$@"."""


def expand_words(scope: Scope, words: tuple[Word, ...], braces: bool = False) -> tuple[Field, ...]:
    """All fields that the words become."""
    fields: list[Field] = []
    for word in words:
        literal = word.literal
        if literal is not None and not braces:
            if literal or word.parts:
                fields.append(_tilde(scope, literal, word))
            continue
        if literal is not None and not word.quoted:
            fields.extend(_tilde(scope, each, word) for each in _braces(literal))
            continue
        fields.extend(_fields(scope, word))
        if len(fields) > MOST_FIELDS:
            raise TooComplex(f"a command has more than {MOST_FIELDS:,} words")
    return tuple(fields)


def _braces(literal: str) -> list[str]:
    if "{" not in literal:
        return [literal]
    from stopcheck.boot.shell.braces import expanded

    return expanded(literal)


def expand_text(scope: Scope, word: Word) -> Field:
    """The one field that a word is where nothing splits: in an assignment, a case subject, a redirection."""
    literal = word.literal
    if literal is not None:
        return _tilde(scope, literal, word)
    pieces = [piece for piece in _pieces(scope, word, False) if isinstance(piece, _Piece)]
    return _joined([piece.value for piece in pieces])


def expand_pattern(scope: Scope, word: Word) -> Field:
    """A word as a pattern: quoted characters are escaped for `matches`."""
    return _expand_escaping(scope, word, _escaped)


def expand_expression(scope: Scope, word: Word) -> Field:
    """A word as an extended regular expression: quoted characters stand for themselves."""
    return _expand_escaping(scope, word, re.escape)


def _expand_escaping(scope: Scope, word: Word, escaped: Callable[[str], str]) -> Field:
    texts: list[Field] = []
    for part in word.parts:
        if isinstance(part, Text):
            texts.append(escaped(part.text) if part.quoted else part.text)
            continue
        value = expand_text(scope, Word((part,), part.span))
        quoted = getattr(part, "quoted", False)
        texts.append(escaped(value) if quoted and isinstance(value, str) else value)
    return _joined(texts)


def matches(text: str, pattern: str) -> bool:
    """Whether a shell pattern (with `\\` or brackets as escape) fits the whole text."""
    return any(_matches(text, alternative) for alternative in _extglob(pattern))


_REPEATED = regex(r"([+*!])\(([^()]*)\)")


def _matches(text: str, pattern: str) -> bool:
    """With `+(…)`, `*(…)` and `!(…)` of bash, but for those that have a `*` within."""
    found = _REPEATED.split(pattern)
    if len(found) == 1 or any("*" in choices for choices in found[2::3]):
        return fnmatchcase(text, _translated(pattern))
    whole = ""
    for at in range(len(found) - 1, -1, -3):  # the last part first: what `!(…)` leaves out depends on what follows
        whole = _as_regex(found[at]) + whole
        if at:
            kind, choices = found[at - 2], "|".join(map(_as_regex, found[at - 1].split("|")))
            whole = rf"(?!(?:{choices}){whole}\Z).*{whole}" if kind == "!" else f"(?:{choices}){kind}{whole}"
    return re.fullmatch(whole, text, re.DOTALL) is not None


def _as_regex(pattern: str) -> str:
    return translate(_translated(pattern))[:-2]  # without the `\Z` at its end


def fits(value: Field, pattern: Field) -> bool | Unknown:
    """Whether a pattern fits a text that may be known only in part, or not at all."""
    if pattern == "*":
        return True
    if isinstance(pattern, Unknown):
        return pattern
    if isinstance(value, str):
        return matches(value, pattern)
    if not isinstance(value, Partly):
        return value
    first, last, whole = _literal_ends(pattern)
    if _differ(first, value.start) or _differ(last[::-1], value.end[::-1]) or (whole and not _can_be(value, first)):
        return False
    return True if pattern == f"{first}*" and value.start.startswith(first) else value


def same(left: Field, right: Field) -> bool | Unknown:
    """Whether two texts are the same, as far as they are known."""
    if isinstance(left, Unknown) and isinstance(right, Unknown):
        return left
    if isinstance(left, Unknown):
        left, right = right, left
    if isinstance(right, Unknown):
        return right if isinstance(left, str) and _can_be(right, left) else False
    return left == right


def _can_be(value: Unknown, text: str) -> bool:
    if not isinstance(value, Partly):
        return True
    known = len(value.start) + len(value.end)
    return text.startswith(value.start) and text.endswith(value.end) and len(text) >= known


def _differ(one: str, other: str) -> bool:
    """Whether two texts cannot have begun alike."""
    return not one.startswith(other) and not other.startswith(one)


_ESCAPE = regex(r"\\(.)", re.DOTALL)
_SPECIAL = regex(r"\\.|[*?\[]|[@+!](?=\()", re.DOTALL)


def _literal_ends(pattern: str) -> tuple[str, str, bool]:
    """What every text that a pattern fits begins and ends with, and whether that is all of it."""
    found = [each for each in _SPECIAL.finditer(pattern) if each[0][0] != "\\"]
    if not found:
        text = _ESCAPE.sub(r"\1", pattern)
        return text, text, True
    tail = pattern[found[-1].end() :] if found[-1][0] in "*?" else ""
    return _ESCAPE.sub(r"\1", pattern[: found[0].start()]), "" if "(" in tail else _ESCAPE.sub(r"\1", tail), False


def _extglob(pattern: str) -> list[str]:
    found = re.search(r"[@?+*!]\(([^()]*)\)", pattern)
    if not found or found.group(0)[0] not in "@?":
        return [pattern]
    before, after = pattern[: found.start()], pattern[found.end() :]
    choices = found.group(1).split("|") + ([""] if found.group(0)[0] == "?" else [])
    return [each for choice in choices for each in _extglob(before + choice + after)]


def _translated(pattern: str) -> str:
    out = []
    index = 0
    while index < len(pattern):
        char = pattern[index]
        if char == "\\" and index + 1 < len(pattern):
            index += 1
            out.append(f"[{pattern[index]}]" if pattern[index] in "*?[" else pattern[index])
        elif pattern.startswith("[^", index):
            out.append("[!")
            index += 1
        elif pattern.startswith("[[:", index) and (end := pattern.find(":]]", index)) > 0:
            out.append(_CLASSES.get(pattern[index + 3 : end], "?"))
            index = end + 2
        else:
            out.append(char)
        index += 1
    return "".join(out)


_CLASSES = {"digit": "[0-9]", "alpha": "[a-zA-Z]", "alnum": "[a-zA-Z0-9]", "upper": "[A-Z]", "lower": "[a-z]",
            "space": "[ \t\n\r]", "punct": "[!-/:-@\\[-`{-~]"}  # fmt: skip


def _escaped(text: str) -> str:
    return re.sub(r"([*?\[\\])", r"\\\1", text)


def _joined(values: list[Field]) -> Field:
    doubts = [index for index, value in enumerate(values) if isinstance(value, Unknown)]
    if not doubts:
        return bounded("".join(map(str, values)))
    first, last = values[doubts[0]], values[doubts[-1]]
    assert isinstance(first, Unknown)
    if len(values) == 1:
        return first
    # Only what is added last: a loop that adds to a text has to come round to where it was.
    start = "".join(map(str, values[: doubts[0]])) or (first.start if isinstance(first, Partly) else "")
    end = "".join(map(str, values[doubts[-1] + 1 :])) or (last.end if isinstance(last, Partly) else "")
    return Partly(first.reason, first.span, start, end) if start or end else first


def _tilde(scope: Scope, text: str, word: Word) -> Field:
    first = word.parts[0] if word.parts else None
    if text[:1] == "~" and text[1:2] in {"", "/"} and isinstance(first, Text) and not first.quoted:
        home = scope.variable("HOME") or ""
        return Unknown(home.reason, home.span) if isinstance(home, Unknown) else home + text[1:]
    return text


def _fields(scope: Scope, word: Word) -> list[Field]:
    """Field splitting of one word: unquoted expansions split at white space, "$@" makes several."""
    fields: list[Field] = []
    current: Field | None = None
    for piece in _apart(_pieces(scope, word, True)):
        if isinstance(piece, _Piece) and (isinstance(piece.value, Unknown) or not piece.splits):
            current = _added(current, piece)
            continue
        begins, parts, ends = _split(scope, str(piece.value)) if isinstance(piece, _Piece) else (True, [], True)
        for index, part in enumerate(parts):
            if current is not None and (index or begins):
                fields.append(current)
                current = None
            current = _added(current, _Piece(part, False, False))
        if current is not None and ends:
            fields.append(current)
            current = None
    if current is not None:
        fields.append(current)
    return fields


_BLANKS = " \t\n"


def separators(scope: Scope) -> str:
    """The characters of IFS; the usual ones where it is not set, or not known."""
    told = scope.variable("IFS")
    return told if isinstance(told, str) else _BLANKS


def _split(scope: Scope, text: str) -> tuple[bool, list[str], bool]:
    """The parts of a text that field splitting makes, and whether it begins and ends with a separator (XCU 2.6.5)."""
    told = separators(scope)
    if set(told) == set(_BLANKS):
        return text[:1].isspace(), text.split(), text[-1:].isspace()
    if not told:
        return False, [text] if text else [], False
    blanks = "".join(each for each in told if each in _BLANKS)
    others = re.escape("".join(each for each in told if each not in _BLANKS))
    space = f"[{re.escape(blanks)}]" if blanks else "(?!)"
    inner = text.strip(blanks) if blanks else text
    ends = text != "" and text[-1] in told
    between = rf"{space}*[{others}]{space}*|{space}+" if others else rf"{space}+"
    parts = re.split(between, inner) if inner else []
    if parts and parts[-1] == "":
        parts.pop()  # what stands behind the last separator is no field
    return text[:1] in tuple(blanks), parts, ends


def _apart(pieces: list[_Piece | type[_Break]]) -> Iterator[_Piece | type[_Break]]:
    """The known ends of a text that is split are words of their own: `$command` of `"app $OPTIONS"` runs app."""
    for piece in pieces:
        value = piece.value if isinstance(piece, _Piece) else None
        if isinstance(piece, _Piece) and isinstance(value, Partly) and piece.splits:
            for part in (value.start, Unknown(value.reason, value.span), value.end):
                yield _Piece(part, piece.quoted, True)
        else:
            yield piece


def _added(current: Field | None, piece: _Piece) -> Field:
    """A field with a piece added that does not split it, or is not known."""
    whole = _joined([current if current is not None else "", piece.value])
    if isinstance(whole, str):
        return whole
    if isinstance(piece.value, Unknown) and piece.splits:
        return Unknown(whole.reason, whole.span)
    if isinstance(current, Unknown) and not isinstance(current, OneWord):
        return Unknown(whole.reason, whole.span)
    start, end = (whole.start, whole.end) if isinstance(whole, Partly) else ("", "")
    return OneWord(whole.reason, whole.span, start, end)


def _pieces(scope: Scope, word: Word, splitting: bool) -> list[_Piece | type[_Break]]:
    pieces: list[_Piece | type[_Break]] = []
    for part in word.parts:
        match part:
            case Text():
                pieces.append(_Piece(part.text if pieces else _tilde(scope, part.text, word), part.quoted, False))
            case Parameter():
                pieces.extend(_parameter_pieces(scope, part, splitting))
            case CommandSubstitution():
                pieces.append(_Piece(scope.substitute(part), part.quoted, splitting and not part.quoted))
            case ArithmeticExpansion():
                text = filled_in(scope, part.text, part.substitutions)
                pieces.append(_Piece(evaluate(scope, text, part.span), part.quoted, False))
            case ProcessSubstitution():
                pieces.append(_Piece(scope.process(part), True, False))
            case ArrayLiteral():
                pieces.append(_Piece(Unknown("an array", part.span), True, False))
    return pieces


def _parameter_pieces(scope: Scope, part: Parameter, splitting: bool) -> list[_Piece | type[_Break]]:
    several: tuple[Field, ...] | None = None
    array: Array | None = None
    if scope.plain and (part.index is not None or part.operator not in _KNOWN[scope.plain]):
        raise UnsetError
    if part.name in {"@", "*"}:
        several = scope.positional()
    elif part.index in {"@", "*"}:
        array = scope.array(part.name)
        several = elements(scope, part.name)
    if part.operator == "keys" and several is not None:
        doubt = next((value for value in several if isinstance(value, Unknown)), None)
        several = (doubt,) if doubt is not None else array.keys() if array is not None else ("0",) * len(several)
    elif several is None or part.operator in {"length", "keys", "indirect", "prefix"}:
        alternative = _alternative(scope, part) if splitting and not part.quoted and scope.splits else None
        if alternative is not None:
            return alternative
        value = _parameter(scope, part)
        whole = not scope.splits and isinstance(value, str) and value != ""
        return [_Piece(value, part.quoted, splitting and not part.quoted and not whole)]
    if part.operator in {":", "", "keys"} or part.operator[:1] == ":" or part.operator in {"+", "-", "?", "="}:
        several = _several(scope, part, several, array)
    elif part.operator:
        several = tuple(_trimmed(scope, part, value) for value in several)
    star = part.name == "*" or part.index == "*"
    if not splitting or (star and part.quoted):
        if any(isinstance(value, Unknown) for value in several):
            return [_Piece(next(value for value in several if isinstance(value, Unknown)), part.quoted, False)]
        between = separators(scope)[:1] if star else " "
        return [_Piece(between.join(str(value) for value in several), part.quoted, False)]
    pieces: list[_Piece | type[_Break]] = []
    for index, value in enumerate(several):
        if index:
            pieces.append(_Break)
        many = isinstance(value, Unknown) and not isinstance(value, OneWord)
        pieces.append(_Piece(value, part.quoted, many or not part.quoted))
    return pieces


def _alternative(scope: Scope, part: Parameter) -> list[_Piece | type[_Break]] | None:
    """The word of `${x:+word}` or `${x:-word}` where it is what counts: it is split like any other, unless quoted."""
    if part.operator not in {":-", "-", ":+", "+"} or part.argument is None or part.index is not None:
        return None
    value = scope.variable(part.name)
    missing = value is None or (part.operator[0] == ":" and value == "")
    if isinstance(value, Unknown) or missing == (part.operator[-1] == "+"):
        return None
    pieces = _pieces(scope, part.argument, True)
    return [
        _Piece(piece.value, piece.quoted, not piece.quoted) if isinstance(piece, _Piece) else piece for piece in pieces
    ]


def _several(scope: Scope, part: Parameter, several: tuple[Field, ...], array: Array | None) -> tuple[Field, ...]:
    """`${@:2}`, `${@:-default}`, `${@:+x}` on a list."""
    operator = part.operator
    if operator in {"", "keys"}:
        return several
    if operator == ":":
        numbers = _substring_numbers(scope, part)
        if numbers is None or (len(several) > 1 and not scope.slices):
            return (Unknown("a part of the arguments", part.span),)
        offset, length = numbers
        if not scope.slices:
            text = several[0] if several else ""
            if isinstance(text, Unknown):
                return several
            return (text[offset:] if length is None else text[offset : offset + length],)
        if array is not None:
            return array.part(offset, length)
        items = several
        if part.name in {"@", "*"}:
            zero = scope.variable("0")
            items = ((zero if zero is not None else ""), *several)
        start = offset if offset >= 0 else max(0, len(items) + offset)
        return tuple(items[start : start + length] if length is not None else items[start:])
    set_ = bool(several) and not (operator[0] == ":" and several == ("",))
    if operator in {":+", "+"}:
        return (expand_text(scope, part.argument),) if set_ and part.argument else ()
    if set_:
        return several
    return tuple(_fields(scope, part.argument)) if part.argument is not None else ()


def _substring_numbers(scope: Scope, part: Parameter) -> tuple[int, int | None] | None:
    """Offset and length of `${x:offset:length}`."""
    numbers: list[int] = []
    for word in (part.argument, part.replacement):
        if word is None:
            break
        text = expand_text(scope, word)
        number = text if isinstance(text, Unknown) else evaluate(scope, text, part.span)
        if isinstance(number, Unknown):
            return None
        numbers.append(int(number))
    if not numbers:
        return 0, None
    return numbers[0], (numbers[1] if len(numbers) > 1 else None)


def _element(scope: Scope, part: Parameter, index: str) -> Field | None:
    """`${name[index]}`; a variable that is no array is one with a single element."""
    array = scope.array(part.name)
    if array is None:
        value = scope.variable(part.name)
        doubt = isinstance(value, Unknown) and index != "0"
        if doubt or value is None:
            return Unknown(f"${{{part.name}[…]}}", part.span) if doubt else None
        array = Array((("0", value),))
    key = key_of(scope, array, index)
    several = not array.keyed and any(isinstance(value, Unknown) for value in array.values()[:-1])
    if isinstance(key, Unknown) or (several and key != "0"):
        return Unknown(f"${{{part.name}[…]}}", part.span)
    return array.get(key)


def _parameter(scope: Scope, part: Parameter) -> Field:
    """One parameter with its operator."""
    operator = part.operator
    if part.index is not None and part.index not in {"@", "*"}:
        value = _element(scope, part, part.index)
    elif operator in {"prefix", "keys"}:
        return Unknown(f"${{!{part.name}…}}", part.span)
    elif operator == "length" and (part.name in {"@", "*"} or part.index in {"@", "*"}):
        several = scope.positional() if part.name in {"@", "*"} else elements(scope, part.name)
        return count(several, part.span)
    else:
        value = scope.variable(part.name)
    if operator.startswith("indirect"):
        if isinstance(value, Unknown):
            return _another(value)
        meant = replace(part, name=value or "", operator=operator[len("indirect") :], index=None)
        return _parameter(scope, meant) if value else ""
    if operator in {":-", "-", ":=", "=", ":?", "?", ":+", "+"}:
        return _default(scope, part, value)
    if value is None:
        if scope.nounset and may_be_unset(part.name) and part.index not in {"@", "*"}:
            raise UnsetError(part.name)
        value = ""
    if operator == "":
        return value
    if isinstance(value, Unknown):
        return _another(value)
    if operator == "length":
        return str(len(value))
    if operator == ":":
        numbers = _substring_numbers(scope, part)
        if numbers is None:
            return Unknown(f"a part of ${part.name}", part.span)
        offset, length = numbers
        start = offset if offset >= 0 else max(0, len(value) + offset)
        if length is None:
            return value[start:]
        return value[start : start + length] if length >= 0 else value[start:length]
    return _trimmed(scope, part, value)


def _another(value: Unknown) -> Unknown:
    """What is made of a text that is not known: of the ends that it is known by, nothing may be left."""
    return Unknown(value.reason, value.span) if isinstance(value, Partly) else value


def may_be_unset(name: str) -> bool:
    """Whether `set -u` may find a variable unset: some a shell sets itself."""
    return name not in _ALWAYS_SET and name[:4] != "BASH"


def _default(scope: Scope, part: Parameter, value: Field | None) -> Field:
    kind = part.operator[-1]
    filled = isinstance(value, Partly) and bool(value.start or value.end)
    if isinstance(value, Unknown) and not (kind == "+" and filled):
        return _another(value) if kind == "+" else value
    missing = value is None or (part.operator[0] == ":" and value == "")
    if kind == "+":
        return "" if missing or part.argument is None else expand_text(scope, part.argument)
    if not missing:
        return value if value is not None else ""
    default = expand_text(scope, part.argument) if part.argument is not None else ""
    if kind == "=":
        try:
            scope.assign(part.name, default)
        except ConstantFault:
            raise ConstantFault(part.name, 2) from None
    elif kind == "?":
        raise UnsetError(part.name)
    return default


def _replaced(value: str, pattern: str, new: str, where: str) -> str:
    """`${v/pattern/new}`: the longest text that fits, `#` at the beginning, `%` at the end, `/` wherever it fits."""
    size = len(value)
    if where == "#":
        return next((new + value[n:] for n in range(size, -1, -1) if matches(value[:n], pattern)), value)
    if where == "%":
        return next((value[:n] + new for n in range(size + 1) if matches(value[n:], pattern)), value)
    done, at = "", 0
    while at < size:
        end = next((n for n in range(size, at, -1) if matches(value[at:n], pattern)), None)
        if end is None:
            done, at = done + value[at], at + 1
            continue
        done, at = done + new, end
        if where != "/":
            break
    return done + value[at:]


def _trimmed(scope: Scope, part: Parameter, value: Field) -> Field:
    if isinstance(value, Unknown):
        return _another(value)
    operator = part.operator
    if operator in {"^", "^^", ",", ",,"}:
        if len(operator) == 2:
            return value.upper() if operator == "^^" else value.lower()
        return (value[:1].upper() if operator == "^" else value[:1].lower()) + value[1:]
    pattern = expand_pattern(scope, part.argument) if part.argument is not None else ""
    if isinstance(pattern, Unknown):
        return _another(pattern)
    if operator in {"/#", "/%"} and not scope.slices:  # busybox knows no anchors
        operator, pattern = "/", operator[1] + pattern
    size = len(value)
    literal, _, whole = _literal_ends(pattern)
    if size > (MOST_MATCHED if operator[0] in "#%" or whole else MOST_REPLACED):
        return Unknown("a text that is too long to follow")
    if operator in {"#", "##"}:
        sizes = range(size + 1) if operator == "#" else range(size, -1, -1)
        return next((value[n:] for n in sizes if matches(value[:n], pattern)), value)
    if operator in {"%", "%%"}:
        sizes = range(size, -1, -1) if operator == "%" else range(size + 1)
        return next((value[:n] for n in sizes if matches(value[n:], pattern)), value)
    if operator[0] == "/":
        new = expand_text(scope, part.replacement) if part.replacement is not None else ""
        if isinstance(new, Unknown):
            return _another(new)
        if "&" in new and scope.slices:
            return Unknown(f"${{{part.name}{operator}…}}", part.span)  # bash puts what was found in its place
        if whole and literal and operator in {"/", "//"}:
            return value.replace(literal, new, -1 if operator == "//" else 1)
        return _replaced(value, pattern, new, operator[1:])
    return Unknown(f"${{{part.name}{operator}…}}", part.span)
