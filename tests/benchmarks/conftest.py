"""Prints the ratios that the benchmarks measured, one line each."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any, config: Any) -> None:
    session = getattr(config, "_benchmarksession", None)
    measured = [b for b in session.benchmarks if "ratio" in b.extra_info] if session else []
    if not measured:
        return
    terminalreporter.section("ratios to the reference of the same run (larger is faster)")
    for bench in measured:
        goal = bench.extra_info.get("goal", "")
        made = bench.extra_info.get("compiling_s")
        more = "" if made is None else f"   {made:.0f} s to trace and compile, not counted"
        terminalreporter.write_line(f"{bench.name:<44} {bench.extra_info['ratio']:>7.2f}   goal {goal}{more}")
