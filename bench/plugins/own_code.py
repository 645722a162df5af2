"""A suite's own code: plugins in Python files beside it, without a package.

A file is imported under its own name, as `import my_stabilizers` would from its folder; every class in it that derives from
a category's contract is a plugin, and its word is its name in snake_case (`GradFade` -> `grad_fade`). `module:Class` names a
class of any module in the suite's folder. One suite's own code is in use at a time: what another one imported is put away,
and comes back with it, so that files of one name in two folders don't meet.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType

from bench.hashing import code
from bench.plugins import installed
from bench.plugins.categories import BrokenPlugin, category_of, misread, singular
from bench.plugins.files import NotImported, import_file, import_installed, place_of, shown

CLASS = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)")  # `module:Class`


@dataclass(frozen=True)
class OwnCode:
    """Where a suite's own plugins are; it can be sent to another process."""

    folder: Path  # the suite's, absolute: `module:Class` is looked for in it
    files: tuple[Path, ...] = ()  # absolute
    installed: tuple[str, ...] = ()  # modules of packages, whose plugins are words too (`bench laws`)
    named: tuple[str, ...] = field(default=(), compare=False)  # words `module:Class` that were asked for

    @property
    def roots(self) -> list[str]:
        """The folders that its modules are imported from."""
        return list(dict.fromkeys(map(str, (self.folder, *(file.parent for file in self.files)))))


class WrongFiles(BrokenPlugin):
    """Files of plugins that can't be used: (the file, what is wrong) for each."""

    def __init__(self, wrong: list[tuple[Path, str]]) -> None:
        self.wrong = wrong
        super().__init__("\n".join(why for _, why in wrong))


@dataclass
class _InUse:
    """The own code of one suite, imported."""

    code: OwnCode
    plugins: dict[tuple[str, str], type] = field(default_factory=dict)  # (category, word) -> class
    named: dict[str, type] = field(default_factory=dict)  # `module:Class` -> class
    modules: dict[str, ModuleType] = field(default_factory=dict)  # everything that was imported from its folders
    contents: dict[str, bytes] = field(default_factory=dict)  # of their files, when they were
    paths: list[str] = field(default_factory=list)  # what was added to sys.path

    def note(self) -> None:
        """Whatever lies in its folders and was imported since; bench itself may lie there too, and is nobody's own."""
        for name, module in list(sys.modules.items()):
            known = name in _BEFORE or name in self.modules or name.partition(".")[0] == "bench"
            if not known and code.within(module, self.code.roots):
                self.modules[name], file = module, Path(str(module.__file__))
                self.contents[str(file)] = file.read_bytes() if file.is_file() else b""

    def reach(self) -> None:
        """Make its folders ones that modules are imported from, after all others."""
        self.paths = [root for root in self.code.roots if root not in sys.path]
        sys.path += self.paths
        importlib.invalidate_caches()

    def unchanged(self) -> bool:
        try:
            return all(Path(file).read_bytes() == held for file, held in self.contents.items())
        except OSError:
            return False


_BEFORE: set[str] = set()  # modules that are nobody's own
_AWAY: dict[OwnCode, _InUse] = {}
_IN_USE: list[_InUse] = []  # one at most


def use(own: OwnCode | None) -> None:
    """Make the plugins of some files known, in place of another suite's. Raises BrokenPlugin, and then none are."""
    if not (_IN_USE and own == _IN_USE[0].code and _IN_USE[0].unchanged()):
        _put_away()
        if own is not None:
            _begin(own)
    for word in own.named if own else ():
        if word not in _IN_USE[0].named:
            _named(_IN_USE[0], word)


def _begin(own: OwnCode) -> None:
    _BEFORE.update(sys.modules)
    held = _AWAY.pop(own, None)
    _IN_USE.append(held if held and held.unchanged() else _InUse(own))
    sys.modules.update(_IN_USE[0].modules)
    if own.files or _IN_USE[0].named:
        _IN_USE[0].reach()
    code.follow(own.roots)
    if wrong := _import(_IN_USE[0]):
        _put_away()
        _AWAY.pop(own)
        raise WrongFiles(wrong)


def _put_away() -> None:
    if not _IN_USE:
        return
    old = _IN_USE.pop()
    old.note()
    for name in old.modules:
        sys.modules.pop(name, None)
    for root in old.paths:
        if root in sys.path:
            sys.path.remove(root)
    old.paths = []
    _AWAY[old.code] = old
    _BEFORE.clear()
    code.follow([])


def in_use() -> OwnCode | None:
    """What was made known; None where no file and no class of a suite's own was asked for."""
    if not _IN_USE or not (_IN_USE[0].plugins or _IN_USE[0].named):
        return None
    return replace(_IN_USE[0].code, named=tuple(_IN_USE[0].named))


def modules() -> list[str]:
    """The modules of the plugins that are known now."""
    found = [*_IN_USE[0].plugins.values(), *_IN_USE[0].named.values()] if _IN_USE else []
    return sorted({plugin.__module__ for plugin in found})


def words(category: str) -> list[str]:
    """The words of a category that the files in use have."""
    return [word for of, word in (_IN_USE[0].plugins if _IN_USE else ()) if of == category]


def plugins() -> Iterator[tuple[str, str, type]]:
    """(category, word, class) of every plugin of the files in use, in their order."""
    for (category, word), plugin in _IN_USE[0].plugins.items() if _IN_USE else ():
        yield category, word, plugin


def find(category: str, word: str) -> tuple[str, type] | None:
    """The place and the class of a word of the files in use, or of `module:Class`; None where there is none.

    Raises BrokenPlugin."""
    if not _IN_USE:
        return None
    if (plugin := _IN_USE[0].plugins.get((category, word))) is None and CLASS.fullmatch(word):
        plugin = _IN_USE[0].named.get(word) or _named(_IN_USE[0], word)
    return (place_of(plugin), plugin) if plugin else None


def word_of(plugin: type) -> str | None:
    """The word of a class of the files in use."""
    return next((word for _, word, known in plugins() if known is plugin), None)


def snake_case(name: str) -> str:
    """`GradFade` -> `grad_fade`, `R1Penalty` -> `r1_penalty`, `WGANLoss` -> `wgan_loss`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def defined_in(module: ModuleType) -> list[tuple[str, type]]:
    """(category, class) of every plugin that a module, or below it a package, defines; `_Names` are its own affair."""
    classes = [
        c for c in vars(module).values() if inspect.isclass(c) and f"{c.__module__}.".startswith(f"{module.__name__}.")
    ]
    return [(found, c) for c in dict.fromkeys(classes) if not c.__name__.startswith("_") and (found := category_of(c))]


def _import(held: _InUse) -> list[tuple[Path, str]]:
    """Import every file, and note its plugins; what is wrong with some."""
    wrong: list[tuple[Path, str]] = []
    held.plugins.clear()
    for file in (*held.code.files, *map(Path, held.code.installed)):
        try:
            outside = str(file) in held.code.installed
            module = import_installed(str(file)) if outside else import_file(file, held.code.files)
        except NotImported as error:
            wrong.append((file, str(error)))
            continue
        found = defined_in(module)
        if not found:
            why = "defines no plugin, a class derived from Stabilizer, Metric or another contract"
            why += " (a helper's name begins with _)"
            wrong.append((file, f"{shown(file)}: {why}"))
        for category, plugin in found:
            if refused := _noted(held, category, plugin):
                wrong.append((file, f"{place_of(plugin)}: {refused}"))
    held.note()
    return wrong


def _noted(held: _InUse, category: str, plugin: type) -> str | None:
    """Why a class can't have its word; None where it has it now."""
    word = installed.word_of(category, plugin)
    if word is None:
        word = snake_case(plugin.__name__)
        first = held.plugins.get((category, word))
        there = installed.place(category, word) if word in installed.words(category) else ""
        if taken := place_of(first) if first else there:
            return f"a {singular(category)} is called '{word}' already ({taken}); rename the class {plugin.__name__}"
    held.plugins[category, word] = plugin
    return f"{plugin.__name__} {unread}" if (unread := misread(plugin)) else None


def _named(held: _InUse, word: str) -> type:
    """The class that `module:Class` names. Raises BrokenPlugin."""
    module, name = CLASS.fullmatch(word).groups()  # type: ignore[union-attr]
    folder = held.code.folder
    at = folder.joinpath(*module.split("."))
    file = next((f for f in (at.with_suffix(".py"), at / "__init__.py") if f.is_file()), None)
    if file is None:
        raise BrokenPlugin(f"{word}: there is no module {module} in {shown(folder)}")
    if not held.paths:
        held.reach()
    try:
        found = getattr(import_file(file, held.code.files, module), name, None)
    except NotImported as error:
        raise BrokenPlugin(str(error)) from error
    if not inspect.isclass(found):
        raise BrokenPlugin(f"{word}: {shown(file)} has no class {name}")
    held.named[word] = found
    held.note()
    return found
