r"""A text so that pdfLaTeX prints it as it is, with the packages of any document."""

from __future__ import annotations

import unicodedata

from varbench.report.scrub import clean

_MEANING = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "''",
}  # fmt: skip
_MARKS = {
    "’": "'", "‘": "{}`", "“": "``", "”": "''", "`": "{}`", "–": "--", "—": "---", "‑": "-", "‐": "-", "…": r"\dots{}",
    "•": r"$\bullet$", "●": r"$\bullet$", "▲": "*", "†": r"\dag{}", "‡": r"\ddag{}", "§": r"\S{}", "©": r"\copyright{}",
    "\u202f": r"\,", "\u2009": r"\,", "\u00a0": "~", "°": r"$^\circ$", "′": "$'$", "‰": r"\textperthousand{}",
    "µ": r"$\mu$", "¿": "?{}`", "¡": "!{}`", "⁄": "/", "€": "EUR", "®": "(R)", "£": r"\pounds{}", "«": "``", "»": "''",
}  # fmt: skip
_MATHS = {
    "−": "-", "±": r"\pm", "∓": r"\mp", "×": r"\times", "÷": r"\div", "·": r"\cdot", "≤": r"\leq", "≥": r"\geq",
    "≠": r"\neq", "≈": r"\approx", "≡": r"\equiv", "∼": r"\sim", "∝": r"\propto", "∞": r"\infty", "√": r"\surd",
    "∑": r"\sum", "∏": r"\prod", "∂": r"\partial", "∈": r"\in", "∉": r"\notin", "∩": r"\cap", "∪": r"\cup",
    "¬": r"\neg", "→": r"\to", "←": r"\leftarrow", "↔": r"\leftrightarrow", "↑": r"\uparrow", "↓": r"\downarrow",
    "∆": r"\Delta",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "ς": "varsigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma",
    "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
#: Latin letters that the encoding of a plain document lacks.
_SPELLED = {
    "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ĸ": "q", "ŉ": "'n", "ŋ": "ng",
    "Ŋ": "NG",
    "Ą": "A", "ą": "a", "Ę": "E", "ę": "e", "Į": "I", "į": "i", "Ų": "U", "ų": "u",
    "ſ": "s", "ŧ": "t", "Ŧ": "T", "ŀ": "l", "Ŀ": "L", "ª": "a", "º": "o",
}  # fmt: skip
_SPECIAL = {
    **_MEANING, **_MARKS, **_SPELLED,
    **{letter: f"${sign}$" for letter, sign in _MATHS.items()},
    **{letter: rf"$\{name}$" for letter, name in _GREEK.items()},
    **{letter: f"$^{{{sign}}}$" for letter, sign in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True)},
}  # fmt: skip
#: Combining marks that turn a sign into its opposite: what is left without them would be wrong.
_STRUCK = ("\u0338", "\u20d2", "\u20d3")


def escape(text: object) -> str:
    r"""Write a text so that LaTeX prints it as it is, with the packages of any document.

    Letters that plain pdfLaTeX cannot print become their nearest ASCII, or a question mark. Two hyphens stay two.

    Examples
    --------
    >>> print(escape("50 % of a_b & {x} −0.1"))
    50 \% of a\_b \& \{x\} $-$0.1
    >>> print(escape("a--b ≠ 10⁻³"))
    a-{}-b $\neq$ 10$^{-}$$^{3}$
    """
    found = []
    before = ""
    for c in clean(unicodedata.normalize("NFC", str(text))):
        # Hyphens side by side, and a mark before a quote, would join into another sign.
        found.append("{}-" if c == before == "-" else _letter(c))
        before = c
    return "".join(found)


def _letter(c: str) -> str:
    if c in _SPECIAL:
        return _SPECIAL[c]
    if c.isascii() or (c.isalpha() and ord(c) < 0x180):
        return c
    parts = unicodedata.normalize("NFKD", c)
    if any(mark in parts for mark in _STRUCK):
        return "?"
    plain = "".join(p for p in parts if p.isascii() or p in _SPECIAL)
    return "".join(_SPECIAL.get(p, p) for p in plain) or "?"
