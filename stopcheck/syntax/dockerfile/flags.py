"""Which flags each instruction has, and what their values look like."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.regex import regex
from stopcheck.syntax.dockerfile.faults import clip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.syntax.dockerfile.tree import Flag, Instruction

_FLAGS: dict[str, dict[str, str]] = {
    "ADD": {
        "checksum": "text",
        "chmod": "text",
        "chown": "text",
        "exclude": "list",
        "keep-git-dir": "bool",
        "link": "bool",
        "unpack": "bool",
    },
    "COPY": {"chmod": "text", "chown": "text", "exclude": "list", "from": "text", "link": "bool", "parents": "bool"},
    "FROM": {"platform": "text"},
    "HEALTHCHECK": {
        "interval": "time",
        "retries": "count",
        "start-interval": "time",
        "start-period": "time",
        "timeout": "time",
    },
    "RUN": {"device": "list", "mount": "mounts", "network": "network", "security": "security"},
}
_IGNORE_FLAGS = frozenset({"ARG", "STOPSIGNAL"})
_FLAG_VALUES = {
    "bool": (regex(r"true|false", re.IGNORECASE), "true or false"),
    "count": (regex(r"\+?\d+|", re.ASCII), "a whole number"),
    "time": (
        regex(r"\+?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)|", re.ASCII),
        "a time like `30s` or `1m30s`",
    ),
    "mounts": (
        regex(r"(?!(?:.*,)?from=[^,$]*\$[^,]).*", re.IGNORECASE | re.DOTALL),
        "one without a variable in `from`: give that image a stage (`FROM … AS name`), and name the stage here",
    ),
    "network": (regex("default|none|host"), "default, none or host"),
    "security": (regex("insecure|sandbox"), "insecure or sandbox"),
}
"""What the value of a flag must look like, by kind; "text" and "list" may be anything."""
_REPEATED = frozenset({"list", "mounts"})


def flag_faults(found: Instruction) -> Iterator[tuple[Flag, str]]:
    """The flags that an instruction does not have, or not like this, and what is wrong with each."""
    if found.keyword in _IGNORE_FLAGS or (found.keyword == "HEALTHCHECK" and found.value.upper() == "NONE"):
        return
    known = _FLAGS.get(found.keyword, {})
    seen = set()
    for flag in found.flags:
        fault = _fault(flag, found.keyword, known, flag.name in seen)
        if fault:
            yield flag, fault
        seen.add(flag.name)


def _fault(flag: Flag, keyword: str, known: dict[str, str], again: bool) -> str | None:
    kind = known.get(flag.name)
    if kind is None:
        if not known:
            return f"`{keyword}` has no flags: `--{clip(flag.name)}`"
        return f"`{keyword}` has no flag `--{clip(flag.name)}`: its flags are {', '.join('--' + one for one in known)}"
    if again and kind not in _REPEATED:
        return f"`--{flag.name}` stands twice"
    if flag.value is None:
        return None if kind == "bool" else f"`--{flag.name}` needs a value: `--{flag.name}=…`"
    shape = _FLAG_VALUES.get(kind)
    if shape and not shape[0].fullmatch(flag.value):
        return f"`--{flag.name}={clip(flag.value)}`: the value must be {shape[1]}"
    return None
