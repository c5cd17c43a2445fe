"""What is known of base images, shells and programs: tables in TOML, each row with its source, and their readers."""

from __future__ import annotations

import os


def table_text(name: str) -> str:
    """The text of a data file beside this module."""
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read()
