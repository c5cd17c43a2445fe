"""argparse: the parser that a program describes is made for real, and reads the arguments that the image gives."""

from __future__ import annotations

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.python.library.shelf import PLAIN, Shelf
from stopcheck.boot.python.values import Instance, Library, RaisedError, Thing
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from typing import Any

_TAKEN = frozenset({"action", "choices", "const", "default", "dest", "nargs", "required"})
"""What decides what is read; the rest is for the help."""
_ACTIONS = frozenset({"store", "store_true", "store_false", "store_const", "append", "count", "version"})
_MOST = 100
"""Words for one argument."""
_TYPES = {"int": int, "float": float, "str": str}


class Arguments(Shelf):
    """See library.standard."""

    def argparse_argumentparser(self, *_: object, **named: object) -> Thing:
        """argparse.ArgumentParser()."""
        if {"parents", "fromfile_prefix_chars", "argument_default", "conflict_handler"} & named.keys():
            raise UndecidedError("how its arguments are read is not followed")
        return Thing("parser", {"told": [], "defaults": {}, "commands": None})

    def parser_add_argument(self, parser: Thing, *names: object, **named: Any) -> None:
        """ArgumentParser.add_argument()."""
        parser.fields["told"].append((names, named))

    def parser_add_argument_group(self, parser: Thing, *_: object, **__: object) -> Thing:
        """ArgumentParser.add_argument_group()."""
        return parser

    def parser_add_mutually_exclusive_group(self, parser: Thing, **named: object) -> Thing:
        """ArgumentParser.add_mutually_exclusive_group()."""
        if named.get("required") not in {None, False}:
            raise UndecidedError("which of its arguments is required is not followed")
        return parser

    def parser_set_defaults(self, parser: Thing, **named: object) -> None:
        """ArgumentParser.set_defaults()."""
        parser.fields["defaults"] |= named

    def parser_add_subparsers(self, parser: Thing, *_: object, **named: object) -> Thing:
        """ArgumentParser.add_subparsers()."""
        told = {name: value for name, value in named.items() if name in {"dest", "required"}}
        parser.fields["commands"] = Thing("commands", {"told": told, "parsers": {}})
        commands: Thing = parser.fields["commands"]
        return commands

    def commands_add_parser(self, commands: Thing, name: object, *_: object, **named: object) -> Thing:
        """add_parser() of what add_subparsers() gives."""
        made = self.argparse_argumentparser(**named)
        commands.fields["parsers"][name] = made
        return made

    def parser_print_help(self, *_: object) -> None:
        """ArgumentParser.print_help()."""

    parser_print_usage = parser_print_help

    def parser_error(self, *_: object) -> None:
        """ArgumentParser.error()."""
        raise RaisedError("SystemExit", 2)

    def parser_parse_args(self, parser: Thing, given: object = None, *_: object) -> Any:
        """ArgumentParser.parse_args()."""
        words = self.arguments[1:] if given is None else given
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            return Opaque("arguments")
        real = _real(parser)
        try:
            read = real.parse_args(words)
        except SystemExit as end:
            raise RaisedError("SystemExit", end.code) from None
        return Thing("namespace", vars(read))

    def parser_parse_known_args(self, parser: Thing, given: object = None, *_: object) -> Any:
        """ArgumentParser.parse_known_args()."""
        return (self.parser_parse_args(parser, given), Opaque("arguments"))


def _real(told: Thing) -> ArgumentParser:
    """The parser that a program has described."""
    import argparse

    class Parser(argparse.ArgumentParser):
        """A parser that says nothing."""

        def _print_message(self, message: str, file: object = None) -> None:
            """See argparse: nobody is to read it."""

    parser = Parser(prog="program")
    _describe(parser, told)
    commands: Thing | None = told.fields["commands"]
    if commands is not None:
        below = parser.add_subparsers(parser_class=Parser, **_known(commands.fields["told"]))
        for name, inner in commands.fields["parsers"].items():
            if not isinstance(name, str) or inner.fields["commands"] is not None:
                raise UndecidedError("how its arguments are read is not followed")
            _describe(below.add_parser(name), inner)
    return parser


def _describe(parser: ArgumentParser, told: Thing) -> None:
    for names, named in told.fields["told"]:
        kind = named.get("type")
        values = _known({name: value for name, value in named.items() if name in _TAKEN})
        own = kind is not None and not (isinstance(kind, Library) and kind.path in _TYPES)
        count = values.get("nargs")
        fits = all(isinstance(name, str) for name in names) and not (isinstance(count, int) and count > _MOST)
        if values.get("action", "store") not in _ACTIONS or not fits or (own and "choices" in values):
            raise UndecidedError("how its arguments are read is not followed")
        if kind is not None:
            # What a function of its own makes of a word is not known.
            values["type"] = _TYPES[kind.path] if isinstance(kind, Library) and not own else Opaque
        if values.get("action") == "version":
            values["version"] = "0"
        try:
            parser.add_argument(*names, **values)
        except (TypeError, ValueError, argparse_error()):
            raise UndecidedError("how its arguments are read is not followed") from None
    parser.set_defaults(**told.fields["defaults"])


def argparse_error() -> type[Exception]:
    """What argparse raises of a description that is wrong."""
    import argparse

    return argparse.ArgumentError


def _known(values: dict[str, Any]) -> dict[str, Any]:
    for name, value in values.items():
        plain = isinstance(value, (*PLAIN, list, tuple, dict, set, range))
        if not plain and (name != "default" or not isinstance(value, (Opaque, Instance, Library))):
            raise UndecidedError("how its arguments are read is not followed")
    return dict(values)
