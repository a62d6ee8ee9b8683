"""Manifests: one TOML file that says where a data set is, what it must hash to, and what its columns mean.

The fields of these classes are the keys of the file: see ``data_manifests/`` for examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ACCESS = ("open", "restricted", "manual")
#: The access of a table that is given by its path.
LOCAL = "local file"
JOINS = ("rows", "columns")
#: What the outcome may be: a class, or a number.
TASKS = ("classification", "regression")


@dataclass(frozen=True)
class Format:
    """How a file is to be read; the defaults are a comma-separated table with a header.

    Parameters
    ----------
    reader : str
        A name in :data:`varbench.data.readers.READERS`.
    delimiter, decimal : str, optional
        As in the file; found by looking, where None.
    header : bool
        Whether the first row has the names.
    names : tuple of str
        Names of the columns, for a table without a header; else they are ``column 1``, ``column 2``...
    missing : tuple of str
        What stands for a missing value, beside an empty cell and the usual ``NA``.
    quote : str
        The quotation mark.
    X, y : str
        Names of the arrays in an ``npz`` or ``h5`` file; ``y`` may be the empty string (no outcome inside).
    """

    reader: str = "csv"
    delimiter: str | None = None
    decimal: str | None = None
    header: bool = True
    names: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    quote: str = '"'
    X: str = "X"
    y: str = "y"


@dataclass(frozen=True)
class File:
    """One file of a data set.

    Parameters
    ----------
    name : str
        Its plain name, under which it is cached.
    url : tuple of str
        Where it is; the later ones are mirrors.
    sha256 : str, optional
        64 hexadecimal digits; None is trust on first use.
    size : int, optional
        Bytes.
    batch : str, optional
        The batch that all its rows belong to.
    format : Format
        How it is read.
    """

    name: str
    url: tuple[str, ...] = ()
    sha256: str | None = None
    size: int | None = None
    batch: str | None = None
    format: Format = Format()


@dataclass(frozen=True)
class Columns:
    """What the columns mean.

    Parameters
    ----------
    target : str, optional
        The outcome.
    positive : str, optional
        The value of the outcome that counts as an event.
    task : {"classification", "regression"}
        Whether the outcome is a class or a number.
    id, group : str, optional
        See :class:`varbench.data.Data`.
    group_pattern : str, optional
        A regular expression with one group, which picks a row's group out of the column ``group``.
    batch : str, optional
        See :class:`varbench.data.Data`.
    drop : tuple of str
        Columns that are no features; a ``*`` stands for anything.
    """

    target: str | None = None
    positive: str | None = None
    task: str = "classification"
    id: str | None = None
    group: str | None = None
    group_pattern: str | None = None
    batch: str | None = None
    drop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """A data set: where it is, what it may be used for, and how it is read.

    Parameters
    ----------
    name : str
        The file's name without its suffix, or the member's.
    files : tuple of File
        At least one.
    columns : Columns
        What the columns mean.
    title, citation, doi, licence, page, note : str
        For people; ``page`` is the data set's own web page.
    access : {"open", "restricted", "manual"}
        Whether the files can be fetched without a person (``open``), need an agreement or a login (``restricted``),
        or have no address of their own (``manual``).
    instructions : str
        What to do where the access is not open.
    join : {"rows", "columns"}
        How several files make one table.
    on : str, optional
        The column that joins columns; without it, the order of the rows does.
    cluster : tuple of str
        Two data sets with a name in common share patients: results on them are not independent.
    collection : str, optional
        The collection that this is a member of.
    modality : str
        CT, MRI...
    year : int, optional
        Of publication.
    rows, features, positives : int, optional
        What is in the table.
    """

    name: str
    files: tuple[File, ...]
    columns: Columns = Columns()
    title: str = ""
    citation: str = ""
    doi: str = ""
    licence: str = ""
    page: str = ""
    note: str = ""
    access: str = "open"
    instructions: str = ""
    join: str = "rows"
    on: str | None = None
    cluster: tuple[str, ...] = ()
    collection: str | None = None
    modality: str = ""
    year: int | None = None
    rows: int | None = None
    features: int | None = None
    positives: int | None = None

    @property
    def full_name(self) -> str:
        """The name with the collection's before it."""
        return f"{self.collection}/{self.name}" if self.collection else self.name

    @property
    def anonymous(self) -> bool:
        """Whether it was made for a user's own table, which is where the user says."""
        return self.access == LOCAL

    @property
    def verified(self) -> bool:
        """Whether every file has a published hash."""
        return all(file.sha256 for file in self.files)

    def info(self) -> dict[str, str]:
        """Return what a reader of a result must be told, as :class:`varbench.data.Data` carries it.

        Returns
        -------
        dict
            Only what is known; ``url`` is the page, or else the first file's address.
        """
        addresses = [self.page, *(url for file in self.files for url in file.url)]
        texts = {
            "title": self.title or self.name,
            "citation": self.citation,
            "doi": self.doi,
            "licence": self.licence,
            "url": next((address for address in addresses if address), ""),
            "access": self.access,
            "note": self.note,
            "cluster": ", ".join(self.cluster),
        }
        return {key: text for key, text in texts.items() if text}


@dataclass(frozen=True)
class Collection:
    """Many data sets of one origin, in one manifest.

    Parameters
    ----------
    name : str
        The file's name without its suffix.
    about : Manifest
        What all members have in common; its files are patterns with ``{member}``.
    members : mapping of str to Manifest
        The data sets by name; one that has ``columns`` of its own takes none from the collection.
    """

    name: str
    about: Manifest
    members: Mapping[str, Manifest] = field(default_factory=dict)
