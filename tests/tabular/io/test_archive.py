"""Files: the same numbers come back, a failed save leaves the old file, a foreign file is no model."""

import os
import stat
import tracemalloc
import zipfile
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tabular import MDP, ModelError
from tabular.domains import forest, garnet, inventory
from tabular.io import archive


def same(x, y):
    """The same array to the last bit (or both absent), of the same type."""
    if x is None or y is None:
        return x is y
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype == object:
        return y.dtype == object and x.shape == y.shape and all(map(Fraction.__eq__, x.reshape(-1), y.reshape(-1)))
    return (x.dtype, x.shape, x.tobytes()) == (y.dtype, y.shape, y.tobytes())


def assert_same_model(a, b):
    assert a.is_sparse == b.is_sparse
    for part in ("data", "indices", "indptr") if a.is_sparse else ():
        assert same(getattr(a.P, part), getattr(b.P, part)), part
    assert a.is_sparse or same(a.P, b.P)
    for name in ("r", "gamma", "initial", "allowed", "transition_reward", "reward_error"):
        assert same(getattr(a, name), getattr(b, name)), name
    assert (a.exact is None) == (b.exact is None)
    for name in ("P", "r", "gamma", "initial") if a.exact is not None else ():
        assert same(getattr(a.exact, name), getattr(b.exact, name)), name
    assert repr(a) == repr(b)


@st.composite
def models(draw):
    """Dense or CSR, float or rational, rewards of every shape, with or without ``initial`` and ``allowed``."""
    S, A = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    weight = st.integers(0, 4)
    counts = np.array(draw(st.lists(weight, min_size=S * A * S, max_size=S * A * S))).reshape(S, A, S)
    counts[..., 0] += counts.sum(axis=2) == 0
    P = np.array([[[Fraction(int(k), int(row.sum())) for k in row] for row in rows] for rows in counts], dtype=object)
    rational, sparse = draw(st.booleans()), draw(st.booleans())
    reward = st.fractions() if rational else st.floats(-1e300, 1e300) | st.sampled_from([-0.0, 5e-324])
    shape = draw(st.sampled_from([(S, A), (S,), (S, A, S)]))
    size = int(np.prod(shape))
    r = np.array(draw(st.lists(reward, min_size=size, max_size=size)), dtype=object if rational else float).reshape(shape)
    mask = np.array(draw(st.lists(st.booleans(), min_size=S * A, max_size=S * A))).reshape(S, A)
    mask[:, 0] |= ~mask.any(axis=1)
    uniform = np.array([Fraction(1, S)] * S, dtype=object)
    initial = draw(st.sampled_from([None, 0, uniform if rational else uniform.astype(float)]))
    discounts = st.fractions(0, 1, max_denominator=10**20) if rational else st.floats(1e-300, 1) | st.just(0.0)
    gamma = draw(discounts)
    if rational:
        return MDP(P, r, gamma, initial=initial, allowed=draw(st.sampled_from([None, mask])))
    P = sp.csr_array(P.reshape(S * A, S).astype(float)) if sparse else P.astype(float)
    return MDP(P, r, gamma, initial=initial, allowed=draw(st.sampled_from([None, mask])))


@settings(deadline=None)
@given(models())
def test_every_model_comes_back_to_the_last_bit(tmp_path_factory, model):
    path = tmp_path_factory.getbasetemp() / "model.npz"
    model.save(path)
    assert_same_model(MDP.load(path), model)


def test_a_sparse_rational_model_comes_back(tmp_path):
    model = forest(5, gamma=0.9).rationalized()
    model.save(tmp_path / "m")
    loaded = MDP.load(tmp_path / "m")
    assert loaded.is_sparse
    assert loaded.exact.gamma == Fraction(9, 10)
    assert_same_model(loaded, model)


def test_fractions_longer_than_python_prints_come_back(tmp_path):
    tiny = Fraction(1, 3**10_000)  # more than 4300 decimal digits
    model = MDP([[[Fraction(1)]]], [[1 + tiny]], Fraction(1, 2))
    model.save(tmp_path / "m")
    assert MDP.load(tmp_path / "m").exact.r[0, 0] == 1 + tiny


def test_exactly_the_given_path_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("plain", "with.suffix", "twice.npz.npz"):
        forest().save(name)
    forest().save(str(tmp_path / "text"))
    assert sorted(os.listdir()) == ["plain", "text", "twice.npz.npz", "with.suffix"]


def test_the_file_has_the_usual_permissions_and_links_survive(tmp_path):
    forest().save(tmp_path / "real")
    (tmp_path / "usual").touch()
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("real", "usual")]
    assert modes[0] == modes[1]
    (tmp_path / "link").symlink_to(tmp_path / "real")
    garnet(4, 2, 2, rng=0).save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert MDP.load(tmp_path / "real").n_states == 4


def fail_halfway(error):
    def write(stream, **arrays):
        stream.write(b"PK\x03\x04 half a file")
        raise error

    return write


def fail(error):
    def call(*arguments):
        raise error

    return call


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device"), MemoryError()])
@pytest.mark.parametrize("step", ["write", "flush to disk", "move"])
@pytest.mark.parametrize("existed", [False, True])
def test_an_interrupted_save_changes_nothing(tmp_path, monkeypatch, error, step, existed):
    path = tmp_path / "model"
    old = forest()
    if existed:
        old.save(path)
    with monkeypatch.context() as patch:
        if step == "write":
            patch.setattr(np, "savez", fail_halfway(error))
        else:
            patch.setattr(os, "fsync" if step == "flush to disk" else "replace", fail(error))
        with pytest.raises(type(error)):
            garnet(5, 2, 2, rng=0).save(path)
    assert os.listdir(tmp_path) == (["model"] if existed else [])
    if existed:
        assert_same_model(MDP.load(path), old)


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        MDP.load(tmp_path / "nothing")


def write_zip(**arrays):
    def write(path):
        with path.open("wb") as stream:
            np.savez(stream, **arrays)

    return write


def write_zip_with_a_longer_array(path):
    write_zip(**ONE_STATE)(path)
    with zipfile.ZipFile(path, "a") as archive, archive.open("P.npy", "w") as stream:
        np.save(stream, np.ones((1, 1, 1)))
        stream.write(b"more")


MARK = {"format": np.array("tabular.MDP")}
ONE_STATE = {**MARK, "version": np.array(1), "r": np.zeros((1, 1)), "gamma": np.array(0.9)}


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: path.touch(), "is empty"),
        (lambda path: path.mkdir(), "cannot read .*directory"),
        (lambda path: path.write_text("S,A,P\n"), "is no npz archive"),
        (lambda path: path.write_bytes(b"\x93NUMPY\x01\x00"), "is a single NumPy array"),
        (write_zip(P=np.eye(2)), "without the marker"),
        (write_zip(format=np.array("other")), "without the marker"),
        (write_zip(**MARK, version=np.array(2)), "format version 2, .* reads up to 1; upgrade"),
        (write_zip(**MARK), "damaged or was cut short"),
        (write_zip_with_a_longer_array, "'P' is longer than its array"),
        (write_zip(**ONE_STATE), "lacks the member 'P'"),
        (write_zip(**ONE_STATE, P=np.full((1, 1, 1), 0.5)), "state 0, action 0 sum to 0.5"),
        (write_zip(**ONE_STATE, P=np.array([None])), "damaged"),  # would need pickle
        (
            write_zip(**ONE_STATE, P=np.ones(1), P_columns=np.array([7]), P_starts=np.array([0, 1]), P_shape=np.array([1, 1])),
            "does not hold a valid model.*ind",
        ),
        (
            write_zip(
                **ONE_STATE,
                exact_P=np.frombuffer(b"1/0", np.uint8),
                exact_gamma=np.frombuffer(b"1/2", np.uint8),
                P_shape=np.array([1, 1, 1]),
            ),
            "does not hold a valid model",
        ),
    ],
)
def test_other_files_are_refused_with_the_reason(tmp_path, write, message):
    path = tmp_path / "file"
    write(path)
    with pytest.raises(ModelError, match=message):
        MDP.load(path)


def saved_bytes(tmp_path, model):
    model.save(tmp_path / "whole")
    return (tmp_path / "whole").read_bytes()


@pytest.mark.parametrize("model", [forest(), inventory(3), forest().rationalized()], ids=["csr", "masked", "rational"])
def test_a_file_cut_short_anywhere_is_refused(tmp_path, model):
    whole = saved_bytes(tmp_path, model)
    path = tmp_path / "part"
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError):
            MDP.load(path)


def test_a_changed_byte_never_changes_a_number(tmp_path):
    model = forest()
    whole = saved_bytes(tmp_path, model)
    path = tmp_path / "changed"
    refused = 0
    for i in range(0, len(whole), 3):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 0x10]) + whole[i + 1 :])
        try:
            loaded = MDP.load(path)
        except ModelError:
            refused += 1
        else:  # a byte that carries no information, such as a date
            assert_same_model(loaded, model)
    assert refused > len(whole) / 3 / 2


def test_saving_and_loading_do_not_multiply_a_model(tmp_path):
    P = np.full((300, 100, 300), 1 / 300)
    model = MDP(P, np.zeros((300, 100)), 0.9)
    del P
    size = model.P.nbytes

    def peak(call):
        tracemalloc.start()
        call()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(lambda: model.save(tmp_path / "m")) < 0.6 * size  # buffers of 16 MiB, no copy of P
    assert peak(lambda: MDP.load(tmp_path / "m")) < 2.6 * size  # what was read, the model's own copy, masks
    assert os.path.getsize(tmp_path / "m") < size + model.r.nbytes + 10_000


def test_files_of_equal_models_are_equal(tmp_path):
    assert saved_bytes(tmp_path, forest()) == saved_bytes(tmp_path, forest())


def test_the_version_is_written(tmp_path):
    forest().save(tmp_path / "m")
    with np.load(tmp_path / "m") as arrays:
        assert (str(arrays["format"]), int(arrays["version"])) == (archive.MARKER, archive.VERSION)
