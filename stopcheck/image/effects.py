"""The files of an image while a RUN changes them, one command after another."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.layers import Alter, CopyFiles, Either, MakeFolder, Mark, Maybe, Put, Remove, Selection, Unsure
from stopcheck.image.model import ImageFile, Packaged
from stopcheck.image.paths import base, clean, join, parent
from stopcheck.image.wildcards import file_pattern
from stopcheck.model import Unknown
from stopcheck.records import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from stopcheck.image.fields import Field
    from stopcheck.image.filesystem import FileMap
    from stopcheck.image.layers import Programs, Step
    from stopcheck.image.wildcards import Token
    from stopcheck.source import Span

NEW_MODE = 0o644
"""Permission bits of a new file under a build's umask, 022."""


class Effects:
    """Carries out what commands do. While `sure` is off they may not have been run at all."""

    def __init__(self, files: FileMap, cwd: str, origin: Span, mounts: Sequence[Step] = ()) -> None:
        self.files = files
        self.cwd = cwd
        self.origin = origin
        self.sure = True
        self.scope: Selection | None = None
        """What an argument that is not known stands for, where that is known: the files that find has found."""
        self.unknown = Unknown("a build step may have made it", origin)
        self._doubt = Unknown("a build step changes it on some condition", origin)
        self._mounts = mounts

    @property
    def view(self) -> FileMap:
        """The files as the commands see them, with what is mounted for the time of the RUN."""
        files = self.files
        for step in self._mounts:
            files = files.after(step)
        return files

    def path(self, field: Field | None) -> str | None:
        """The path that an argument names; None where it is not known, or several."""
        return None if field is None or field.pattern or not field.text else join(self.cwd, field.text)

    def pattern(self, field: Field) -> tuple[str, tuple[Token, ...]] | None:
        """The folder and the pattern for the names in it, for an argument that is a pattern of that kind."""
        path = join(self.cwd, field.text)
        folder, _, name = path.rpartition("/")
        tokens = file_pattern(name)
        return None if tokens is None or any(char in folder for char in "*?[") else (folder or "/", tokens)

    def selection(self, fields: Iterable[Field | None], *, deep: bool = False) -> Selection:
        """The paths that arguments name."""
        paths: list[str] = []
        patterns: dict[bool, list[tuple[Token, ...]]] = {False: [], True: []}
        unknown = False
        for field in fields:
            if field is None:
                if self.scope is not None:
                    return self.scope
                unknown = True
            elif field.pattern:
                tokens = file_pattern(join(self.cwd, field.text))
                unknown = unknown or tokens is None
                patterns[field.text.endswith("/")] += [tokens] if tokens else []
            elif field.text:
                place = self.files.resolve(join(self.cwd, field.text))
                unknown = unknown or isinstance(place, Unknown)
                paths += [place] if isinstance(place, str) else []
        return Selection(tuple(paths), tuple(patterns[False]), tuple(patterns[True]), deep, unknown)

    def file_at(self, path: str) -> ImageFile | None:
        """The file that is known to stand at a path."""
        found = self.view.lookup(path)
        return found if isinstance(found, ImageFile) else None

    def surely_nothing(self, path: str) -> bool:
        """Whether nothing can stand there."""
        return self.view.look(path) is Mark.ABSENT

    # --- changes ---

    def put(self, path: str, file: ImageFile, name: str | None = None) -> None:
        """A file at a path; `name` where that may be a folder, which then holds it under the name."""
        path = join(self.files.followed(parent(path)), base(path))
        if not self.sure:
            self._may_change(Selection((path,)))
            self.files = self.files.after(Unsure(self._doubt, (path,)))
            return
        self.files = self.files.after(Put(replace(file, path=path), name))
        if path.startswith("$"):
            self.unsure()

    def write(self, path: str, content: Callable[[ImageFile | None], ImageFile]) -> None:
        """A file's new content, made from what stood there; links are followed, the mode stays."""
        place = self.files.resolve(path)
        if isinstance(place, str):
            self.put(place, content(self.file_at(place)))

    def mode_at(self, path: str) -> int | Unknown:
        """The mode that a file written to a path has: that of the file that is there, or a new one's."""
        found = self.file_at(path)
        if found is not None:
            return found.mode
        return NEW_MODE if self.surely_nothing(path) else self.unknown

    def put_into(self, target: str, file: ImageFile, name: str) -> None:
        """A file to a path, or into the folder that stands there."""
        place = self.files.resolve(target)
        if isinstance(place, Unknown):
            return self.step(Unsure(place))
        kind = self.view.kind(place)
        if kind == "folder":
            return self.put(join(place, name), file)
        return self.put(place, file, name if isinstance(kind, Unknown) else None)

    def folder(self, path: str) -> None:
        """A folder."""
        place = self.files.followed(path)
        self.step(MakeFolder(place) if self.sure else Unsure(self._doubt, (place,)))

    def remove(self, selection: Selection) -> None:
        """Nothing at the paths any more. What may be removed is taken to stay: the build goes on to use it."""
        if self.sure and not selection.all:
            self.step(Remove(selection))

    def alter(self, selection: Selection, change: Callable[[ImageFile], ImageFile]) -> None:
        """Files changed. Where it is not sure that they are, what would change is not known."""
        if self.sure and not selection.all:
            self.step(Alter(selection, change))
        else:
            self.step(Alter(selection, lambda file: self._blurred(file, change(file))))

    def unsure(
        self, *folders: str | None, programs: Programs | None = None, never: frozenset[str] = frozenset(),
        packages: bool = False,
    ) -> None:  # fmt: skip
        """Anything may have come into the folders; without folders, anywhere. See Unsure."""
        known = tuple(self.files.followed(folder) for folder in folders if folder is not None)
        named = folders and len(known) == len(folders) and not any(folder.startswith("$") for folder in known)
        told = Packaged(self.unknown.reason, self.unknown.span) if packages else self.unknown
        self.step(Unsure(told, known if named else None, programs, never))

    def copy_tree(self, target: str, source: str, names: tuple[Token, ...] | None = None) -> None:
        """All that a folder holds into another one."""
        target = self.files.followed(target)
        if self.sure:
            self.step(CopyFiles(target, self.view, source, self.origin, names=names))
        else:
            self.step(Unsure(self._doubt, (target,)))

    def step(self, step: Step) -> None:
        """One step more."""
        self.files = self.files.after(step)

    def _may_change(self, selection: Selection) -> None:
        self.step(Alter(selection, lambda file: replace(file, content=self._doubt, mode=self._doubt)))

    def _blurred(self, before: ImageFile, after: ImageFile) -> ImageFile:
        content = before.content if before.content is after.content else self._doubt
        return replace(before, content=content, mode=before.mode if before.mode == after.mode else self._doubt)

    # --- transfers ---

    def transfer(self, sources: Sequence[Field | None], target: Field | None, *, into: bool, move: bool) -> None:
        """What cp and mv do with files and folders; `into` where the target is surely a folder."""
        place = self.path(target)
        if place is None:
            self.unsure()
            return
        for field in sources:
            if field is None or (field.pattern and self.pattern(field) is None):
                self.unsure(place)
            elif field.pattern:
                self._transfer_pattern(field, place)
            else:
                self._transfer_one(field, place, into=into or len(sources) > 1, move=move)
        if move:
            self.remove(self.selection(field for field in sources if field is not None))

    def _transfer_pattern(self, field: Field, target: str) -> None:
        found = self.pattern(field)
        if found is not None:
            folder, tokens = found
            source = self.view.resolve(folder)
            if isinstance(source, str):
                self.copy_tree(target, source, tokens)

    def _transfer_one(self, field: Field, target: str, *, into: bool, move: bool) -> None:
        source = clean(join(self.cwd, field.text))
        name = base(source)
        if into:
            target = join(target, name)
        found = self.view.raw(source) if move else self.view.look(source)
        if isinstance(found, Either):
            found = found.file
        if isinstance(found, ImageFile):
            if not move:
                place = self.files.resolve(target)
                there = self.file_at(place) if isinstance(place, str) else None
                found = replace(found, mode=there.mode if there else found.mode)
            self.put_into(target, found, name) if not into else self.put(target, found)
        elif found is Mark.FOLDER:
            contents = field.text.endswith("/.") or field.text == "."
            if not into and not contents and self.view.kind(target) == "folder":
                target = join(target, name)
            self.copy_tree(target, source)
        else:
            reason = found.reason if isinstance(found, Maybe) else self.unknown
            if found is not Mark.ABSENT:
                self.put_into(target, ImageFile("", reason, reason, self.origin), name)
            self.unsure(target)
