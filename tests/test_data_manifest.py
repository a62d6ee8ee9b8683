"""Manifests: strict keys, values that fit together, and a contract that every shipped one keeps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from varbench.data.manifest import Collection, Manifest
from varbench.data.parse import read_manifest
from varbench.data.readers import READERS
from varbench.data.registry import BUILTINS, shipped_manifests, shipped_tables
from varbench.errors import DataError

HASH = "0123456789abcdef" * 4
PLAIN = f"""
title = "A table"
doi = "10.1000/182"
access = "open"
[columns]
target = "y"
drop = ["a", "b_*"]
[format]
missing = "?"
[[files]]
name = "t.csv"
url = "https://example.org/t.csv"
sha256 = "{HASH}"
size = 12
"""


def written(folder: Path, text: str, name: str = "toy.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    made = read_manifest(written(tmp_path, PLAIN))
    assert isinstance(made, Manifest)
    assert (made.name, made.title, made.verified) == ("toy", "A table", True)
    assert (made.columns.target, made.columns.drop) == ("y", ("a", "b_*"))
    assert made.files[0].url == ("https://example.org/t.csv",)
    assert made.files[0].format.missing == ("?",)
    assert made.info()["url"] == "https://example.org/t.csv"
    assert "citation" not in made.info()


def test_a_files_own_format_is_laid_over_the_common_one(tmp_path: Path) -> None:
    text = PLAIN.replace('name = "t.csv"', 'name = "t.csv"\nformat = { header = false, names = ["u", "v"] }')
    form = read_manifest(written(tmp_path, text)).files[0].format  # type: ignore[union-attr]
    assert (form.header, form.names, form.missing) == (False, ("u", "v"), ("?",))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title", "titel", "manifest toy.toml: unknown key 'titel'; did you mean title"),
        ("target", "traget", "unknown key 'traget'; did you mean target"),
        ("sha256", "sha265", "unknown key 'sha265'; did you mean sha256"),
        ("missing", "mising", "unknown key 'mising'; did you mean missing"),
        ('"A table"', "3", "title must be a text, got 3"),
        ("size = 12", 'size = "12"', "size must be a whole number, got '12'"),
        ("size = 12", "size = true", "size must be a whole number"),
        ("size = 12", "", "size must be given with a sha256"),
        ("size = 12", "size = 0", "size must be given"),
        (HASH, HASH.upper(), "sha256 must be 64 hexadecimal digits in lower case"),
        (HASH, "md5:" + HASH, "sha256 must be 64"),
        ('["a", "b_*"]', "[1]", "drop must be a list of texts, got"),
        ('"10.1000/182"', '"https://doi.org/10.1000/182"', "doi must be like 10.1000/182, without https"),
        ('"open"', '"free"', "access must be one of open, restricted, manual, got 'free'"),
        ('"open"', '"restricted"', "instructions must be given, as the access is 'restricted'"),
        ('"https://example.org/t.csv"', '"t.csv"', "files.url must be an address"),
        ('"https://example.org/t.csv"', '"file:///etc/passwd"', "files.url must be an address"),
        ('url = "https://example.org/t.csv"', "", "files.url must be given, as the access is 'open'"),
        ('"t.csv"', '"../t.csv"', "files.name must be a plain file name"),
        ('"t.csv"', '"/tmp/t.csv"', "files.name must be a plain file name"),
        ('"t.csv"', "'..\\t.csv'", "files.name must be a plain file name"),
        ('name = "t.csv"', "", r"each of \[\[files\]\] needs a name"),
        ("[[files]]", "[files]", r"needs at least one \[\[files\]\]"),
        ("[columns]", "[[columns]]", "columns must be a table"),
        ("[format]", "[[format]]", "format must be a table"),
        ('target = "y"', 'target = "y"\ngroup_pattern = "(a)"', "columns.group must be given"),
        ('target = "y"', 'target = "y"\ngroup = "g"\ngroup_pattern = "(a"', "is no regular expression"),
        ('target = "y"', 'target = "y"\ngroup = "g"\ngroup_pattern = "a"', r"exactly one \(group\)"),
        ('target = "y"', 'target = "y"\nbatch = "h"', ""),
        ("[columns]", 'join = "sideways"\n[columns]', "join must be one of rows, columns"),
        ("title", "title title", "no valid TOML"),
    ],
)
def test_mistakes_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = written(tmp_path, PLAIN.replace(old, new, 1))
    if message:
        with pytest.raises(DataError, match=message):
            read_manifest(path)
    else:
        assert read_manifest(path)


def test_files_and_batches_must_agree(tmp_path: Path) -> None:
    second = f'\n[[files]]\nname = "u.csv"\nurl = "https://example.org/u.csv"\nsha256 = "{HASH}"\nsize = 3\n'
    with pytest.raises(DataError, match="files must be named differently"):
        read_manifest(written(tmp_path, PLAIN + second.replace("u.csv", "t.csv")))
    with pytest.raises(DataError, match="batch must be given for all of the files, or for none"):
        read_manifest(written(tmp_path, PLAIN + second + 'batch = "S"\n'))
    both = PLAIN.replace('target = "y"', 'target = "y"\nbatch = "h"') + 'batch = "N"\n'
    with pytest.raises(DataError, match=r"columns.batch must be left out"):
        read_manifest(written(tmp_path, both))


def test_a_missing_manifest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be read .No such file"):
        read_manifest(tmp_path / "gone.toml")


MEMBERS = f"""
title = "Many"
note = "All alike."
[columns]
target = "y"
[[files]]
name = "{{member}}.gz"
url = "https://example.org/{{member}}.gz"
[[members]]
name = "one"
doi = "10.1000/1"
note = "The first."
sha256 = "{HASH}"
size = 5
[[members]]
name = "two"
"""


def test_members_inherit_from_their_collection(tmp_path: Path) -> None:
    made = read_manifest(written(tmp_path, MEMBERS, "many.toml"))
    assert isinstance(made, Collection)
    one, two = made.members["one"], made.members["two"]
    assert (one.full_name, one.title, one.doi, one.note) == (
        "many/one",
        "Many",
        "10.1000/1",
        "All alike. The first.",
    )
    assert one.files[0].name == "one.gz"
    assert one.files[0].url == ("https://example.org/one.gz",)
    assert (one.verified, two.verified) == (True, False)
    assert two.columns.target == "y"


def test_a_member_may_have_columns_of_its_own(tmp_path: Path) -> None:
    own = MEMBERS + 'columns = { target = "z", drop = ["y"] }\n'
    made = read_manifest(written(tmp_path, own, "many.toml"))
    assert isinstance(made, Collection)
    assert [(m.columns.target, m.columns.drop) for m in made.members.values()] == [("y", ()), ("z", ("y",))]
    with pytest.raises(DataError, match="member two: unknown key 'targte'; did you mean target"):
        read_manifest(written(tmp_path, MEMBERS + 'columns = { targte = "z" }\n', "many.toml"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "two"', 'name = "one"', "each member needs a name of its own, got 'one'"),
        ('name = "two"', "year = 3", "each member needs a name of its own, got ''"),
        ("size = 5", "", "member one: size must be given with a sha256"),
        ('doi = "10.1000/1"', 'DOI = "10.1000/1"', "member one: unknown key 'DOI'; did you mean doi"),
        ("[[members]]", "[members]", "Cannot|members must be tables"),
    ],
)
def test_mistakes_in_members_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_manifest(written(tmp_path, MEMBERS.replace(old, new)))


# ---- the contract of the shipped manifests

TABLES = shipped_tables()
each_table = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


def test_names_mean_one_thing_each() -> None:
    names = [*BUILTINS, *shipped_manifests(), *(t.name for t in TABLES.values() if t.collection)]
    assert len(set(names)) == len(names)


def test_all_of_radmlbench_is_listed() -> None:
    members = [t for t in TABLES.values() if t.collection == "radmlbench"]
    assert len(members) == 50
    unhashed = {t.name for t in members if not t.verified}
    large = {
        "BraTS-2021",
        "Hunter2023",
        "PI-CAI",
        "Prostate-MRI-US-Biopsy",
        "UCSF-PDGM",
        "UPENN-GBM",
        "Zhang2024A",
    }
    assert unhashed == large


@each_table
def test_every_table_says_what_it_is(table: Manifest) -> None:
    assert table.title
    assert table.citation
    assert table.doi
    assert table.licence
    assert table.columns.target
    assert table.rows
    assert table.features
    assert table.positives is None or 0 < table.positives < table.rows
    assert all(file.format.reader in READERS for file in table.files)


@each_table
def test_every_address_is_encrypted_and_content_is_pinned(table: Manifest) -> None:
    for file in table.files:
        assert all(url.startswith("https://") for url in file.url)
        # what has no hash must at least be one commit of a repository
        assert file.sha256 or all(re.search(r"/[0-9a-f]{40}/", url) for url in file.url)


def test_clusters_join_at_least_two_tables() -> None:
    names = [name for table in TABLES.values() for name in table.cluster]
    assert all(names.count(name) >= 2 for name in names)
