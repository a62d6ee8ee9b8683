"""What the files of a cube are: Zarr format 3, one folder a variable, a chunk a few consecutive repeats.

The skeleton is made by zarr and reading goes through zarr; chunks are encoded here, with the codecs that the
skeleton names, because zarr's own path costs 1 to 1.7 ms a chunk and this one 0.03 to 0.3 ms.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import zarr
from numcodecs import zstd  # type: ignore[import-untyped]
from numcodecs.vlen import VLenUTF8  # type: ignore[import-untyped]
from zarr.codecs import ZstdCodec
from zarr.storage import MemoryStore

from varbench.cube.backing import not_whole
from varbench.cube.schema import SCHEMA, SCHEMA_ATTRIBUTE, Array, Layout, Variable
from varbench.errors import CubeError

ROOT = "zarr.json"

_CHUNK_BYTES = 2**18
_CHUNK_REPEATS = 512
_TEXT_BYTES = 32  # a guess of what a text takes
_REPEAT_CHUNK = 4096  # of the coordinate `repeat`
_ZSTD = {"name": "zstd", "configuration": {"level": 1, "checksum": True}}


def skeleton(layout: Layout, attributes: Mapping[str, Any], n_repeats: int) -> dict[str, bytes]:
    """Give the files of a cube in which no run is stored yet.

    Parameters
    ----------
    layout : Layout
        Its shape.
    attributes : mapping
        As :func:`varbench.cube.schema.encode_attributes` gives them.
    n_repeats : int
        Length of ``repeat``; ``row`` begins with 0 and grows with the runs.

    Returns
    -------
    dict of str to bytes
        By the key in the store.
    """
    files: dict[str, Any] = {}
    lone = " ".join(n for n, (dim, _, _) in layout.coordinates().items() if n != dim)
    root = {SCHEMA_ATTRIBUTE: SCHEMA, **attributes, **({"coordinates": lone} if lone else {})}
    group = zarr.create_group(MemoryStore(files), zarr_format=3, attributes=root)
    for name, (dim, dtype, values) in layout.coordinates().items():
        array = np.array(list(values), dtype=object if dtype == "text" else dtype)
        _create(
            group, name, Variable((dim,), dtype, "" if dtype == "text" else 0, ""), array.shape, array.shape
        )
        group[name][:] = array  # type: ignore[index]
    _create(group, "repeat", Variable(("repeat",), "i4", 0, ""), (n_repeats,), (_REPEAT_CHUNK,))
    for name, variable in layout.variables().items():
        sizes = layout.sizes(n_repeats, 0)
        shape = tuple(sizes[dim] for dim in variable.dims)
        _create(group, name, variable, shape, _chunks(variable, layout))
    return {key: content.to_bytes() for key, content in files.items()} | repeat_coordinate(0, n_repeats)


def _chunks(variable: Variable, layout: Layout) -> tuple[int, ...]:
    """Take all of each dimension but ``repeat``, of which as many as make about a quarter of a megabyte."""
    sizes = layout.sizes(1, max(layout.n_rows, 1))
    item = _TEXT_BYTES if variable.text else np.dtype(variable.dtype).itemsize
    one = item * math.prod(sizes[dim] for dim in variable.dims)
    repeats = min(max(_CHUNK_BYTES // one, 1), _CHUNK_REPEATS)
    return tuple(repeats if dim == "repeat" else sizes[dim] for dim in variable.dims)


def _create(
    group: zarr.Group, name: str, variable: Variable, shape: tuple[int, ...], chunks: tuple[int, ...]
) -> None:
    group.create_array(
        name,
        shape=shape,
        chunks=tuple(max(c, 1) for c in chunks),
        dtype="str" if variable.text else f"<{variable.dtype}",
        fill_value=variable.fill,
        compressors=[ZstdCodec(**_ZSTD["configuration"])],  # type: ignore[arg-type]
        chunk_key_encoding={"name": "default", "separator": "."},  # one flat folder a variable
        dimension_names=variable.dims,
        attributes={"long_name": variable.about} if variable.about else {},
    )


def repeat_coordinate(first: int, stop: int) -> dict[str, bytes]:
    """Give the chunks of the coordinate ``repeat`` from one repeat up to another, always full."""
    return {
        f"repeat/c.{k}": zstd.compress(
            np.arange(k * _REPEAT_CHUNK, (k + 1) * _REPEAT_CHUNK, dtype="<i4").tobytes(), 1, True
        )
        for k in range(first // _REPEAT_CHUNK, -(-stop // _REPEAT_CHUNK))
    }


class Stored:
    """One variable in the store: its metadata, its chunks, and how these are written as bytes.

    Parameters
    ----------
    name : str
        Name of the variable.
    variable : Variable
        What the schema says about it.
    metadata : dict
        Its ``zarr.json``.

    Raises
    ------
    CubeError
        Where the metadata are not as this version writes them.
    """

    def __init__(self, name: str, variable: Variable, metadata: dict[str, Any]) -> None:
        self.name, self.variable, self.metadata = name, variable, metadata
        self.dtype = np.dtype(object) if variable.text else np.dtype(f"<{variable.dtype}")
        try:
            self.chunk: tuple[int, ...] = tuple(metadata["chunk_grid"]["configuration"]["chunk_shape"])
            dims = tuple(metadata["dimension_names"])
            known = metadata["codecs"][-1] == _ZSTD and len(metadata["codecs"]) == 2
            known = known and metadata["chunk_key_encoding"]["configuration"]["separator"] == "."
        except (KeyError, TypeError, IndexError) as error:
            raise not_whole(f"the metadata of {name} lack {error}") from error
        if dims != variable.dims or not known:
            raise CubeError(
                f"{name} was not written by varbench (dimensions {dims}, expected {variable.dims}, "
                "or other codecs); the cube can be read, but no runs can be added to it"
            )
        self.row_axis = dims.index("row") if "row" in dims else None
        self.span = self.chunk[dims.index("repeat")]

    def resized(self, sizes: Mapping[str, int]) -> dict[str, Any] | None:
        """Give the metadata for new lengths of ``repeat`` and ``row``, or None where they are the same."""
        shape = [sizes.get(d, n) for d, n in zip(self.variable.dims, self.metadata["shape"], strict=True)]
        return None if shape == self.metadata["shape"] else {**self.metadata, "shape": shape}

    def length(self, dim: str) -> int:
        """Give the length of one of its dimensions, in the store."""
        return int(self.metadata["shape"][self.variable.dims.index(dim)])

    def key(self, block: int, part: int = 0) -> str:
        """Give the key of a chunk: which block of repeats, and which part of its rows."""
        at = {"repeat": block, "row": part}
        return f"{self.name}/c." + ".".join(str(at.get(dim, 0)) for dim in self.variable.dims)

    def n_parts(self, n_rows: int) -> int:
        """Count the chunks that so many rows take, at least one."""
        return 1 if self.row_axis is None else max(-(-n_rows // self.chunk[self.row_axis]), 1)

    def empty(self, n_parts: int) -> Array:
        """Give a block of fill values."""
        shape = list(self.chunk)
        if self.row_axis is not None:
            shape[self.row_axis] *= n_parts
        return np.full(shape, self.variable.fill, dtype=self.dtype)

    def widened(self, block: Array, n_parts: int) -> Array:
        """Give the block room for more rows."""
        wide = self.empty(n_parts)
        wide[tuple(slice(n) for n in block.shape)] = block
        return wide

    def encode(self, block: Array, position: int) -> dict[str, bytes]:
        """Give the chunks of the block at a position as files."""
        parts = [block] if self.row_axis is None else self._split(block)
        return {self.key(position, i): zstd.compress(self._bytes(p), 1, True) for i, p in enumerate(parts)}

    def _split(self, block: Array) -> list[Array]:
        axis = self.row_axis or 0
        return np.split(block, block.shape[axis] // self.chunk[axis], axis=axis)

    def _bytes(self, part: Array) -> bytes:
        return bytes(VLenUTF8().encode(part.ravel())) if self.variable.text else part.tobytes()

    def decode(self, content: bytes) -> Array:
        """Undo :meth:`encode` for one chunk.

        Raises
        ------
        CubeError
            Where the chunk is cut off or was changed.
        """
        try:
            plain = zstd.decompress(content)
            flat = VLenUTF8().decode(plain) if self.variable.text else np.frombuffer(plain, dtype=self.dtype)
            return flat.reshape(self.chunk)
        except (RuntimeError, ValueError) as error:
            raise not_whole(f"a chunk of {self.name} cannot be read ({error})") from error


def metadata_file(metadata: Mapping[str, Any]) -> bytes:
    """Give a ``zarr.json`` as bytes."""
    return json.dumps(metadata, indent=2).encode()


def parse(name: str, content: bytes | None) -> dict[str, Any]:
    """Read a ``zarr.json``.

    Raises
    ------
    CubeError
        Where it is missing or cut off.
    """
    if content is None:
        raise not_whole(f"{name} is missing")
    try:
        parsed = json.loads(content)
    except ValueError as error:
        raise not_whole(f"{name} cannot be read ({error})") from error
    if not isinstance(parsed, dict):
        raise not_whole(f"{name} is not what Zarr writes")
    return parsed
