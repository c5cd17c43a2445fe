"""Base images: what is known of one by its name, and what the build makes of its shell."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.layers import Either
from stopcheck.image.model import Base, ImageFile
from stopcheck.image.paths import base as last_name
from stopcheck.knowledge.bases import find_base
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopcheck.image.filesystem import FileMap
    from stopcheck.source import Span

_SCRATCH = Base("scratch", "none", family="scratch", env={}, workdir="/")
_WINDOWS = regex(r"windows|nanoserver|servercore", re.IGNORECASE)
_OWN_SIGNAL = regex(r"nginx|httpd|apache|php|postgres|haproxy|systemd|ubi-init|mariadb|mysql|uwsgi|openresty")
_SHELLS = {
    "bash": "bash",
    "dash": "dash",
    "busybox": "busybox",
    "ash": "busybox",
    "ksh": "ksh93",
    "mksh": "mksh",
    "zsh": "zsh",
}
_SYSTEM_SHELLS = {"apk": "busybox", "apt": "dash", "apt-get": "dash", "aptitude": "dash"}
"""What /bin/sh is where a package manager runs: as in the bare systems of knowledge/bases.toml that have it.

Where it is bash, its version decides, and that is not known."""


def base_image(reference: str, span: Span) -> Base:
    """What is known of an image that FROM names; what is not known of the name itself is in it as `$NAME`."""
    if reference == "scratch":
        return _SCRATCH
    row = None if _has_triggers(reference) else find_base(reference)
    if row is None:
        return unknown_base(reference, span)
    return Base(
        name=_familiar(reference, row.name),
        sh=row.sh or Unknown(f"what /bin/sh is in {reference} is not known", span),
        sh_version=row.sh_version,
        family=row.family,
        entrypoint=row.entrypoint,
        cmd=row.cmd,
        stop_signal=row.stop_signal,
        env=row.env,
        workdir=row.workdir or "/",
        user=row.user,
        execs=row.execs,
        programs=row.programs,
        sets=row.sets,
        missing=row.missing.union(_SHELLS, ("sh",)) if row.sh == "none" else row.missing,
        bash_version=row.bash_version,
        prepends=row.prepends,
        prepends_to=row.prepends_to,
        prepends_missing=row.prepends_missing,
        prepends_words=row.prepends_words,
        needs=row.needs,
        needs_unless=row.needs_unless,
        starts=row.starts,
        hooks=row.hooks,
        holds=row.holds,
        plain=row.plain,
    )


def _familiar(reference: str, name: str) -> str:
    """As Docker Hub calls it, whatever mirror it comes from; a digest beside a tag tells people nothing."""
    plain, _, digest = reference.partition("@")
    _, found, tag = plain.rpartition(f"/{name}")
    if found and tag[:1] in {"", ":"}:
        plain = name + tag
    return plain if not digest or ":" in plain.rpartition("/")[2] else f"{plain}@{digest}"


def unknown_base(reference: str, span: Span) -> Base:
    """An image that nothing is known of."""
    why = (
        f"a build argument names the base image ({reference})"
        if "$" in reference
        else f"the base image {reference} is not known"
    )
    reason = Unknown(why, span)
    return Base(reference, sh=reason, entrypoint=reason, cmd=reason, stop_signal=reason)


def _has_triggers(reference: str) -> bool:
    """Whether an image has ONBUILD instructions, by the custom of its tag: they may set anything."""
    return "onbuild" in reference.rpartition(":")[2]


def is_windows(reference: str) -> bool:
    """Whether an image is one of Windows, by its name."""
    return bool(_WINDOWS.search(reference))


def may_set_signal(reference: str) -> bool:
    """Whether an image that is not known may have a stop signal of its own: it is named after one that has."""
    return bool(_OWN_SIGNAL.search(reference.lower()))


def of_system(image: Base, managers: Iterable[str]) -> Base:
    """A base image that is not known, with the shell of the system whose package managers the build runs."""
    shells = {_SYSTEM_SHELLS[name] for name in managers if name in _SYSTEM_SHELLS}
    return replace(image, sh=shells.pop()) if len(shells) == 1 and isinstance(image.sh, Unknown) else image


def with_shell(image: Base, files: FileMap) -> Base:
    """The base image with what the build has made of /bin/sh."""
    found = files.raw("/bin/sh")
    if isinstance(found, Either):
        found = found.file
    if isinstance(found, ImageFile):
        name = _SHELLS.get(last_name(found.link or ""))
        if name == image.sh:
            return image
        version = image.bash_version if name == "bash" else ""
        return replace(image, sh=name or Unknown("the build replaces /bin/sh", found.origin), sh_version=version)
    if image.sh == "none":
        doubt = files.lookup("/bin/sh")
        if isinstance(doubt, Unknown):
            return replace(image, sh=doubt)
        if doubt is not None:
            return replace(image, sh=Unknown("the build adds /bin/sh", doubt.origin))
    return image
