"""Arithmetic as shells do it: `$(( … ))`, `(( … ))`, `let`, with what it assigns on the way."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.regex import regex

if TYPE_CHECKING:
    import re

    from stopcheck.boot.shell.scope import Scope
    from stopcheck.boot.world import Field
    from stopcheck.source import Span
    from stopcheck.syntax.shell.tree import CommandSubstitution


class UnsetError(Exception):
    """A parameter that has to be set is not (`set -u`, `${x:?message}`), or cannot be read so: the shell ends."""

    in_heredoc = False


class ArithmeticFault(UnsetError):  # noqa: N818 - no error of ours
    """An expression that no shell can work out: a division by 0. bash gives up the line, the others end."""


class ConstantFault(ArithmeticFault):
    """An expansion that would set what is set for good; `status`: what that leaves in bash."""

    def __init__(self, name: str, status: int = 1) -> None:
        super().__init__(name)
        self.status = status


class _Doubt(Exception):  # noqa: N818 - no error of ours
    """What cannot be worked out from here."""


_NUMBER = regex(r"\s*[-+]?\d+\s*$")
_TOKEN = regex(
    r"\s*(?:(\d+#[0-9a-zA-Z]+|0[xX][0-9a-fA-F]+|\d+(?!#))|\$\{?([A-Za-z_][A-Za-z_0-9]*|\d+|[#?$!])\}?|([A-Za-z_][A-Za-z_0-9]*)"
    r"|(<<=|>>=|\*\*|<<|>>|<=|>=|==|!=|&&|\|\||\+\+|--|[-+*/%&|^]=|[-+*/%<>!~&|^()?:=,]))"
)
_SIZE = regex(r"\$\{#([A-Za-z_][A-Za-z_0-9]*)(\[[@*]\])?\}")
"""How long a value is, or how many an array has: `${#names[@]}`."""
_DEFAULT = regex(r"\$\{([A-Za-z_][A-Za-z_0-9]*|\d+)(:?)-(\w*)\}")
"""A variable, or what stands there where it is not set: `${seconds:-10}`."""
_SETTING = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="})
_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"||"}), frozenset({"&&"}), frozenset({"|"}), frozenset({"^"}), frozenset({"&"}), frozenset({"==", "!="}),
    frozenset({"<", ">", "<=", ">="}), frozenset({"<<", ">>"}), frozenset({"+", "-"}), frozenset({"*", "/", "%"}),
)  # fmt: skip
_BITS = 64
_LEAST = -(1 << _BITS - 1)


def evaluate(scope: Scope, text: str, span: Span | None = None) -> Field:
    """The value of an expression over known numbers, as text, and what it sets; Unknown where one is not known."""
    if not scope.plain and "\\" not in text:
        text = text.replace('"', "")  # bash takes the quotes away; to the others they are an error (measured)
    tokens, whole = _tokens(_with_defaults(scope, _with_sizes(scope, text)), twice=scope.plain != "posix")
    # `$x` is put in before the expression is read, so one without a value leaves nothing: `$x == 0` is an error then.
    tokens = [token for token in tokens if token[0] != "$" or not _is_blank(scope, token[1:])]
    sum_ = _Sum(scope, tokens)
    try:
        if whole:
            return str(_wrapped(sum_.all())) if tokens else "0"
    except (_Doubt, RecursionError):
        pass
    unknown = Unknown("the result of arithmetic", span)
    for name in _set_by(tokens):
        scope.assign(name, unknown)
    return unknown


def _is_blank(scope: Scope, name: str) -> bool:
    value = scope.variable(name)
    if value is None:
        return not (scope.nounset and scope.counts_unset)
    return isinstance(value, str) and not value.strip()


def elements(scope: Scope, name: str) -> tuple[Field, ...]:
    """Those of an array; a variable is one with a single element, and what is not known has any number of them."""
    array = scope.array(name)
    if array is not None:
        return array.values()
    value = scope.variable(name)
    return () if value is None else (Unknown(value.reason, value.span) if isinstance(value, Unknown) else value,)


def _with_sizes(scope: Scope, text: str) -> str:
    """An expression with each `${#name}` and `${#name[@]}` as the number that it is, where that is known."""
    if "${#" not in text:
        return text

    def size(found: re.Match[str]) -> str:
        name, several = found.groups()
        if several:
            values = None if scope.plain else elements(scope, name)
            known = values is not None and all(isinstance(value, str) for value in values)
            number = str(len(values)) if values is not None and known else None
        else:
            value = scope.variable(name)
            number = str(len(value)) if isinstance(value, str) else None
        return number if isinstance(number, str) else found[0]

    return _SIZE.sub(size, text)


def _with_defaults(scope: Scope, text: str) -> str:
    """An expression with what each `${name:-word}` comes to, where that is known."""

    def chosen(found: re.Match[str]) -> str:
        name, minds_empty, word = found.groups()
        value = scope.variable(name)
        if isinstance(value, Unknown):
            return found[0]
        return word if value is None or (minds_empty and not value) else value

    return _DEFAULT.sub(chosen, text) if "-" in text and "${" in text else text


def filled_in(scope: Scope, text: str, substitutions: tuple[CommandSubstitution, ...]) -> str:
    """An expression with what its `$( … )` print in their place; those of which that is not known stay."""
    for part in substitutions:
        output = scope.substitute(part)
        if isinstance(output, str):
            text = text.replace(part.span.text, f" {output} ", 1)
    return text


def _tokens(text: str, *, twice: bool) -> tuple[list[str], bool]:
    """The tokens as far as they can be read, and whether that is all; a name that is not to be set begins with `$`.

    `twice`: whether `++`, `--` and `**` are operators: to dash they are two.
    """
    tokens: list[str] = []
    at, stripped = 0, text.strip()
    while at < len(stripped):
        found = _TOKEN.match(stripped, at)
        if not found:
            return tokens, False
        number, value, name, operator = found.groups()
        if operator in {"++", "--", "**"} and not twice:
            tokens += list(operator)
        else:
            tokens.append(number or (f"${value}" if value else name or operator))
        at = found.end()
    return tokens, True


def _set_by(tokens: list[str]) -> set[str]:
    """The variables that an expression sets."""
    names = set()
    for at, token in enumerate(tokens):
        around = {*tokens[max(0, at - 1) : at], *tokens[at + 1 : at + 2]}
        if _is_name(token) and (around & {"++", "--"} or set(tokens[at + 1 : at + 2]) & _SETTING):
            names.add(token)
    return names


def _is_name(token: str) -> bool:
    return token[:1].isalpha() or token[:1] == "_"


class _Sum:
    """Reads an expression from left to right; `live` is false in what a `&&`, `||` or `?` leaves out."""

    def __init__(self, scope: Scope, tokens: list[str]) -> None:
        self._scope = scope
        self._tokens = tokens
        self._at = 0
        self._live = True

    def all(self) -> int:
        value = self._list()
        if self._at < len(self._tokens):
            # Two operands, or a bracket too many: no shell reads that, but what is left may be an array's index.
            raise _Doubt
        return value

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _takes(self, *tokens: str) -> str:
        token = self._next()
        if token and token in tokens:
            self._at += 1
            return token
        return ""

    def _list(self) -> int:
        value = self._choice()
        while self._takes(","):
            value = self._choice()
        return value

    def _choice(self) -> int:
        value = self._binary(0)
        if not self._takes("?"):
            return value
        live = self._live
        self._live = live and bool(value)
        first = self._list()
        if not self._takes(":"):
            raise _Doubt
        self._live = live and not value
        second = self._choice()
        self._live = live
        return first if value else second

    def _binary(self, level: int) -> int:
        if level == len(_LEVELS):
            return self._power()
        value = self._binary(level + 1)
        while operator := self._takes(*_LEVELS[level]):
            live = self._live
            if operator in {"&&", "||"}:
                self._live = live and bool(value) is (operator == "&&")
            right = self._binary(level + 1)
            self._live = live
            value = self._apply(operator, value, right)
        return value

    def _power(self) -> int:
        value = self._unary()
        if not self._takes("**"):
            return value
        exponent = self._power()
        if not 0 <= exponent < _BITS:
            raise _Doubt
        return _wrapped(int(value**exponent))

    def _unary(self) -> int:
        operator = self._takes("-", "+", "!", "~", "++", "--")
        if operator in {"++", "--"}:
            name = self._next()
            if not _is_name(name):
                raise _Doubt
            self._at += 1
            return self._set(name, self._value(name) + (1 if operator == "++" else -1))
        if operator:
            value = self._unary()
            return _wrapped({"-": -value, "+": value, "!": int(not value), "~": ~value}[operator])
        return self._operand()

    def _operand(self) -> int:
        token = self._next()
        if not token:
            raise ArithmeticFault(" ".join(self._tokens))  # it ends too early: `1 +`
        self._at += 1
        if token == "(":
            value = self._list()
            if not self._takes(")"):
                raise _Doubt
            return value
        if token[0].isdigit():
            return _fits(whole(token))
        if token[0] == "$":
            return self._value(token[1:])
        if not _is_name(token):
            raise ArithmeticFault(token)
        if operator := self._takes(*_SETTING):
            new = self._choice()
            return self._set(token, new if operator == "=" else self._apply(operator[:-1], self._value(token), new))
        value = self._value(token)
        if operator := self._takes("++", "--"):
            self._set(token, value + (1 if operator == "++" else -1))
        return value

    def _value(self, name: str) -> int:
        value = self._scope.variable(name)
        if isinstance(value, Unknown):
            raise _Doubt
        if value is None and self._live and self._scope.nounset and self._scope.counts_unset:
            raise UnsetError(name)
        if value is None or value.strip() == "":
            return 0
        if not _NUMBER.match(value):
            raise _Doubt
        return _fits(whole(value.strip()) if value.strip().isdigit() else int(value))

    def _set(self, name: str, value: int) -> int:
        value = _wrapped(value)
        if self._live:
            self._scope.assign(name, str(value))
        return value

    def _apply(self, operator: str, left: int, right: int) -> int:
        if operator in {"/", "%"}:
            if not right and self._live:
                raise ArithmeticFault(" ".join(self._tokens))
            quotient = abs(left) // abs(right or 1) * (1 if (left < 0) is (right < 0) else -1)
            return quotient if operator == "/" else left - right * quotient
        if operator in {"<<", ">>"} and not 0 <= right < _BITS:
            raise _Doubt
        return _wrapped(_compared(operator, left, right))


def _compared(operator: str, left: int, right: int) -> int:
    match operator:
        case "||":
            return int(bool(left or right))
        case "&&":
            return int(bool(left and right))
        case "|":
            return left | right
        case "^":
            return left ^ right
        case "&":
            return left & right
        case "==":
            return int(left == right)
        case "!=":
            return int(left != right)
        case "<":
            return int(left < right)
        case ">":
            return int(left > right)
        case "<=":
            return int(left <= right)
        case ">=":
            return int(left >= right)
        case "<<":
            return left << right
        case ">>":
            return left >> right
        case "+":
            return left + right
        case "-":
            return left - right
        case _:
            return left * right


def _wrapped(value: int) -> int:
    """What 64 bits hold of a result: past the greatest number comes the least, in dash, bash and busybox (measured)."""
    return (value - _LEAST) % (1 << _BITS) + _LEAST


def _fits(value: int) -> int:
    """A number that was written: of one that is too long each shell makes something else."""
    if not _LEAST <= value < -_LEAST:
        raise _Doubt
    return value


def whole(number: str) -> int:
    """A number as it is written: with 0x before it hexadecimal, with 0 octal, with 2# to the base 2."""
    if "#" in number:
        base, _, digits = number.partition("#")
        try:
            return int(digits, int(base))
        except ValueError:
            raise ArithmeticFault(number) from None
    if number[:2] in {"0x", "0X"}:
        return int(number, 16)
    if number[0] != "0":
        return int(number)
    if not set(number) <= set("01234567"):
        raise ArithmeticFault(number)
    return int(number, 8)
