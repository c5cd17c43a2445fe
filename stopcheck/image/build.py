"""From a Dockerfile to the image that it makes: stages, variables, what the image starts, its files."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.base_files import BaseFiles
from stopcheck.image.bases import base_image, is_windows, may_set_signal, with_shell
from stopcheck.image.context import Context, find_context
from stopcheck.image.copying import Copying, place
from stopcheck.image.filesystem import FileMap
from stopcheck.image.layers import MakeFolder, Put, Unsure
from stopcheck.image.model import Image, ImageFile, StartCommand
from stopcheck.image.paths import join
from stopcheck.image.run import mount_options, run
from stopcheck.image.stages import Stage, State, split_stages
from stopcheck.image.variables import Missing, SubstitutionError, expand, expand_known
from stopcheck.model import Label, Problem, Unknown
from stopcheck.records import dataclass, replace
from stopcheck.source import SourceFile
from stopcheck.syntax.dockerfile import parse_dockerfile
from stopcheck.syntax.dockerfile.tree import ExecForm, ShellForm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stopcheck.case import Recipe
    from stopcheck.files import Files
    from stopcheck.image.model import Base, Value
    from stopcheck.image.variables import Lookup
    from stopcheck.source import Span
    from stopcheck.syntax.dockerfile.tree import Dockerfile, Instruction

    Recipes = Callable[[str], Recipe | None]
    """What builds an image, by its name; None where that is not known."""

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The PATH of an image that sets none (system.DefaultPathEnvUnix of moby/buildkit)."""

_PLATFORM_ARGUMENTS = frozenset(
    f"{side}{part}" for side in ("BUILD", "TARGET") for part in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
)


def build_image(
    dockerfile: Dockerfile,
    files: Files,
    context: str,
    target: str | None = None,
    build_args: Mapping[str, str] | None = None,
    path: str | None = None,
    recipes: Recipes | None = None,
) -> tuple[Image | None, tuple[Problem, ...]]:
    """The image of the last stage, or of the stage `target` (a name or a number); None where there is none.

    `context` is a folder of `files`, `path` that of the Dockerfile among them (None: as its source has it). The
    problems are what would end the build; those of reading the Dockerfile are not among them. `recipes` tells what
    builds a base image that is not known by its name.
    """
    place = dockerfile.source.path if path is None else path
    bases = _Bases(files, recipes, frozenset({place})) if recipes is not None else None
    builder = _Builder(dockerfile, Context(files, context, place), build_args or {}, bases)
    image = builder.image(target)
    return image, tuple(dict.fromkeys(builder.problems))


@dataclass(frozen=True, slots=True)
class _Bases:
    """Base images that other Dockerfiles among the files make; `above` are those that are being built already."""

    files: Files
    recipes: Recipes
    above: frozenset[str]

    def build(self, name: str) -> tuple[State, tuple[Instruction, ...]] | None:
        """What a stage begins with that is made from this image, and what its ONBUILD instructions have it do."""
        recipe = self.recipes(name)
        source = self.files.read(recipe.path) if recipe is not None and recipe.path not in self.above else None
        if recipe is None or source is None:
            return None
        dockerfile = parse_dockerfile(source)
        if dockerfile.problems:
            return None
        context = recipe.context if recipe.context is not None else find_context(dockerfile, self.files, recipe.path)
        given = {
            name: value if value is not None else Unknown(f"the build argument {name} of {recipe.path}")
            for name, value in recipe.arguments
        }
        bases = replace(self, above=self.above | {recipe.path})
        made = _Builder(dockerfile, Context(self.files, context, recipe.path), given, bases).state(recipe.target)
        if made is None:
            return None
        state = made[0].child()
        state.build_env, state.unset_arguments = dict(state.env), set()
        state.cmd_of_base = True
        return state, made[1]


class _Builder:
    """One evaluation of a Dockerfile."""

    def __init__(
        self, dockerfile: Dockerfile, context: Context, build_args: Mapping[str, Value], bases: _Bases | None
    ) -> None:
        self.problems: list[Problem] = []
        self._dockerfile = dockerfile
        self._escape = dockerfile.escape
        self._context = context
        self._build_args = build_args
        self._bases = bases
        head, self._stages = split_stages(dockerfile)
        self._globals: dict[str, Value] = {}
        self._parents = self._find_parents(head)
        self._states: dict[int, State] = {}
        self._before_end: tuple[Instruction, State] | None = None
        """The first CMD or ENTRYPOINT of the file's last stage, and the stage as it is there."""

    # --- stages ---

    def image(self, target: str | None) -> Image | None:
        stage = self._target(target)
        if stage is None:
            return None
        return self._finish(stage, self._evaluated(stage), self._before_end)

    def state(self, target: str | None) -> tuple[State, tuple[Instruction, ...]] | None:
        """The stage as it is at its end, and what it has those do that are built from it."""
        stage = self._target(target)
        return None if stage is None else (self._evaluated(stage), self._triggers(stage))

    def _evaluated(self, stage: Stage) -> State:
        for index in self._needed(stage.index):
            self._states[index] = self._evaluate(self._stages[index])
        return self._states[stage.index]

    def _target(self, target: str | None) -> Stage | None:
        path = self._dockerfile.source.path
        if not self._stages:
            return None
        if target is None:
            return self._stages[-1]
        stage = self._named(target, len(self._stages))
        if stage is None:
            names = ", ".join(stage.name for stage in self._stages if stage.name) or "none has a name"
            self.problems.append(Problem(path, f"there is no stage `{target}`; the stages are: {names}"))
        return stage

    def _named(self, name: str, before: int) -> Stage | None:
        """The stage of a name, the last one before stage number `before`; or that of a number. None for ""."""
        for stage in reversed(self._stages[:before]):
            if stage.name and stage.name == name.lower():
                return stage
        if name.isdecimal() and len(name) < 6 and int(name) < before:
            return self._stages[int(name)]
        return None

    def _find_parents(self, head: tuple[Instruction, ...]) -> dict[int, Stage | str]:
        """For each stage the one that it is built from, or the image's name; what is not known stays `$NAME`."""
        self._globals |= {name: Unknown(f"{name} is the platform's") for name in _PLATFORM_ARGUMENTS}
        for instruction in head:
            if instruction.keyword == "ARG":
                for name, value in self._arguments(instruction, self._globals.get):
                    if value is not None:
                        self._globals[name] = value
        parents: dict[int, Stage | str] = {}
        names: dict[str, Stage] = {}
        for stage in self._stages:
            text = stage.origin.arguments[0].value
            try:
                name = expand_known(text, self._global, self._escape)
            except SubstitutionError as error:
                self.problems.append(Problem.at(stage.origin.arguments[0].span, f"`{text}`: {error}"))
                name = text
            parents[stage.index] = names.get(name) or names.get(name.lower()) or name
            if name != name.lower() and name.lower() in names:
                message = f"FROM finds a stage by its name in lower case only: write `{name.lower()}`"
                self.problems.append(Problem.at(stage.origin.arguments[0].span, message))
            if stage.name:
                names[stage.name] = stage
        return parents

    def _global(self, name: str) -> Value | None:
        return self._globals.get(name, Missing(f"the build argument {name} has no default"))

    def _needed(self, target: int) -> list[int]:
        """The stages that the target is built from, in their order."""
        needed: set[int] = set()
        waiting = [target]
        while waiting:
            index = waiting.pop()
            if index in needed:
                continue
            needed.add(index)
            parent = self._parents[index]
            if isinstance(parent, Stage):
                waiting.append(parent.index)
            for instruction in self._triggers(parent) + self._stages[index].instructions:
                names = [self._from(instruction), *(options.get("from", "") for options in mount_options(instruction))]
                waiting += [stage.index for name in names if name and (stage := self._named(name, index))]
        return sorted(needed)

    @staticmethod
    def _triggers(parent: Stage | str) -> tuple[Instruction, ...]:
        """What the ONBUILD instructions of a stage have its children do."""
        if isinstance(parent, str):
            return ()
        return tuple(one.onbuild for one in parent.instructions if one.onbuild is not None)

    def _evaluate(self, stage: Stage) -> State:
        parent = self._parents[stage.index]
        if isinstance(parent, str):
            state, triggers = self._from_image(stage, parent)
        else:
            state, triggers = self._states[parent.index].child(), self._triggers(parent)
        if (stage.origin.flag("platform") or "").lower().startswith("windows"):
            state.windows = True
        state.instructions.append(stage.origin)
        self._follow(state, triggers, stage)
        starts = (at for at, one in enumerate(stage.instructions) if one.keyword in {"CMD", "ENTRYPOINT"})
        end = next(starts, len(stage.instructions))
        self._follow(state, stage.instructions[:end], stage)
        if end < len(stage.instructions) and stage is self._stages[-1]:
            self._before_end = (stage.instructions[end], state.copy())
        self._follow(state, stage.instructions[end:], stage)
        return state

    def _follow(self, state: State, instructions: tuple[Instruction, ...], stage: Stage) -> None:
        for instruction in instructions:
            state.instructions.append(instruction)
            try:
                self._dispatch(state, instruction, stage)
            except SubstitutionError as error:
                self.problems.append(Problem.at(instruction.value_span, f"{instruction.keyword}: {error}"))
                reason = Unknown(f"what this {instruction.keyword} does is not known: {error}", instruction.span)
                state.files = state.files.after(Unsure(reason))

    def _from_image(self, stage: Stage, name: str) -> tuple[State, tuple[Instruction, ...]]:
        argument = stage.origin.arguments[0]
        image = base_image(name, argument.span)
        later = self._named(name, len(self._stages)) if isinstance(image.sh, Unknown) else None
        if later is not None and later.index > stage.index and not name.isdecimal():
            message = (
                f"the stage `{name}` comes later: FROM only finds stages above it, and looks for an image `{name}`"
            )
            self.problems.append(Problem.at(argument.span, message))
        made = self._bases.build(name) if self._bases is not None and image.env is None else None
        if made is not None:
            path = made[0].instructions[-1].span.path
            made[0].recipes.append(Label(argument.span, f"the base image {name} is what {path} makes"))
            return made
        set_there: dict[str, Value] = dict.fromkeys(image.sets, Unknown(f"the base image {image.name} sets it"))
        env = {"PATH": DEFAULT_PATH, **set_there, **(image.env or {})}
        inherited = isinstance(image.stop_signal, Unknown) or image.stop_signal is not None
        state = State(
            base=image,
            files=FileMap(BaseFiles(image)),
            env=env,
            build_env=dict(env),
            env_open=image.env is None,
            entrypoint=_inherited(image.entrypoint, name),
            cmd=_inherited(image.cmd, name),
            stop_signal=_inherited_signal(image),
            stop_signal_base=image.name if inherited else None,
            workdir=image.workdir or ("" if image.env is None else "/"),
            user=image.user,
            windows=is_windows(name) or image.family == "windows",
        )
        return state, ()

    # --- instructions ---

    def _dispatch(self, state: State, instruction: Instruction, stage: Stage) -> None:
        match instruction.keyword:
            case "ENV":
                self._env(state, instruction)
            case "ARG":
                self._arg(state, instruction)
            case "WORKDIR":
                state.workdir = self._place(state, instruction.value)
                state.files = state.files.after(MakeFolder(state.files.followed(state.workdir)))
            case "COPY" | "ADD":
                self._copy(state, instruction, stage)
            case "RUN":
                run(state, instruction, lambda name: self._source(name, stage, instruction.span))
            case "USER":
                state.user = expand_known(instruction.value, state.variable, self._escape)
            case "STOPSIGNAL":
                state.stop_signal = self._expand(state, instruction.value)
                state.stop_signal_span, state.stop_signal_base = instruction.value_span, None
            case "SHELL":
                if isinstance(instruction.form, ExecForm):
                    state.shell = tuple(argument.value for argument in instruction.form.arguments)
            case "HEALTHCHECK":
                none = bool(instruction.arguments) and instruction.arguments[0].value.upper() == "NONE"
                state.healthcheck = None if none else instruction
            case "CMD":
                _set_cmd(state, instruction)
            case "ENTRYPOINT":
                _set_entrypoint(state, instruction)

    def _expand(self, state: State, text: str) -> Value:
        return expand(text, state.variable, self._escape)

    def _env(self, state: State, instruction: Instruction) -> None:
        words = [self._expand(state, argument.value) for argument in instruction.arguments]
        texts = [argument.value for argument in instruction.arguments[1::2]]
        blank = {text for text in texts if self._wants_argument(state, text)}
        for name, value, text in zip(words[::2], words[1::2], texts, strict=False):
            if isinstance(name, str):
                state.env[name] = state.build_env[name] = value
                (state.blanks.add if text in blank else state.blanks.discard)(name)

    def _wants_argument(self, state: State, text: str) -> bool:
        """Whether a text asks for a build argument that has no value."""
        try:
            return isinstance(expand(text, state.path_variable, self._escape), Missing)
        except SubstitutionError:
            return False

    def _arg(self, state: State, instruction: Instruction) -> None:
        for name, value in self._arguments(instruction, state.variable):
            if value is None:
                value = self._globals.get(name)
            if value is None:
                state.unset_arguments.add(name)
            else:
                state.build_env[name] = value

    def _arguments(self, instruction: Instruction, variable: Lookup) -> Iterator[tuple[str, Value | None]]:
        """Name and value of each; None where it has no default and none is given. One may use those before it."""
        for name, default in zip(instruction.arguments[::2], instruction.arguments[1::2], strict=False):
            if name.value in self._build_args:
                yield name.value, self._build_args[name.value]
            elif default.given:
                try:
                    yield name.value, expand(default.value, variable, self._escape)
                except SubstitutionError as error:
                    self.problems.append(Problem.at(default.span, f"ARG: {error}"))
            else:
                yield name.value, None

    def _place(self, state: State, text: str) -> str:
        """A path of an instruction as the image has it; what is not known of it stays `$NAME`."""
        return place(state.workdir, expand_known(text, state.path_variable, self._escape))

    def _copy(self, state: State, instruction: Instruction, stage: Stage) -> None:
        copying = Copying(
            instruction,
            self._source(self._from(instruction), stage, instruction.span),
            state.workdir,
            self._escape,
            state.path_variable,
        )
        state.files, problems = copying.apply(state.files)
        self.problems += problems
        whole = self._named(self._from(instruction), stage.index)
        if whole and {argument.value for argument in instruction.arguments} == {"/"} and state.base.family == "scratch":
            system = self._states[whole.index]
            state.base = replace(with_shell(system.base, system.files), entrypoint=None, cmd=None, stop_signal=None)

    @staticmethod
    def _from(instruction: Instruction) -> str:
        return (instruction.flag("from") or "") if instruction.keyword == "COPY" else ""

    def _source(self, name: str, stage: Stage, span: Span) -> Context | FileMap | Unknown:
        """What a COPY or a mount takes files from."""
        if not name:
            return self._context
        found = self._named(name, stage.index)
        if found is not None:
            return self._states[found.index].files
        if self._named(name, len(self._stages)) is not None:
            message = f"`from={name}` is a stage that is not above this one: a build can only copy from those that are"
            self.problems.append(Problem.at(span, message))
        elif name.isdecimal():
            self.problems.append(Problem.at(span, f"`from={name}`: there is no stage with this number"))
        return Unknown(f"it comes from the image {name}", span)

    # --- the image ---

    def _finish(self, stage: Stage, state: State, before_end: tuple[Instruction, State] | None = None) -> Image:
        windows = Unknown("Windows image", stage.origin.span)

        def with_end(instructions: tuple[Instruction, ...]) -> Image:
            assert before_end is not None
            other = before_end[1].copy()
            self._follow(other, instructions, stage)
            return self._finish(stage, other)

        end = before_end[0] if before_end is not None and stage is self._stages[-1] else None
        files = _with_what_is_started(state) if state.env_open else state.files
        return Image(
            dockerfile=self._dockerfile.source.path,
            stage=stage.name or None,
            context=self._context.folder,
            entrypoint=windows if state.windows else state.entrypoint,
            cmd=windows if state.windows else state.cmd,
            env=state.env,
            workdir=state.workdir,
            user=state.user,
            shell=state.shell,
            stop_signal=state.stop_signal,
            stop_signal_span=state.stop_signal_span,
            base=with_shell(state.base, files),
            files=files,
            installed=frozenset(state.installed),
            superseded=tuple(state.superseded),
            cleared=state.cleared,
            stop_signal_base=state.stop_signal_base,
            env_open=state.env_open,
            blanks=frozenset(state.blanks),
            healthcheck=state.healthcheck,
            instructions=tuple(state.instructions),
            recipes=tuple(state.recipes),
            end=end,
            with_end=with_end if end is not None else None,
        )


def _destination(word: str, state: State) -> str:
    """What the last word of a COPY comes to, as far as that is known; "" where it is none."""
    try:
        return expand_known(word, state.path_variable)
    except SubstitutionError:
        return ""


def _with_what_is_started(state: State) -> FileMap:
    """The files with those scripts that ENTRYPOINT and CMD name by a path which only an unknown base image explains.

    COPY has put a file whose path ends so into a folder that this base image tells: its working directory, `$HOME`.
    """
    files = state.files
    last = [line.value.split()[-1:] for line in state.instructions if line.keyword in {"COPY", "ADD"}]
    told = [_destination(word, state) for words in last for word in words]
    folders = dict.fromkeys(["", *(word.partition("/")[0] for word in told if word.startswith("$"))])
    starts = [start for start in (state.entrypoint, state.cmd) if isinstance(start, StartCommand)]
    for word in [word for start in starts for word in start.argv if isinstance(word, str) and word.startswith("/")]:
        parts = word.strip("/").split("/")
        tails = [join(folder, "/".join(parts[at:])) for at in range(1, len(parts)) for folder in folders]
        found = [file for tail in tails if isinstance(file := files.lookup(tail), ImageFile)]
        if isinstance(files.lookup(word), Unknown) and found and isinstance(found[0].content, SourceFile):
            files = files.after(Put(replace(found[0], path=word)))
    return files


def _inherited(argv: tuple[str, ...] | Unknown | None, name: str) -> StartCommand | Unknown | None:
    return StartCommand(argv, None, base=name) if isinstance(argv, tuple) else argv


def _inherited_signal(image: Base) -> Value:
    if isinstance(image.stop_signal, Unknown):
        # Few images set one, and those that are built from such an image mostly bear its name.
        return image.stop_signal if may_set_signal(image.name) else "SIGTERM"
    return image.stop_signal or "SIGTERM"


def _start(state: State, instruction: Instruction) -> StartCommand | Unknown | None:
    """What CMD or ENTRYPOINT sets; None for `[]`, which resets it, Unknown for what cannot be built."""
    form = instruction.form
    if isinstance(form, ExecForm):
        if not form.arguments:
            return None
        argv = tuple(argument.value for argument in form.arguments)
        return StartCommand(argv, instruction, argument_spans=tuple(argument.span for argument in form.arguments))
    if isinstance(form, ShellForm):
        return StartCommand((*state.shell, form.source.text), instruction, form.source)
    return Unknown(f"this {instruction.keyword} cannot be built", instruction.span)


def _is_trigger(instruction: Instruction) -> bool:
    """Whether ONBUILD holds it: it stands in another stage, and does its work for others, too."""
    text, start = instruction.span.source.text, instruction.span.start
    return text[text.rfind("\n", 0, start) + 1 : start].strip().upper() == "ONBUILD"


def _set_cmd(state: State, instruction: Instruction) -> None:
    before = state.cmd.instruction if state.cmd_is_own and isinstance(state.cmd, StartCommand) else None
    if before is not None and not _is_trigger(before):
        state.superseded.append(before)
    state.cmd = _start(state, instruction)
    state.cmd_is_own, state.cmd_of_base = True, False


def _set_entrypoint(state: State, instruction: Instruction) -> None:
    """An ENTRYPOINT also clears a CMD that this stage has not set itself (dispatchEntrypoint of moby/buildkit)."""
    entrypoint = state.entrypoint
    before = entrypoint.instruction if state.entrypoint_is_own and isinstance(entrypoint, StartCommand) else None
    if before is not None and not _is_trigger(before):
        state.superseded.append(before)
    start = _start(state, instruction)
    # `ENTRYPOINT [""]` is Docker's other way to reset it (mergeAndVerifyConfig of moby).
    state.entrypoint = None if isinstance(start, StartCommand) and start.argv == ("",) else start
    state.entrypoint_is_own = True
    if not state.cmd_is_own:
        if isinstance(state.cmd, StartCommand) and not state.cmd_of_base:
            state.cleared = state.cmd.instruction
        state.cmd = None
