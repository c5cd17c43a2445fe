"""Which modules a program in Python surely does not find: no step of the build has put them where it looks."""

from __future__ import annotations

import posixpath

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import ImageFile
from stopcheck.image.paths import folders_above, parent
from stopcheck.knowledge.libraries import find_library
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping

    from stopcheck.boot.world import Field
    from stopcheck.image.model import FileSystem, Image

_INSTALLS = regex(
    r"\b(?:pip\d?|pipx|pipenv|poetry|pdm|uv|uvx|conda|mamba|micromamba|easy_install|setup\.py|pyproject|wheels?|venv|virtualenv"
    r"|site-packages|dist-packages|\.pth|make|nox|tox|PYTHON(?:PATH|HOME|STARTUP|USERBASE))\b|\bpip[23]|requirements|\s/(?:usr(?:/local)?(?:/lib\S*)?/?)?$"
)
"""What brings modules, or says where they are."""
_MANAGERS = regex(r"\b(?:apt|apt-get|aptitude|apk|dnf|yum|microdnf|zypper)\b[^;&|]*\b(?:install|add)\b([^;&|]*)")
_PATH = regex(r"\bsys\.path\b|\b(?:user)?site\b|\bsitecustomize\b|\bfrom\s+sys\b")
_RUNS = regex(r"(?:^|[;&|(])\s*(?:(?:ba|da|a)?sh\s+(?!-)|\./|/)[\w./-]+|\|\s*(?:ba)?sh\b")
_COMES_ALONG = frozenset({"_distutils_hack", "distutils", "ensurepip", "pip", "pkg_resources", "setuptools", "wheel"})
"""What an image of Python may have beyond its standard library."""
_TELLS_NOTHING = frozenset({"CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL"})
_BRINGS_NONE = frozenset(
    {"bash", "ca-certificates", "curl", "dumb-init", "gosu", "procps", "python3", "python3-minimal", "tini", "wget"}
)
"""Packages that bring no module beyond the standard library's."""


def lacking(image: Image, env: Mapping[str, Field], script: str) -> Callable[[str], bool]:
    """What tells of a module, by the name of its top, that it is surely not there.

    A program that changes where modules are looked for is in doubt.
    """

    def is_absent(top: str) -> bool:
        base = image.base.name.rpartition("/")[2].partition(":")[0]
        if top in _COMES_ALONG:
            return False
        if not image.base.plain or base not in {"python", "debian", "ubuntu"}:
            return False
        if "PYTHONPATH" in env or _may_install(image) or mentions(image.files, script, _PATH):
            return False
        if base == "python" or _packages(image) <= _BRINGS_NONE:
            return True
        return find_library("python", top) is None and _is_own(image.files, script, top)

    return is_absent


def _may_install(image: Image) -> bool:
    """Whether a step may bring modules, but for packages of the system."""
    for line in image.instructions:
        if any(flag.name == "from" for flag in line.flags):
            return True  # a whole environment, perhaps
        text = " ".join([line.value, *(each.content.text for each in line.heredocs)])
        if line.keyword == "RUN" and _RUNS.search(text):
            return True
        if line.keyword not in _TELLS_NOTHING and _INSTALLS.search(text):
            return True
    return False


def _packages(image: Image) -> set[str]:
    """The system's packages that are installed."""
    texts = (line.value for line in image.instructions if line.keyword == "RUN")
    found = (match[1].split() for text in texts for match in _MANAGERS.finditer(text))
    return {word for words in found for word in words if word[:1] not in "-\\"}


def mentions(files: FileSystem, script: str, pattern: re.Pattern[str]) -> bool:
    """Whether one of a program's files has something in it."""
    folder = posixpath.dirname(script).rstrip("/")
    found = [files.lookup(script), *files.matching(f"{folder}/*.py"), *files.matching(f"{folder}/*/*.py")]
    texts = [file.content for file in found if isinstance(file, ImageFile)]
    return any(pattern.search(text.text) for text in texts if isinstance(text, SourceFile))


def _is_own(files: FileSystem, script: str, top: str) -> bool:
    """Whether the program is in a package of that name, or beside one, from which it is started the wrong way."""
    return any(files.kind(posixpath.join(parent(folder), top)) == "folder" for folder in folders_above(script))
