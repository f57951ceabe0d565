r"""Models as files: a zip of plain NumPy arrays (npz), without pickle, read back to the same numbers.

======================  ===============================================================================================
member                  contents
======================  ===============================================================================================
format, version         the marker ``tabular.MDP`` and the version of this table
P                       (S, A, S) transitions, or the stored ones of a CSR model
P_shape, P_columns,     shape, column indices and row pointers of a CSR model
P_starts
r or transition_r       (S, A) rewards, or rewards aligned with ``P`` if the model was given those
gamma                   discount factor
initial, allowed        only if the model has them
exact_P, exact_r,       rational models, in place of ``P``, ``r``, ``gamma`` and ``initial``: numerator and denominator
exact_gamma,            of each number as hexadecimal integers in ASCII, one number per line (``-1a/ff``);
exact_initial           hexadecimal because Python refuses to read decimal integers of more than 4300 digits
======================  ===============================================================================================

A file is written beside its destination, flushed to the disk, and moved there in one step: whoever looks finds the old
file or the new one, also after a crash.
"""

from __future__ import annotations

import os
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular import _arrays
from tabular.errors import ModelError
from tabular.mdp import MDP, Exact

__all__ = ["load", "save", "written"]

MARKER = "tabular.MDP"
VERSION = 1

Arrays = dict[str, Any]


def save(mdp: MDP, path: str | os.PathLike[str]) -> None:
    """Write a model to exactly ``path`` (no suffix is added), atomically.

    Parameters
    ----------
    mdp : MDP
        Any model: dense or CSR, float or rational.
    path : path
        Destination; an existing file is replaced. A symbolic link is followed.

    Raises
    ------
    OSError
        If the file cannot be written. The old file, if any, is then still there, and nothing else.

    Examples
    --------
    >>> import tempfile
    >>> model = MDP([[[0.5, 0.5]], [[0.0, 1.0]]], [[1.0], [0.0]], 0.9)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, folder + "/model")
    ...     load(folder + "/model").r
    array([[1.],
           [0.]])
    """
    with written(path) as stream:
        np.savez(stream, **_pack(mdp))


@contextmanager
def written(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A stream whose contents appear at ``path`` in one step when all is written, or not at all."""
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def load(path: str | os.PathLike[str]) -> MDP:
    """Read a model that :func:`save` wrote; it is validated like any other.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ModelError
        If the file cannot be read, was not written by :func:`save`, is damaged or cut short, or is of a newer version.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as stream:
            arrays = _read(stream, name)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ModelError(f"cannot read {name}: {error.strerror or error}") from error
    try:
        return _unpack(arrays)
    except KeyError as error:
        raise ModelError(f"{name} lacks the member {error.args[0]!r}; the file is damaged, save the model again") from error
    except (ValueError, TypeError, AttributeError, IndexError, ArithmeticError) as error:
        raise ModelError(f"{name} does not hold a valid model: {error}") from error


def _pack(mdp: MDP) -> Arrays:
    arrays: Arrays = {"format": np.array(MARKER), "version": np.array(VERSION)}
    if mdp.is_sparse:
        arrays |= {"P_shape": np.array(mdp.P.shape), "P_columns": mdp.P.indices, "P_starts": mdp.P.indptr}
    if mdp.allowed is not None:
        arrays["allowed"] = mdp.allowed
    if mdp.exact is not None:
        exact = mdp.exact
        arrays["P_shape"] = np.array(mdp.P.shape)
        arrays |= {"exact_P": _encode(exact.P), "exact_r": _encode(exact.r), "exact_gamma": _encode([exact.gamma])}
        if exact.initial is not None:
            arrays["exact_initial"] = _encode(exact.initial)
        return arrays
    arrays |= {"P": mdp.P.data if mdp.is_sparse else mdp.P, "gamma": np.array(mdp.gamma)}
    arrays |= {"r": mdp.r} if mdp.transition_reward is None else {"transition_r": mdp.transition_reward}
    if mdp.initial is not None:
        arrays["initial"] = mdp.initial
    return arrays


def _unpack(arrays: Arrays) -> MDP:
    allowed, initial = arrays.get("allowed"), arrays.get("initial")
    if "exact_P" in arrays:
        return _unpack_rational(arrays, allowed)
    entries = arrays["P"]
    rewards = arrays["transition_r"] if "transition_r" in arrays else arrays["r"]
    if "P_starts" in arrays:
        entries = _matrix(entries, arrays)
        rewards = _matrix(rewards, arrays) if "transition_r" in arrays else rewards
    return MDP(entries, rewards, float(arrays["gamma"]), initial=initial, allowed=allowed)


def _unpack_rational(arrays: Arrays, allowed: NDArray[Any] | None) -> MDP:
    entries, gamma = _decode(arrays["exact_P"]), _decode(arrays["exact_gamma"])[0]
    initial = _decode(arrays["exact_initial"]) if "exact_initial" in arrays else None
    shape = tuple(int(length) for length in arrays["P_shape"])
    if "P_starts" not in arrays:
        r = _decode(arrays["exact_r"]).reshape(shape[:2])
        return MDP(entries.reshape(shape), r, gamma, initial=initial, allowed=allowed)
    r = _decode(arrays["exact_r"]).reshape(shape[1], shape[0] // shape[1])
    matrix = _matrix(_arrays.rounded(entries, "P"), arrays)
    model = MDP(
        matrix,
        _arrays.rounded(r, "r"),
        float(gamma),
        initial=None if initial is None else _arrays.rounded(initial, "initial"),
        allowed=allowed,
    )
    if not np.array_equal(model.P.indices, matrix.indices):
        raise ModelError("the fractions are not in the order of the stored transitions")
    return model._standing_for(Exact(entries, r, gamma, initial))


def _matrix(entries: NDArray[Any], arrays: Arrays) -> sp.csr_array:
    rows, columns = (int(length) for length in arrays["P_shape"])
    matrix = sp.csr_array((entries, arrays["P_columns"], arrays["P_starts"]), shape=(rows, columns))
    matrix.check_format(full_check=True)  # a column out of range would be read out of bounds by compiled code
    return matrix


def _read(stream: BinaryIO, name: str) -> Arrays:
    """All members of the archive, after its marker and version have been looked at."""
    start = stream.read(6)
    if not start.startswith(b"PK"):
        found = "is empty" if not start else "is a single NumPy array" if start == b"\x93NUMPY" else "is no npz archive"
        raise ModelError(f"{name} {found}, so no model that MDP.save wrote; build one with tabular.MDP(P, r, gamma)")
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            members = [member.removesuffix(".npy") for member in archive.namelist()]
            marker = str(_member(archive, "format")) if "format" in members else ""
            if marker != MARKER:
                raise ModelError(
                    f"{name} is an archive without the marker {MARKER!r}, so no model that MDP.save wrote; "
                    "read its arrays with numpy.load and build tabular.MDP(P, r, gamma)"
                )
            version = int(_member(archive, "version"))
            if version > VERSION:
                raise ModelError(
                    f"{name} has format version {version}, this tabular-theory reads up to {VERSION}; upgrade it to read the file"
                )
            return {member: _member(archive, member) for member in members}
    except ModelError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = str(error) or type(error).__name__
        raise ModelError(f"{name} is damaged or was cut short ({reason}); save the model again") from error


def _member(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    with archive.open(f"{name}.npy") as stream:
        array = np.lib.format.read_array(stream, allow_pickle=False)
        if stream.read(1):  # zipfile compares the checksum only at the end of a member
            raise ValueError(f"the member {name!r} is longer than its array")
        return np.asarray(array)


def _encode(fractions: Any) -> NDArray[np.uint8]:
    """Fractions as lines of ASCII."""
    lines = [f"{x.numerator:x}/{x.denominator:x}" for x in np.asarray(fractions, dtype=object).reshape(-1)]
    return np.frombuffer("\n".join(lines).encode("ascii"), dtype=np.uint8)


def _decode(text: NDArray[Any]) -> NDArray[Any]:
    """The fractions of :func:`_encode`, as a flat object array."""
    lines = text.tobytes().decode("ascii").split("\n")
    out = np.empty(len(lines), dtype=object)
    for i, line in enumerate(lines):
        numerator, denominator = line.split("/")
        out[i] = Fraction(int(numerator, 16), int(denominator, 16))
    return out
