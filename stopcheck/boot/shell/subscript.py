"""The subscript of an array: the number, or the key, that stands between its brackets."""

from __future__ import annotations

from stopcheck.boot.shell.arithmetic import evaluate
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown, numeral
from stopcheck.regex import regex

if TYPE_CHECKING:
    from stopcheck.boot.shell.arrays import Array
    from stopcheck.boot.shell.scope import Scope
    from stopcheck.boot.world import Field

_REFERENCE = regex(r"\$(?:\{(\w+)\}|(\w+))")
_ASKS = regex(r"[$`\\]")


def key_of(scope: Scope, array: Array, index: str) -> Field:
    """What stands between the brackets: a sum, or of a keyed array a text."""
    if not array.keyed:
        number = evaluate(scope, index)
        return number if isinstance(number, Unknown) or numeral(number.removeprefix("-")) is not None else _doubt(index)
    text = index[1:-1] if len(index) > 1 and index[0] == index[-1] and index[0] in "\"'" else index
    if index[:1] == "'" or not _ASKS.search(text):
        return text
    values = [scope.variable(braced or bare) for braced, bare in _REFERENCE.findall(text)]
    if any(isinstance(value, Unknown) for value in values) or _ASKS.search(_REFERENCE.sub("", text)):
        return _doubt(index)
    told = iter(values)
    return _REFERENCE.sub(lambda _: str(next(told) or ""), text)


def _doubt(index: str) -> Unknown:
    return Unknown(f"what [{index}] is")
