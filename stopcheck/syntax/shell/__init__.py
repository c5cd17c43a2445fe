"""POSIX shell and the bash that entrypoints use, as trees with spans."""

from stopcheck.syntax.shell.parser import parse_script, parse_text

__all__ = ["parse_script", "parse_text"]
