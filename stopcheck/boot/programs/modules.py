"""Which modules a program in Python surely does not find: no step of the build has put them where it looks."""

from __future__ import annotations

import posixpath

from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.libraries import find_library
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stopcheck.boot.world import Field
    from stopcheck.image.model import FileSystem, Image

_INSTALLS = regex(
    r"\b(?:pip\d?|pipx|pipenv|poetry|pdm|uv|uvx|conda|mamba|micromamba|easy_install|setup\.py|pyproject|wheels?|venv|virtualenv"
    r"|site-packages|dist-packages|\.pth|make|nox|tox|PYTHON(?:PATH|HOME|STARTUP|USERBASE))\b|\bpip[23]|requirements|\s/(?:usr(?:/local)?(?:/lib\S*)?/?)?$"
)
"""What brings modules, or says where they are."""
_MANAGERS = regex(r"\b(?:apt|apt-get|aptitude|apk|dnf|yum|microdnf|zypper)\b[^;&|]*\b(?:install|add)\b([^;&|]*)")
_RUNS = regex(r"(?:^|[;&|(])\s*(?:(?:ba|da|a)?sh\s+(?!-)|\./|/)[\w./-]+|\|\s*(?:ba)?sh\b")
_BRINGS_NONE = frozenset(
    {"bash", "ca-certificates", "curl", "dumb-init", "gosu", "procps", "python3", "python3-minimal", "tini", "wget"}
)
"""Packages that bring no module beyond the standard library's."""


def lacking(
    image: Image, env: Mapping[str, Field], script: str, texts: Callable[[], list[str]]
) -> Callable[[str], bool]:
    """What tells of a module, by the name of its top, that it is surely not there.

    `texts` are the program's files that were read so far: one that changes where modules are looked for is in doubt.
    """
    base = image.base.name.rpartition("/")[2].partition(":")[0]
    known = image.base.plain and base in {"python", "debian", "ubuntu"}
    told = [
        (line.keyword, " ".join([line.value, *(each.content.text for each in line.heredocs)]))
        for line in image.instructions
        if line.keyword not in {"CMD", "ENTRYPOINT", "HEALTHCHECK", "LABEL", "EXPOSE"}
    ]
    lines = [text for keyword, text in told if keyword == "RUN"]
    copies = any(
        flag.name == "from" for line in image.instructions for flag in line.flags
    )  # a whole environment, perhaps
    installs = copies or any(map(_RUNS.search, lines)) or any(_INSTALLS.search(text) for _, text in told)
    packages = {
        word
        for line in lines
        for match in _MANAGERS.finditer(line)
        for word in match[1].split()
        if word[:1] not in "-\\"
    }
    elsewhere = base != "python" and not packages <= _BRINGS_NONE

    def is_absent(top: str) -> bool:
        if (
            not known
            or installs
            or "PYTHONPATH" in env
            or any("site" in text or "sys.path" in text for text in texts())
        ):
            return False
        return not elsewhere or (find_library("python", top) is None and _is_own(image.files, script, top))

    return is_absent


def _is_own(files: FileSystem, script: str, top: str) -> bool:
    """Whether the program is in a package of that name, or beside one, from which it is started the wrong way."""
    folder = posixpath.dirname(script)
    while folder != "/":
        folder = posixpath.dirname(folder)
        if files.kind(posixpath.join(folder, top)) == "folder":
            return True
    return False
