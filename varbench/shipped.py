"""Where the files that ship with varbench are: the studies and the manifests of data sets."""

from __future__ import annotations

from pathlib import Path

from varbench.errors import InputError, unknown

#: What ships beside the code.
KINDS = ("studies", "data_manifests")


def shipped(kind: str) -> Path:
    """In which folder are the shipped files of a kind?

    A wheel carries them inside the package; in a checkout (and in an editable install) they stand beside it.

    Parameters
    ----------
    kind : {"studies", "data_manifests"}
        What is looked for.

    Returns
    -------
    pathlib.Path
        An existing folder.

    Raises
    ------
    varbench.errors.InputError
        Where there is no such kind, or the installation lost the folder.

    Examples
    --------
    >>> (shipped("data_manifests") / "radmlbench.toml").is_file()
    True
    """
    if kind not in KINDS:
        raise InputError(unknown("kind of shipped file", kind, KINDS))
    package = Path(__file__).resolve().parent
    # The wheel's own folder first: beside an installed package stand other packages, which may have a `studies` too.
    for folder in (package / "_shipped" / kind, package.parent / kind):
        if folder.is_dir():
            return folder
    raise InputError(
        f"this installation of varbench has no folder {kind!r} (looked in {package / '_shipped'} and "
        f"{package.parent}); install it anew with: python -m pip install --force-reinstall varbench"
    )
