"""Dockerfiles as BuildKit reads them, as instructions with spans."""

from stopcheck.syntax.dockerfile.parser import parse_dockerfile

__all__ = ["parse_dockerfile"]
