"""What COPY and ADD put into the image, and where."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.context import Context, Patterns, is_url, source_path
from stopcheck.image.filesystem import FileMap, context_files
from stopcheck.image.layers import CopyContext, CopyFiles, MakeFolder, Put, Trace, Unsure, context_file
from stopcheck.image.model import ImageFile, Made
from stopcheck.image.modes import ModeChange, changed_mode, read_mode
from stopcheck.image.paths import base, clean, join, parent
from stopcheck.image.variables import expand, expand_known, expand_source
from stopcheck.image.wildcards import file_pattern, has_wildcards
from stopcheck.model import Problem, Unknown
from stopcheck.records import dataclass, replace
from stopcheck.regex import regex

if TYPE_CHECKING:
    from stopcheck.image.model import Value
    from stopcheck.image.variables import Lookup
    from stopcheck.syntax.dockerfile.tree import Argument, Instruction

_ARCHIVE = regex(r"\.(tar(\.\w+)?|tgz|tbz2?|txz|tzst)$", re.IGNORECASE)
_MANIFEST = regex(r".*\.(json|lockb?|toml|txt|ya?ml|npmrc|yarnrc|env)\*?", re.IGNORECASE)
"""Names of files that tell of a program and its libraries: no folder, and nothing that a build makes."""
_REMOTE_MODE = 0o600
_LONGEST_PATH = 4096
_HEREDOC_MODE = 0o644
_HEREDOC = regex(r"<<-?\s*([\"']?)(.+)\1$")


@dataclass(frozen=True, slots=True)
class Copying:
    """A COPY or ADD in its stage: `source` is the context, a stage's files, or Unknown for another image."""

    instruction: Instruction
    source: Context | FileMap | Unknown
    workdir: str
    escape: str
    variables: Lookup

    def apply(self, files: FileMap) -> tuple[FileMap, tuple[Problem, ...]]:
        """The files after it, and what would end the build. Source: dispatchCopy in moby/buildkit."""
        *sources, last = self.instruction.arguments
        text = expand_known(last.value, self.variables, self.escape)
        path = place(self.workdir, text)
        target = Target(path, text in ("", ".") or text.endswith(("/", "/.")))
        problems: list[Problem] = []
        for argument in sources:
            files = self._one(files, argument, target, problems)
        if "$" in path:
            reason = Unknown(f"the destination `{last.value}` is not known", self.instruction.span)
            folder = path.partition("$")[0].rpartition("/")[0]
            files = files.after(Unsure(reason, (folder,) if folder else None))
        return files, tuple(problems)

    def _expand(self, text: str) -> Value:
        return expand(text, self.variables, self.escape)

    def _one(self, files: FileMap, argument: Argument, target: Target, problems: list[Problem]) -> FileMap:
        heredoc = _HEREDOC.match(argument.value) if self.instruction.heredocs else None
        if heredoc:
            return self._heredoc(files, heredoc[2], target)
        text = self._expand(argument.value)
        if isinstance(text, Unknown):
            return self._unknown(files, target, "", Unknown(f"`{argument.value}` is not known: {text.reason}"))
        if self.instruction.keyword == "ADD" and is_url(text):
            return self._remote(files, text, target)
        for found in self._found(text):
            files = self._path(files, found, text, target, argument, problems)
        return files

    def _found(self, text: str) -> tuple[str, ...]:
        """The paths that a source stands for; itself where it has no wildcard, or where nothing matches."""
        path = source_path(text)
        if has_wildcards(path) and isinstance(self.source, Context):
            return self.source.glob(path) or (path,)
        return (path,)

    def _path(
        self, files: FileMap, path: str, text: str, target: Target, argument: Argument, problems: list[Problem]
    ) -> FileMap:
        if self.instruction.flag("parents") is not None:
            pivot = clean("/" + text.partition("/./")[0])[1:] if "/./" in text else ""
            below = path[len(pivot) :].strip("/")
            target = Target(join(target.path, below), False)
        if isinstance(self.source, Context):
            return self._from_context(files, self.source, path, text, target, argument, problems)
        if isinstance(self.source, FileMap):
            return self._from_stage(files, self.source, path, target)
        return self._unknown(files, target, base(path), self.source)

    # --- from the build context ---

    def _from_context(
        self,
        files: FileMap,
        context: Context,
        path: str,
        text: str,
        target: Target,
        argument: Argument,
        problems: list[Problem],
    ) -> FileMap:
        span, name = self.instruction.span, context.path(path)
        entry = context.entry(path)
        if context.leads_out(path):
            message = f"`{text}` is a symbolic link that leads out of the build context: a build does not follow it"
            problems.append(Problem.at(argument.span, message))
            return self._unknown(files, target, base(path), Unknown(f"{name} leads out of the build context", span))
        if entry is None:
            if context.stands(path) is not None:
                why = f"{name} is left out by .dockerignore"
            elif obstacle := context.obstacle(path):
                why = f"{name} {obstacle}"
            else:
                why = f"{name} is not in the build context"
                if text.startswith("../") and not has_wildcards(text):
                    message = (
                        f"`{text}` is outside of the build context, and there is no `{path}` in it: "
                        "start the build in the folder above, or copy the file into the context"
                    )
                    problems.append(Problem.at(argument.span, message))
            if _MANIFEST.fullmatch(base(path)):
                return files if has_wildcards(path) else self._single(files, path, Unknown(why, span), target)
            before = context_files(context, span)
            reason = Made(why, span, "", (f"/{path}",), before)
            files = self._unknown(files, target, "" if has_wildcards(path) else base(path), reason)
            return files.after(Trace(files.followed(target.path), before, f"/{path}", reason))
        if entry.kind == "folder":
            place = files.followed(target.path)
            return files.after(CopyContext(place, context, path, span, self._chmod(), self._exclude()))
        exclude = self._exclude()
        if exclude and exclude.match(base(path)):
            return files
        if self.instruction.keyword == "ADD" and self.instruction.flag("unpack") != "false" and _ARCHIVE.search(path):
            return self._archive(files, name, target)
        return self._file(files, context_file(context, path, "", span, self._chmod()), base(path), target)

    def _single(self, files: FileMap, path: str, reason: Unknown, target: Target) -> FileMap:
        """What is surely no folder, whose files would be spread over the target."""
        file = ImageFile("", reason, changed_mode(reason, self._chmod()), self.instruction.span)
        return self._file(files, file, base(path), target)

    def _archive(self, files: FileMap, name: str, target: Target) -> FileMap:
        reason = Unknown(f"{name} is unpacked there", self.instruction.span)
        return self._unpacked(files, reason, target)

    @staticmethod
    def _unpacked(files: FileMap, reason: Unknown, target: Target) -> FileMap:
        place = files.followed(target.path)
        return files.after(MakeFolder(place)).after(Unsure(reason, (place,)))

    # --- from elsewhere ---

    def _from_stage(self, files: FileMap, stage: FileMap, path: str, target: Target) -> FileMap:
        span = self.instruction.span
        folder, name = parent("/" + path), base(path)
        if has_wildcards(name) and not has_wildcards(folder) and target.folder:
            step = CopyFiles(
                files.followed(target.path), stage, folder, span, self._chmod(), self._exclude(), file_pattern(name)
            )
            return files.after(step)
        source = stage.resolve("/" + path)
        if isinstance(source, Unknown):
            return self._unknown(files, target, base(path), source)
        kind = stage.kind(source)
        if kind == "folder":
            place = files.followed(target.path)
            return files.after(CopyFiles(place, stage, source, span, self._chmod(), self._exclude()))
        found = stage.lookup(source)
        if isinstance(found, ImageFile):
            moved = replace(found, mode=changed_mode(found.mode, self._chmod()))
            files = self._file(files, moved, base(path), target, sure=kind == "file")
            return files if kind == "file" else self._traced(files, stage, source, target, kind)
        origin = self.instruction.flag("from")
        why = found.reason if found else "no instruction puts it there"
        why = f"/{path} of the stage {origin} is not known: {why}"
        made = found if isinstance(found, Made) and found.files else Made("", None, "", (source,), stage)
        reason = replace(made, reason=why, span=span)
        files = self._unknown(files, target, "" if has_wildcards(path) else base(path), reason)
        return files.after(Trace(files.followed(target.path), stage, source, reason))

    def _traced(self, files: FileMap, stage: FileMap, source: str, target: Target, doubt: Unknown | None) -> FileMap:
        """What may be a folder of a stage, whose files are then below the target."""
        place, why = files.followed(target.path), doubt.reason if doubt else ""
        reason = Made(why, self.instruction.span, "", (source,), stage)
        return files.after(Unsure(reason, (place,))).after(Trace(place, stage, source, reason))

    def _remote(self, files: FileMap, url: str, target: Target) -> FileMap:
        span = self.instruction.span
        reason = Unknown(f"it comes from {url}", span)
        if not url.startswith("http") or url.partition("#")[0].endswith(".git"):
            return self._unpacked(files, reason, target)
        if self.instruction.flag("unpack") not in (None, "false"):
            return self._archive(files, url, target)
        path = re.sub(r"[?#].*", "", url.partition("://")[2]).partition("/")[2]
        mode = changed_mode(_REMOTE_MODE, self._chmod())
        return self._file(files, ImageFile("", reason, mode, span), base(path) or "__unnamed__", target)

    def _heredoc(self, files: FileMap, name: str, target: Target) -> FileMap:
        found = next((one for one in self.instruction.heredocs if one.name == name), None)
        if found is None:
            return files
        content = expand_source(found.content, self.variables) if found.expand else found.content
        mode = changed_mode(_HEREDOC_MODE, self._chmod())
        return self._file(files, ImageFile("", content, mode, self.instruction.span), name, target)

    def _unknown(self, files: FileMap, target: Target, name: str, reason: Unknown) -> FileMap:
        """A source of which neither the content nor, without a `name`, the name is known; it may be a folder."""
        if name:
            mode = changed_mode(reason, self._chmod())
            file = ImageFile("", reason, mode, self.instruction.span)
            files = self._file(files, file, name, target, sure=False)
        elif target.folder:
            files = files.after(MakeFolder(files.followed(target.path)))
        return files.after(Unsure(reason, (files.followed(target.path),)))

    # --- to where ---

    def _file(self, files: FileMap, file: ImageFile, name: str, target: Target, *, sure: bool = True) -> FileMap:
        """A file goes into a folder that is there, or else to the path itself; not `sure`: it may be a folder."""
        path = files.resolve(target.path)
        if isinstance(path, Unknown):
            return files.after(Unsure(path))
        kind = "folder" if target.folder else files.kind(path)
        if kind == "folder":
            return files.after(Put(replace(file, path=files.followed(join(path, name))), sure=sure))
        return files.after(Put(replace(file, path=path), name if isinstance(kind, Unknown) else None, sure))

    def _chmod(self) -> ModeChange | Unknown | None:
        flag = self.instruction.flag("chmod")
        if not flag:
            return None
        text = self._expand(flag)
        if isinstance(text, Unknown):
            return text
        return read_mode(text) or Unknown(f"`--chmod={flag}` cannot be read", self.instruction.span)

    def _exclude(self) -> Patterns | None:
        lines = [flag.value or "" for flag in self.instruction.flags if flag.name == "exclude"]
        return Patterns(lines) if lines else None


def place(workdir: str, text: str) -> str:
    """A path of an instruction as the image has it; one that begins with what is not known stands for itself."""
    path = clean(text) if text.startswith("$") else join(workdir, text or ".")
    if path == ".":
        return ""  # the working directory of a base image that is not known
    return path if len(path) <= _LONGEST_PATH else "$PATH_THAT_IS_TOO_LONG"


@dataclass(frozen=True, slots=True)
class Target:
    """Where files are copied to; `folder` where it is surely one, by its trailing slash."""

    path: str
    folder: bool
