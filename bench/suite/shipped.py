"""What comes with bench: its suites, found by their names, and the baselines of those that gate."""

from __future__ import annotations

from pathlib import Path

from bench.plugins import close
from bench.suite.yaml_lines import SuiteError

PACKAGE = Path(__file__).parents[1]


def suites() -> dict[str, Path]:
    """Every shipped suite, by its name: of the checkout, or of the package where that is installed."""
    return {path.stem: path for path in sorted(_folder("suites", PACKAGE.parent / "suites").glob("*.yaml"))}


def suite_file(path: Path) -> Path:
    """The file that is meant: `quickstart` is the shipped suite, unless a file is called so. Raises SuiteError."""
    if path.exists() and not (path.is_dir() and str(path) in suites()):
        return path
    if str(path) in suites():
        return _short(suites()[str(path)])
    if not path.suffix and len(path.parts) == 1:
        hint = close(str(path), suites()) or f" (suites that come with bench: {', '.join(suites())})"
        raise SuiteError([f"{path}: there is no such file, and no suite of this name{hint}"])
    if path.parent.name == "suites" and path.stem in suites() and not path.parent.exists():
        raise SuiteError([f"{path}: there is no such file; the suite that comes with bench is called {path.stem}"])
    return path


def baseline_file(path: Path, suite: Path) -> Path:
    """A baseline or golden trajectories of a suite: the file, or, of a shipped suite where there is none, the shipped one."""
    shipped = _folder("baselines", PACKAGE.parent / "results" / "baselines") / path.name
    own = not any(suite.exists() and suite.samefile(known) for known in suites().values())
    return path if own or path.exists() or not shipped.is_file() else shipped


def _folder(name: str, of_checkout: Path) -> Path:
    inside = PACKAGE / "shipped" / name
    return inside if inside.is_dir() else of_checkout


def _short(path: Path) -> Path:
    """A path as it is said: from here, where it lies below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
