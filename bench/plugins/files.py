"""Importing one Python file under its own name, and saying in one line where and why that fails."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from bench.plugins.hints import first_line, written


class NotImported(ImportError):
    """A file that can't be imported: `my_metrics.py:3: can't be imported (NameError: …)`."""


class _Source(SourceFileLoader):
    """Reads the source and no bytecode, whose age is known to the second, and leaves none beside a suite."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        made = self.source_to_code(self.get_data(path), path)
        assert isinstance(made, CodeType)
        return made


def import_file(file: Path, files: Sequence[Path] = (), name: str = "") -> ModuleType:
    """The module of a file, called `name`, or as the file. Raises NotImported with its place.

    `files` are all that are imported so: two of one name are refused, and so is the name of a module that is there already.
    """
    name = name or file.stem
    if why := _refused(file, files, name):
        raise NotImported(f"{shown(file)}: {why}")
    try:
        if name in sys.modules:  # another file has imported it
            return sys.modules[name]
        if "." in name:
            return importlib.import_module(name)
        spec = importlib.util.spec_from_file_location(name, file, loader=_Source(name, str(file)))
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except (Exception, SystemExit, GeneratorExit) as error:
        sys.modules.pop(name, None)
        why = written(f"can't be imported ({type(error).__name__}: {first_line(error)})")
        raise NotImported(f"{_where(error, file)}: {why}") from error
    return module


def import_installed(name: str) -> ModuleType:
    """A module of an installed package. Raises NotImported."""
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit, GeneratorExit) as error:
        raise NotImported(f"{name}: can't be imported ({type(error).__name__}: {first_line(error)})") from error


def _refused(file: Path, files: Sequence[Path], name: str) -> str | None:
    if not file.is_file():
        return "there is no such file (on this machine, where it is not the one that planned the run)"
    if file.suffix != ".py" or not all(map(str.isidentifier, name.split("."))):
        return "a file of plugins is called like a module: letters, digits, _ and .py"
    if "." not in name and (twin := next((f for f in files if f.stem == name and f != file), None)):
        return f"{shown(twin)} has the same name: rename one of them"
    top, first = name.partition(".")[0], file.parents[name.count(".") + (file.name == "__init__.py")]
    if (origin := _origin(top)) not in (None, first / f"{top}.py", first / top / "__init__.py", first / top):
        return f"a module is called '{top}' already ({origin}): rename the file"
    return None


def _origin(name: str) -> Path | None:
    """The file of a module that is there without this one, or the folder of a package without a file; None where none is."""
    spec = getattr(sys.modules.get(name), "__spec__", None) or _spec(name)
    if spec is None:
        return None
    if spec.has_location and spec.origin:
        return Path(spec.origin).resolve()
    folders = list(spec.submodule_search_locations or ())
    return Path(folders[0]).resolve() if folders else Path(spec.origin or "built-in")


def _spec(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None


def _where(error: BaseException, file: Path) -> str:
    """`my_metrics.py:3`, the last line of the file that an error passed through."""
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == str(file)]
    if isinstance(error, SyntaxError) and error.filename == str(file):
        lines = [error.lineno or 1]
    return f"{shown(file)}:{lines[-1]}" if lines else shown(file)


def place_of(plugin: type) -> str:
    """`my_stabilizers.py:12`, where a class is defined."""
    try:
        return f"{shown(Path(inspect.getfile(plugin)))}:{inspect.getsourcelines(plugin)[1]}"
    except (OSError, TypeError):
        return f"{plugin.__module__}:{plugin.__qualname__}"


def shown(path: Path) -> str:
    """A path as short as it can be said here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
