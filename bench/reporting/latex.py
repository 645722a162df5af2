"""Tables for papers: booktabs, everything that LaTeX would misread escaped."""

from __future__ import annotations

import re

from bench.reporting.table import Entry, Table, anchor

PREAMBLE = "% needs \\usepackage{booktabs}; wide tables may want \\resizebox{\\linewidth}{!}{...}\n"

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "%": r"\%", "&": r"\&", "#": r"\#", "_": r"\_", "$": r"\$",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}",
    "↑": r"$\uparrow$", "↓": r"$\downarrow$", "→": r"$\rightarrow$", "∞": r"$\infty$", "×": r"$\times$", "±": r"$\pm$",
    "−": "$-$", "≤": r"$\leq$", "≥": r"$\geq$", "≈": r"$\approx$", "·": r"$\cdot$", "—": "---", "–": "--",
    "…": r"\ldots{}",
    "\u202f": r"\,", "\u00a0": "~", "²": r"$^2$", "“": "``", "”": "''", "√": r"$\surd$", "∇": r"$\nabla$",
    "∂": r"$\partial$", "ℓ": r"$\ell$",
}  # fmt: skip

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "τ": "tau", "υ": "upsilon",
    "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
    "Ξ": "Xi",
    "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip

_ALL = SPECIAL | {letter: f"$\\{name}$" for letter, name in GREEK.items()}


def escape(text: str) -> str:
    """User text as LaTeX text: `50%_σ & more` prints as written. Line ends become spaces."""
    return "".join(_ALL.get(character, character) for character in re.sub(r"[\r\n\t]+", " ", text))


def table(found: Table) -> str:
    """One `table` environment; the decided best of a column is bold, floors are in italics."""
    if not found.rows:
        return ""
    lines = [
        PREAMBLE + r"\begin{table}",
        r"  \centering\small",
        f"  \\caption{{{escape(found.title)}. {escape(found.caption)}}}".replace(". }", ".}"),
        f"  \\label{{tab:{anchor(found.key)}}}",
        f"  \\begin{{tabular}}{{l{'r' * (len(found.columns) - 1)}}}",
        r"    \toprule",
        *_groups(found),
        "    " + " & ".join(map(escape, found.columns)) + r" \\",
        r"    \midrule",
    ]
    for row in found.rows:
        if row and row[0].kind == "floor":
            lines.append(r"    \midrule")
        lines.append("    " + " & ".join(map(_entry, row)) + r" \\")
    return "\n".join([*lines, r"    \bottomrule", r"  \end{tabular}", r"\end{table}", ""])


def _groups(found: Table) -> list[str]:
    """The line above the columns' names, and rules below each group."""
    if not found.groups:
        return []
    titles, rules, at = [], [], 1
    for title, count in found.groups:
        titles.append(f"\\multicolumn{{{count}}}{{c}}{{{escape(title)}}}")
        rules += [f"\\cmidrule(lr){{{at}-{at + count - 1}}}"] if title else []
        at += count
    return ["    " + " & ".join(titles) + r" \\", "    " + " ".join(rules)]


def _entry(entry: Entry) -> str:
    text = escape(entry.text)
    if text.startswith("["):
        text = "{}" + text  # after \\ a bracket would be read as a length
    if entry.best:
        return f"\\textbf{{{text}}}"
    return f"\\emph{{{text}}}" if entry.kind in ("floor", "failed") else text
