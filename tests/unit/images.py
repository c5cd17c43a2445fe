"""Images from Dockerfiles that stand in memory."""

from __future__ import annotations

from stopcheck.files import MemoryFiles
from stopcheck.image.build import build_image
from stopcheck.image.model import Image, ImageFile
from stopcheck.model import Problem, Unknown
from stopcheck.source import SourceFile
from stopcheck.syntax.dockerfile import parse_dockerfile


def build(
    text: str,
    files: dict[str, str] | None = None,
    *,
    context: str = "",
    target: str | None = None,
    build_args: dict[str, str] | None = None,
    modes: dict[str, int] | None = None,
    obstacles: dict[str, str] | None = None,
) -> tuple[Image | None, tuple[Problem, ...]]:
    """What build_image says of a Dockerfile among some files."""
    dockerfile = parse_dockerfile(SourceFile("Dockerfile", text))
    assert dockerfile.problems == ()
    return build_image(dockerfile, MemoryFiles(files or {}, modes, obstacles), context, target, build_args or {})


def image(
    text: str,
    files: dict[str, str] | None = None,
    *,
    context: str = "",
    target: str | None = None,
    build_args: dict[str, str] | None = None,
    modes: dict[str, int] | None = None,
) -> Image:
    """The image of a Dockerfile that builds."""
    made, problems = build(text, files, context=context, target=target, build_args=build_args, modes=modes)
    assert problems == ()
    assert made is not None
    return made


def shown(found: ImageFile | Unknown | None) -> str | None:
    """A file's text, `?` where it is known to be there, `??` where it may be there; None: surely not there."""
    if found is None:
        return None
    if isinstance(found, Unknown):
        return "??"
    return found.content.text if isinstance(found.content, SourceFile) else "?"


def at(made: Image, path: str) -> str | None:
    """The same for a path of an image."""
    return shown(made.files.lookup(path))


def file(made: Image, path: str) -> ImageFile:
    """A file that is known to be in the image."""
    found = made.files.lookup(path)
    assert isinstance(found, ImageFile)
    return found
