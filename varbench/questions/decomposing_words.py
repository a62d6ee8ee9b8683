"""The sentences about where the variance of a score comes from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from varbench.stats import Components


def headline(part: Components, shares: pd.DataFrame, name: str) -> str:
    """Name the largest share, with its interval, and whether another one may be as large."""
    if part.total == 0:
        return f"The scores of {name} do not vary."
    largest = shares.iloc[int(np.argmax(shares["share"].to_numpy(float)))]
    others = shares[shares["source"] != largest["source"]]
    near = others[others["ci_high"] > largest["ci_low"]]
    low = largest["ci_low"] if np.isfinite(largest["ci_low"]) else largest["share"]
    most = "Most" if low > 0.5 else "The largest part"
    term, said = _words(str(largest["source"])), _percent(largest)
    unsure = "; which source is largest is not settled" if len(near) else ""
    return f"{most} of the variance of {name} comes from {term}: {said}{unsure}."


def _percent(row: pd.Series) -> str:
    """Write a share with its interval, where it has one."""
    share = f"{100 * row['share']:.0f} %"
    return f"{share} {_bounds(row)}" if np.isfinite(row["ci_low"]) else share


def _bounds(row: pd.Series) -> str:
    """Write the interval of a share, empty where there is none."""
    there = np.isfinite(row["ci_low"]) and np.isfinite(row["ci_high"])
    return f"[{100 * row['ci_low']:.0f} %, {100 * row['ci_high']:.0f} %]" if there else ""


def share_of(shares: pd.DataFrame) -> dict[str, str]:
    """Give each term's share in words."""
    return {
        str(row["source"]): f"{_words(str(row['source']))} {_percent(row)}" for _, row in shares.iterrows()
    }


def with_shares(table: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Put the interval of each term's share beside its variance."""
    bounds = shares.set_index("source").loc[table["term"]]
    said = [_bounds(row) for _, row in bounds.iterrows()]
    return table.assign(
        share_low=bounds["ci_low"].to_numpy(), share_high=bounds["ci_high"].to_numpy(), share_interval=said
    )


def _words(term: str) -> str:
    return "the interplay of " + " and ".join(term.split(":")) if ":" in term else term


def sentences_of(
    parts: dict[str, Components], by_part: dict[str, pd.DataFrame], label: str
) -> tuple[str, ...]:
    """Say of each procedure how its scores vary, and which share comes from where."""
    found = []
    for name, part in parts.items():
        shares = f"; {', '.join(share_of(by_part[name]).values())}" if part.total > 0 else ""
        found.append(f"{name}: SD of one score {part.total**0.5:.4f} {label}{shares}.")
    if any("variance_negative" in part.notes for part in parts.values()):
        found.append(
            "Components that were estimated below 0 are given as 0; they are small, or their sources had few draws."
        )
    return tuple(found)


def ratio_bounds(low: float, high: float) -> str:
    """Write the interval of a ratio, empty where there is none, as of the reference itself."""
    return f"[{low:.2f}, {high:.2f}]" if np.isfinite(low) and np.isfinite(high) and low < high else ""


def largest_source(table: pd.DataFrame, name: str) -> str:
    """Name the source that alone moves a procedure most, and whether another one may move it as much."""
    row = table.iloc[int(np.argmax(table["sd"].to_numpy(float)))]
    there = np.isfinite(row["ci_low"]) and np.isfinite(row["ci_high"])
    interval = f" [{row['ci_low']:.4f}, {row['ci_high']:.4f}]" if there else ""
    others = table[table["source"] != row["source"]]
    unsure = (
        "; which moves it most is not settled" if there and (others["ci_high"] > row["ci_low"]).any() else ""
    )
    return f"Of the single sources, {row['source']} moves {name} most: SD {row['sd']:.4f}{interval}{unsure}."
