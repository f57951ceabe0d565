r"""Claims about learners: tiles, scale, convergence."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import floats_only, is_exact
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Space
from proofs_check.topics.log_mapping.gaps import DERIVED, VAN_SEIJEN, Array, Sides, units
from tabular.log_mapping import ChainLearning, LogMapping, TableLearning, geometric_decay

# --- tiles ---------------------------------------------------------------------------------------------------------------------

TILES: dict[str, Space] = {"n": Integers(1, 8), "width": Integers(1, 5)}


def _counts(n: Any, width: Any, like: Any) -> Array:
    """(n, n) number of tiles that two states share: in doubles from our features, exactly by counting."""
    size, w = int(n), int(width)
    if not is_exact():
        return _ours(size, w)
    return np.array(
        [[0 * like + sum((s + t) // w == (u + t) // w for t in range(w)) for u in range(size)] for s in range(size)], dtype=object
    )


@floats_only
def _ours(n: int, width: int) -> Array:
    phi = tabular.log_mapping.tile_features(n, width)
    return np.asarray(width * (phi @ phi.T))


@claim(
    "log_mapping.tile_kernel",
    "==",
    paper=VAN_SEIJEN,
    theorem="features of the linear experiments; derived here",
    instances=st.builds(dict, n=st.integers(1, 12), width=st.integers(1, 6)),
    search=TILES,
    allowance=units,
    argument="Between s and s + d < s + w every shift t but d of the w has both in one tile: those t for which a border is "
    "crossed are d consecutive residues. Features have size 1 / sqrt(w), so that each shared tile counts 1 / w. The step is "
    "the count.",
)
def tile_kernel(n: Any, width: Any) -> Sides:
    r"""$\langle \phi(s), \phi(s') \rangle = \max(0, 1 - |s - s'| / w)$; checked times w."""
    one = width * 0 + 1
    size, w = int(n), int(width)
    kernel = np.array([[one * max(0, w - abs(s - u)) for u in range(size)] for s in range(size)])
    return _counts(n, width, one), kernel


@tile_kernel.false_sibling("1 - |s - s'| / (w + 1)")
def _(n: Any, width: Any) -> Sides:
    one = width * 0 + 1
    size, w = int(n), int(width)
    kernel = np.array([[one * w * max(0, w + 1 - abs(s - u)) / (w + 1) for u in range(size)] for s in range(size)])
    return _counts(n, width, one), kernel


@tile_kernel.step("w shifts without d of them: w (1 - d / w)", method="cancel")
def _() -> tuple[Any, Any]:
    w, d = sp.symbols("w d", positive=True)
    return w - d, w * (1 - d / w)


@tile_kernel.known("six states, width 3: an equality")
def _() -> dict[str, Any]:
    return {"n": 6, "width": 3}


@claim(
    "log_mapping.tile_rank",
    ">=",
    paper=DERIVED,
    instances=st.builds(dict, n=st.integers(1, 8), width=st.integers(1, 5)),
    search=TILES,
    allowance=units,
    uses=("log_mapping.tile_kernel",),
    argument="In the order of states, state s > 0 is the first in the tile of the one shift t with s + t divisible by w, so "
    "that its features minus those of s - 1 contain a coordinate that no earlier state has: the features are independent, and "
    "w K, a matrix of integers, has a positive determinant, an integer.",
)
def tile_rank(n: Any, width: Any) -> Sides:
    r"""$\det(w K) \ge 1$: tiles of any width represent every function of the states, and low discount factors do not fail for
    want of
    representation."""
    one = width * 0 + 1
    return _determinant(_counts(n, width, one)), one


def _determinant(matrix: Array) -> Any:
    """By elimination, in either arithmetic; positive pivots, as the matrix is positive definite."""
    a = matrix.copy()
    det = a[0, 0] * 0 + 1
    for i in range(len(a)):
        det = det * a[i, i]
        for j in range(i + 1, len(a)):
            a[j] = a[j] - a[i] * (a[j, i] / a[i, i])
    return det


@tile_rank.false_sibling("at least 2 w - 1, its value for two states, for any number of them")
def _(n: Any, width: Any) -> Sides:
    left, right = tile_rank.sides(n, width)
    return left, 2 * width - 1 + 0 * right


@tile_rank.step("two states: w^2 - (w - 1)^2 = 2 w - 1", method="expand")
def _() -> tuple[Any, Any]:
    w = sp.Symbol("w")
    return w**2 - (w - 1) ** 2, 2 * w - 1


@tile_rank.known("one state, width 1: an equality")
def _() -> dict[str, Any]:
    return {"n": 1, "width": 1}


@tile_rank.known("five states, width 4")
def _() -> dict[str, Any]:
    return {"n": 5, "width": 4}


# --- scale ---------------------------------------------------------------------------------------------------------------------


def exactly_equal(**_: Any) -> float:
    """Powers of two change no digit."""
    return 0.0


@floats_only
def _curve(gamma: float, width: int, seed: int, scale: float, cap: float) -> Array:
    task = ChainLearning(gamma=gamma, width=width, n=6, left_reward=scale, right_reward=-scale, cap=cap, every=5)
    return np.asarray(task.run(geometric_decay(1.0, 0.05, 50, 300), seeds=[seed])[0], dtype=float)


@claim(
    "log_mapping.scale_free_learning",
    "==",
    paper=VAN_SEIJEN,
    theorem="hypothesis on the scale of rewards",
    instances=st.builds(dict, gamma=st.sampled_from([0.3, 0.6, 0.9]), width=st.integers(1, 3), seed=st.integers(0, 1000)),
    allowance=exactly_equal,
    arithmetics=("float",),
    argument="From weights of zero every update is linear in the rewards and the cap (the step): all weights are scaled, by a "
    "power of two without rounding, and no comparison changes.",
)
def scale_free_learning(gamma: Any, width: Any, seed: Any) -> Sides:
    r"""Q-learning with rewards and cap times $2^{10}$ succeeds at exactly the same times."""
    return _curve(gamma, width, seed, 1024.0, 1024.0), _curve(gamma, width, seed, 1.0, 1.0)


@scale_free_learning.false_sibling("and with the cap as it was")
def _(gamma: Any, width: Any, seed: Any) -> Sides:
    return _curve(gamma, width, seed, 1024.0, 1.0), _curve(gamma, width, seed, 1.0, 1.0)


@scale_free_learning.step("k w + a (k r + g k v - k q) = k (w + a (r + g v - q))", method="expand")
def _() -> tuple[Any, Any]:
    k, w, a, r, g, v, q = sp.symbols("k w a r g v q")
    return k * w + a * (k * r + g * k * v - k * q), k * (w + a * (r + g * v - q))


# --- convergence ---------------------------------------------------------------------------------------------------------------

RUNS = 40


@floats_only
def _mean_and_error(heads: float, reg_last: float, seed: int) -> tuple[float, float]:
    """Mean over runs of a coin's learned value, and its standard error."""
    coin = tabular.MDP([[[0, heads, 1 - heads]], [[0, 1, 0]], [[0, 0, 1]]], [[[0, 1, 0]], [[0, 0, 0]], [[0, 0, 0]]], 0.5)
    learner = TableLearning(coin, LogMapping(0.5, 5))
    sweeps = np.arange(1, 4001)
    reg = np.full(sweeps.size, reg_last) if reg_last > 0 else np.minimum(1.0, 4 / sweeps**0.5)
    log = np.minimum(1.0, (2 / sweeps) / reg)
    q = learner.run(reg, log, seeds=range(seed * RUNS, (seed + 1) * RUNS))[:, 0, 0]
    return float(q.mean()), float(q.std(ddof=1) / np.sqrt(RUNS))


@claim(
    "log_mapping.convergence_on_a_coin",
    "<=",
    paper=VAN_SEIJEN,
    theorem="Theorem 1 (conditions recalled), on one model",
    assumptions="regular steps that fall like t^(-1/2), products of steps that fall like 1 / t",
    instances=st.builds(dict, heads=st.sampled_from([0.2, 0.5, 0.8]), seed=st.integers(0, 20)),
    allowance=exactly_equal,
    arithmetics=("float",),
)
def convergence_on_a_coin(heads: Any, seed: Any) -> Sides:
    r"""Sampled: after T = 4000 sweeps the mean of 40 runs is the coin's value minus the first-order bias $\bar b\,
    \frac{\mathrm{Var}}{2 (E + \gamma^k)}$, $\bar b = \frac{16}{3 \sqrt T}$ the mean of the regular steps that are still
    remembered, within a fifth of that bias and five standard errors: it vanishes with the regular steps."""
    value, error = _mean_and_error(heads, 0.0, seed)
    bias = _first_order(heads)
    return abs(value - (heads - bias)), 5 * error + bias / 5


def _first_order(heads: float) -> float:
    return 16.0 / (3.0 * np.sqrt(4000.0)) * heads * (1 - heads) / (2 * (heads + 0.5**5))


@convergence_on_a_coin.false_sibling("with the products of the steps alone: a constant regular step of one half")
def _(heads: Any, seed: Any) -> Sides:
    value, error = _mean_and_error(heads, 0.5, seed)
    return abs(value - heads), 5 * error + _first_order(heads)


@convergence_on_a_coin.false_sibling("without the bias")
def _(heads: Any, seed: Any) -> Sides:
    value, error = _mean_and_error(heads, 0.0, seed)
    return abs(value - heads), 5 * error


# --- noise ---------------------------------------------------------------------------------------------------------------------

LONG_RUNS, STEP = 200, 0.02


@floats_only
def _deviations(gamma: float, width: int, seed: int) -> tuple[Array, Array]:
    """Standard deviations of q_left - q_right over long runs of a short chain, and what the Lyapunov equation says."""
    task = ChainLearning(gamma=gamma, width=width, n=3)
    steps = np.full(2000, STEP)
    ends = [task.replay(steps, seed=seed * LONG_RUNS + k)[1][0] for k in range(LONG_RUNS)]
    predicted = tabular.log_mapping.chain_noise(gamma, width, STEP, n=3).deviations
    return np.std([q[0] - q[1] for q in ends], axis=0, ddof=1), predicted


@claim(
    "log_mapping.noise_of_long_runs",
    "<=",
    paper=DERIVED,
    theorem="first order in the step",
    assumptions="a constant step of .02, chains of three states",
    instances=st.builds(dict, gamma=st.sampled_from([0.5, 0.7, 0.9]), width=st.integers(1, 3), seed=st.integers(0, 1)),
    allowance=exactly_equal,
    arithmetics=("float",),
)
def noise_of_long_runs(gamma: Any, width: Any, seed: Any) -> Sides:
    r"""Sampled: over 200 runs the stationary deviations of the errors are those of the Lyapunov equation, within four standard
    errors of
    the estimates and ten per cent for higher orders."""
    sampled, predicted = _deviations(gamma, width, seed)
    return np.abs(sampled / predicted - 1), 0 * sampled + 4 / np.sqrt(2 * (LONG_RUNS - 1)) + 0.1


@noise_of_long_runs.false_sibling("as in a table: tiles share no noise")
def _(gamma: Any, width: Any, seed: Any) -> Sides:
    sampled, _ = _deviations(gamma, width, seed)
    alone = tabular.log_mapping.chain_noise(gamma, 1, STEP, n=3).deviations
    return np.abs(sampled / alone - 1), 0 * sampled + 4 / np.sqrt(2 * (LONG_RUNS - 1)) + 0.1


@noise_of_long_runs.false_sibling("at half of the step")
def _(gamma: Any, width: Any, seed: Any) -> Sides:
    sampled, predicted = _deviations(gamma, width, seed)
    return np.abs(sampled / (predicted / np.sqrt(2)) - 1), 0 * sampled + 4 / np.sqrt(2 * (LONG_RUNS - 1)) + 0.1
