"""The commands of a RUN that change files: what each does with its arguments."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.builders import Builders
from stopcheck.image.fields import Field
from stopcheck.image.layers import Selection
from stopcheck.image.model import Edited, ImageFile
from stopcheck.image.modes import changed_mode, read_mode
from stopcheck.image.paths import base, join, parent
from stopcheck.image.sed import edited
from stopcheck.image.texts import without_returns
from stopcheck.model import Unknown
from stopcheck.records import dataclass, replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stopcheck.image.effects import Effects
    from stopcheck.image.modes import ModeChange

_LINK_MODE = 0o777
_STRIPS_RETURNS = regex(r"s(.)(\\r|\x0d|\^M|\\x0[dD]|\\015)\\?\$?\1\1g?")


_SUBSTITUTES = regex(
    r"s([^\w\s\\])\^?((?:[\w\s:=,;@%#\"'<>~!/-]|\\[./$-])+)\$?\1"
    r"(?:(?!\1)[^\\]|\\.)*\1g?"
)
"""A substitution of a text without any wildcard."""


def _looked_for(script: str) -> str:
    """The text without which a file is as it was; "" where that is not so plain."""
    found = _SUBSTITUTES.fullmatch(script.strip())
    return found[2].replace("\\", "") if found and found[1] not in found[2].replace(f"\\{found[1]}", "") else ""


def _expressions(arguments: Sequence[Field | None]) -> list[str]:
    """The scripts that sed is given by option; none where one of them is not known."""
    found: list[str] = []
    waiting = list(arguments)
    while waiting:
        field = waiting.pop(0)
        option = re.match(r"-[Ers]*e|--expression(=?)", field.text) if field is not None else None
        if field is None or option is None:
            continue
        script = waiting.pop(0) if option.end() == len(field.text) and waiting else field.after(option.end())
        if script is None:
            return []
        found.append(script.text)
    return found


@dataclass(frozen=True, slots=True)
class Arguments:
    """A command's arguments: options by letter or name ("" for those without a value), and the rest.

    None stands for what is not known.
    """

    options: dict[str, Field | str | None]
    operands: tuple[Field | None, ...]

    def has(self, *names: str) -> bool:
        """Whether one of the options is given."""
        return any(name in self.options for name in names)

    def value(self, *names: str) -> Field | None:
        """The value of the first of the options that is given."""
        for name in names:
            found = self.options.get(name)
            if found is not None and not isinstance(found, str):
                return found
        return None


def read_arguments(arguments: Sequence[Field | None], valued: str = "", names: Sequence[str] = ()) -> Arguments:
    """Arguments as getopt reads them: letters of `valued` and long options of `names` take a value."""
    options: dict[str, Field | str | None] = {}
    operands: list[Field | None] = []
    waiting = list(arguments)
    while waiting:
        field = waiting.pop(0)
        text = field.text if field is not None else ""
        if field is None or not text.startswith("-") or text == "-":
            operands.append(field)
        elif text == "--":
            operands += waiting
            break
        elif text.startswith("--"):
            name, equals, _ = text[2:].partition("=")
            if equals:
                options[name] = field.after(len(name) + 3)
            else:
                options[name] = waiting.pop(0) if name in names and waiting else ""
        else:
            _read_letters(field, valued, waiting, options)
    return Arguments(options, tuple(operands))


def _read_letters(
    field: Field, valued: str, waiting: list[Field | None], options: dict[str, Field | str | None]
) -> None:
    for at, letter in enumerate(field.text[1:], 1):
        if letter not in valued:
            options[letter] = ""
            continue
        rest = field.after(at + 1)
        options[letter] = rest if rest.text else waiting.pop(0) if waiting else None
        return


class Commands(Builders):
    """What each command does; the method bears the command's name after `do_`, `-` as `_`."""

    def __init__(self, effects: Effects) -> None:
        self.effects = effects

    # --- files ---

    def do_cp(self, arguments: Sequence[Field | None]) -> None:
        """cp(1)."""
        self._transfer(read_arguments(arguments, "tS", ("target-directory", "suffix")), move=False)

    def do_mv(self, arguments: Sequence[Field | None]) -> None:
        """mv(1)."""
        self._transfer(read_arguments(arguments, "tS", ("target-directory", "suffix")), move=True)

    def _transfer(self, found: Arguments, *, move: bool) -> None:
        folder = found.value("t", "target-directory")
        if folder is not None:
            self.effects.transfer(found.operands, folder, into=True, move=move)
        elif len(found.operands) > 1:
            *sources, target = found.operands
            into = target is not None and target.text.endswith("/") and not move
            if into and len(sources) == 1 and sources[0] is not None:
                # `cp -r folder new/` makes `new` a copy where it does not stand yet.
                source = self.effects.path(sources[0])
                into = source is not None and self.effects.file_at(source) is not None
            self.effects.transfer(sources, target, into=into, move=move)

    def do_ln(self, arguments: Sequence[Field | None]) -> None:
        """ln(1)."""
        effects = self.effects
        found = read_arguments(arguments, "tS", ("target-directory", "suffix"))
        folder = found.value("t", "target-directory")
        targets = found.operands if folder else found.operands[:-1] or found.operands
        if folder:
            place, into = effects.path(folder), True
        elif len(found.operands) > 1:
            last = found.operands[-1]
            place = effects.path(last)
            into = place is not None and not found.has("T", "no-target-directory") and self._is_folder(place, found)
        else:
            place, into = effects.cwd, True
        for target in targets:
            if place is None:
                effects.unsure()
            elif target is None or target.pattern:
                effects.unsure(place)
            else:
                self._link(target.text, join(place, base(target.text)) if into else place, found)

    def _is_folder(self, path: str, found: Arguments) -> bool:
        file = self.effects.view.raw(path)
        if found.has("n", "no-dereference") and isinstance(file, ImageFile) and file.link is not None:
            return False
        return self.effects.view.kind(path) == "folder"

    def _link(self, target: str, path: str, found: Arguments) -> None:
        effects = self.effects
        if found.has("s", "symbolic"):
            content = Unknown("it is a symbolic link", effects.origin)
            effects.put(path, ImageFile(path, content, _LINK_MODE, effects.origin, link=target))
            return
        file = effects.file_at(join(effects.cwd, target))
        effects.put(path, file or ImageFile(path, effects.unknown, effects.unknown, effects.origin))

    def do_install(self, arguments: Sequence[Field | None]) -> None:
        """install(1)."""
        effects = self.effects
        found = read_arguments(arguments, "mogtS", ("mode", "owner", "group", "target-directory", "suffix"))
        if found.has("d", "directory"):
            for field in found.operands:
                self._make_folder(field)
            return
        mode = found.value("m", "mode")
        change = read_mode(mode.text) if mode else read_mode("755")
        folder = found.value("t", "target-directory")
        sources = found.operands if folder else found.operands[:-1]
        target = folder or (found.operands[-1] if found.operands else None)
        place = effects.path(target)
        for field in sources:
            source = effects.path(field)
            if place is None or source is None:
                effects.unsure(place)
                continue
            file = effects.file_at(source) or ImageFile("", effects.unknown, effects.unknown, effects.origin)
            file = replace(file, mode=changed_mode(0, change) if change else effects.unknown)
            if folder or (target and target.text.endswith("/")):
                effects.put(join(place, base(source)), file)
            else:
                effects.put_into(place, file, base(source))

    def do_rm(self, arguments: Sequence[Field | None]) -> None:
        """rm(1)."""
        operands = [field for field in read_arguments(arguments).operands if field is not None]
        # What the image starts is not what a build removes by a pattern that it does not spell out.
        self.effects.remove(replace(self.effects.selection(operands), all=False, deep=True))

    do_unlink = do_rmdir = do_rm

    def do_mkdir(self, arguments: Sequence[Field | None]) -> None:
        """mkdir(1)."""
        for field in read_arguments(arguments, "m", ("mode",)).operands:
            self._make_folder(field)

    def _make_folder(self, field: Field | None) -> None:
        path = self.effects.path(field)
        if path is not None:
            self.effects.folder(path)

    def do_touch(self, arguments: Sequence[Field | None]) -> None:
        """touch(1): an empty file where there is none."""
        effects = self.effects
        for field in read_arguments(arguments, "dtr", ("date", "reference", "time")).operands:
            path = effects.path(field)
            if path is not None and effects.surely_nothing(path):
                effects.put(path, ImageFile(path, SourceFile(path, ""), effects.mode_at(path), effects.origin))
            elif path is not None and effects.file_at(path) is None:
                effects.unsure(path)

    def do_chmod(self, arguments: Sequence[Field | None]) -> None:
        """chmod(1)."""
        flags = [field for field in arguments if field and re.fullmatch(r"-[Rvcf]+|--[a-z-]+", field.text)]
        operands = [field for field in arguments if field not in flags]
        if not operands:
            return
        mode, *names = operands
        change = read_mode(mode.text) if mode else None
        deep = any(flag.text == "--recursive" or "R" in flag.text[1:].partition("-")[0] for flag in flags)
        self.change_mode(self.effects.selection(names, deep=deep), change or self.effects.unknown)

    def change_mode(self, selection: Selection, change: ModeChange | Unknown) -> None:
        """New modes for files."""
        self.effects.alter(selection, lambda file: replace(file, mode=changed_mode(file.mode, change)))

    # --- contents ---

    def do_sed(self, arguments: Sequence[Field | None]) -> None:
        """sed(1), as far as it edits files."""
        in_place = [field for field in arguments if field and re.match(r"-[nErsz]*i|--in-place", field.text)]
        if not in_place:
            return
        rest = [field for field in arguments if field not in in_place]
        found = read_arguments(rest, "ef", ("expression", "file"))
        scripts = _expressions(rest)
        files, looked_for = list(found.operands), ""
        if not found.has("e", "expression", "f", "file") and files:
            script = files.pop(0)
            scripts = [script.text] if script else []
            looked_for = _looked_for(scripts[0]) if scripts else ""
        selection = self.effects.selection(files)
        if len(scripts) == 1 and _STRIPS_RETURNS.fullmatch(scripts[0].strip().strip(";")):
            self.strip_returns(selection)
            return
        letters = "".join(field.text.partition("i")[0] for field in in_place if not field.text.startswith("--"))
        extended = found.has("E", "r", "regexp-extended") or not {"E", "r"}.isdisjoint(letters)
        odd = found.has("n", "quiet", "silent", "z", "s", "f", "file") or not {"n", "z", "s"}.isdisjoint(letters)
        plain = [] if odd else scripts
        self.lose(selection, "sed edits it", looked_for, lambda source: edited(source, plain, extended))

    def do_dos2unix(self, arguments: Sequence[Field | None]) -> None:
        """dos2unix(1)."""
        self.strip_returns(self.effects.selection(read_arguments(arguments, "c").operands))

    do_fromdos = do_dos2unix

    def strip_returns(self, selection: Selection) -> None:
        """Unix line ends for files."""
        self.effects.alter(
            selection,
            lambda file: (
                replace(file, content=without_returns(file.content)) if isinstance(file.content, SourceFile) else file
            ),
        )

    def lose(
        self,
        selection: Selection,
        why: str,
        only_with: str = "",
        becomes: Callable[[SourceFile], SourceFile | None] = lambda _: None,
    ) -> None:
        """Files whose content is not known any more; but for those that surely do not have the text `only_with`, and
        those of which it is known what each `becomes`.
        """
        reason = Unknown(f"its content is not known: {why}", self.effects.origin)
        unread = Edited(reason.reason, reason.span)

        def lost(file: ImageFile) -> ImageFile:
            content = file.content
            if only_with and isinstance(content, SourceFile) and only_with not in content.text:
                return file
            known = becomes(content) if isinstance(content, SourceFile) else None
            return replace(file, content=known or (unread if _is_script(file) else reason))

        self.effects.alter(selection, lost)

    def do_perl(self, arguments: Sequence[Field | None]) -> None:
        """perl, ruby and awk: what they edit in place, and whatever else they do."""
        if any(field and re.match(r"-[a-z]*i|inplace", field.text) for field in arguments):
            self.lose(self.effects.selection(read_arguments(arguments, "e").operands), "a program edits it")
        else:
            self.effects.unsure()

    do_ruby = do_perl

    def do_awk(self, arguments: Sequence[Field | None]) -> None:
        """awk writes to its output, but for `-i inplace`."""
        if any(field and field.text == "inplace" for field in arguments):
            self.do_perl(arguments)

    do_gawk = do_awk

    def do_patch(self, arguments: Sequence[Field | None]) -> None:
        """patch(1)."""
        self.lose(Selection((self.effects.cwd,), deep=True), "a patch changes it")

    # --- from elsewhere ---

    def do_curl(self, arguments: Sequence[Field | None]) -> None:
        """curl(1), as far as it writes files."""
        letters = "oXHdAuebcFTKmCtwxyYzEPQrD"
        names = ("output", "header", "data", "user", "retry", "max-time", "connect-timeout", "request", "proto")
        found = read_arguments(arguments, letters, (*names, "retry-delay", "output-dir", "cacert", "user-agent"))
        if found.has("o", "output"):
            self._download(found.value("o", "output"))
        elif found.has("O", "remote-name", "remote-name-all", "J"):
            for field in found.operands:
                self._download_by_name(field, self.effects.cwd)

    def do_wget(self, arguments: Sequence[Field | None]) -> None:
        """wget(1)."""
        letters = "OPotTwUeQiaBADRIX"
        names = ("output-document", "directory-prefix", "tries", "timeout", "header", "user-agent", "output-file")
        found = read_arguments(arguments, letters, names)
        output = found.value("O", "output-document")
        if found.has("O", "output-document"):
            if output is None or output.text != "-":
                self._download(output)
            return
        prefix = found.value("P", "directory-prefix")
        folder = self.effects.path(prefix) if prefix else self.effects.cwd
        for field in found.operands:
            self._download_by_name(field, folder)

    def _download_by_name(self, field: Field | None, folder: str | None) -> None:
        name = base(re.sub(r"[?#].*", "", field.text.partition("://")[2])) if field else ""
        if folder is None or not name:
            self.effects.unsure(folder)
        else:
            self._write_unknown(join(folder, name), "it is downloaded")

    def _download(self, field: Field | None) -> None:
        path = self.effects.path(field)
        if path is None:
            self.effects.unsure()
        else:
            self._write_unknown(path, "it is downloaded")

    def _write_unknown(self, path: str, why: str) -> None:
        effects = self.effects
        if path.startswith("/dev/"):
            return
        reason = Unknown(why, effects.origin)
        effects.write(path, lambda _: ImageFile(path, reason, effects.mode_at(path), effects.origin))

    def do_tar(self, arguments: Sequence[Field | None]) -> None:
        """tar(1): what it unpacks goes below a folder."""
        first = arguments[0].text if arguments and arguments[0] else ""
        if first and not first.startswith("-"):
            arguments = [_dashed(arguments[0]), *arguments[1:]]
        found = read_arguments(arguments, "CfTXIb", ("directory", "file", "strip-components", "transform", "exclude"))
        if found.has("c", "create"):
            target = found.value("f", "file")
            self.effects.unsure(self.effects.path(target))
            return
        folder = found.value("C", "directory")
        if found.has("C", "directory") and folder is None:
            self.effects.unsure()
        else:
            self._unpack(self.effects.path(folder) if folder else self.effects.cwd)

    do_bsdtar = do_tar

    def do_unzip(self, arguments: Sequence[Field | None]) -> None:
        """unzip(1)."""
        found = read_arguments(arguments, "dxP")
        folder = found.value("d")
        self._unpack(self.effects.path(folder) if folder else self.effects.cwd)

    def _unpack(self, folder: str | None) -> None:
        self.effects.unsure(folder)

    def do_gunzip(self, arguments: Sequence[Field | None]) -> None:
        """gunzip and the like write beside what they read."""
        for field in read_arguments(arguments, "S").operands:
            path = self.effects.path(field)
            self.effects.unsure(parent(path) if path else None)

    do_gzip = do_bunzip2 = do_bzip2 = do_xz = do_unxz = do_zstd = do_unzstd = do_gunzip

    def do_git(self, arguments: Sequence[Field | None]) -> None:
        """git(1): a clone goes to its folder, all else happens in the current one."""
        effects = self.effects
        words = [field.text if field else None for field in arguments]
        if words[:1] in (["config"], ["--version"], ["lfs"]):
            return
        if "clone" not in words:
            effects.unsure(effects.cwd if "-C" not in words else None)
            return
        found = read_arguments(arguments[words.index("clone") + 1 :], "bocju", ("branch", "depth", "origin", "config"))
        if len(found.operands) > 1:
            path = effects.path(found.operands[1])
        else:
            url = found.operands[0] if found.operands else None
            path = join(effects.cwd, base(url.text).removesuffix(".git")) if url and base(url.text) else None
        if path is not None:
            effects.folder(path)
        effects.unsure(path)

    # --- users, and the shell itself ---

    def do_useradd(self, arguments: Sequence[Field | None]) -> None:
        """useradd: a home folder with `-m`."""
        found = read_arguments(
            arguments, "dugscGkKpbe", ("home-dir", "home", "uid", "gid", "shell", "comment", "groups")
        )
        if found.has("m", "create-home"):
            self._make_folder(found.value("d", "home-dir", "home"))

    def do_adduser(self, arguments: Sequence[Field | None]) -> None:
        """adduser: a home folder but with `-H` or `--no-create-home`."""
        names = ("home", "uid", "gid", "shell", "gecos", "ingroup", "firstuid", "lastuid")
        found = read_arguments(arguments, "hgsGuk", names)
        if not found.has("H", "no-create-home"):
            self._make_folder(found.value("h", "home"))

    def do_dpkg_reconfigure(self, arguments: Sequence[Field | None]) -> None:
        """dpkg-reconfigure dash decides what /bin/sh is."""
        if any(field is None or field.text == "dash" for field in arguments):
            reason = Unknown("dpkg-reconfigure decides what /bin/sh is", self.effects.origin)
            self.effects.put("/bin/sh", ImageFile("/bin/sh", reason, 0o755, self.effects.origin))


def _is_script(file: ImageFile) -> bool:
    text = file.content
    return isinstance(text, Edited) or (isinstance(text, SourceFile) and text.text.startswith("#!"))


def _dashed(field: Field | None) -> Field | None:
    return field and Field("-" + field.text)
