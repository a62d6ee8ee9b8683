"""The rows in the two directions in which they vary most, for a picture."""

from __future__ import annotations

import numpy as np
import pandas as pd

from varbench.audits.look import Look

#: Dots of the picture.
_DOTS = 600


def embedding(look: Look) -> dict[str, pd.DataFrame]:
    """Where do the rows lie, and on which side, in which batch, of which class?

    Parameters
    ----------
    look : Look
        The table.

    Returns
    -------
    dict of str to DataFrame
        ``embedding``, with the columns x and y (principal components of the ranks), and split, batch and label as far
        as there are such; without rows where fewer than two features vary.
    """
    table = look.table
    rows = look.rows
    if len(rows) > _DOTS:
        rows = np.sort(look.rng("embedding").choice(rows, _DOTS, replace=False))
    X = look.encode(rows)
    if len(rows) < 3 or X.shape[1] < 2:
        return {}
    centred = X - X.mean(axis=0)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    places = vectors[:, [-1, -2]] * np.sqrt(np.maximum(values[[-1, -2]], 0.0))
    places *= np.where(places[np.abs(places).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    frame = pd.DataFrame({"x": places[:, 0], "y": places[:, 1]})
    frame.attrs["shares"] = [float(one / max(values.sum(), 1e-300)) for one in values[[-1, -2]]]
    if table.split is not None:
        frame["split"] = np.asarray(table.split.names)[table.split.codes[rows]]
    if table.batch is not None:
        frame["batch"] = table.batch[rows]
    if table.y is not None and table.y.classes:
        frame["label"] = np.asarray(table.y.classes)[table.y.codes[rows]]
    return {"embedding": frame}
