r"""Claims about the entropy rate of the best action: how to compute it, and what bounds it."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import floats_only, is_exact, log, rational, xlogx
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Integers, Interval, Kernel, Simplex, Space
from proofs_check.strategies import distributions
from proofs_check.topics.nonstationary_bandits.formulas import (
    best_arms,
    entropy,
    entropy_of_bit,
    one_hot,
    sequence_entropy,
    total,
)
from proofs_check.topics.nonstationary_bandits.instances import DERIVED, MIN, Array, Sides, fractions, units
from tabular.bandits import LatentBandit
from tabular.bandits.hidden import stationary_law

COVER = "Cover and Thomas (2006), Elements of information theory"

LABELS = ((0, 1, 1), (0, 1, 0), (0, 0, 1), (1, 0, 0), (0, 0, 0), (0, 1, 2))
"""Which of two or three arms is the best in each of three states."""


def conditional(P: Array, start: Array, depth: int, target: Array) -> Any:
    """H(A*_depth | A*_1 .. A*_(depth - 1)) from the law of the first state."""
    return sequence_entropy(P, start, depth, target) - sequence_entropy(P, start, depth - 1, target)


def stationary(P: Array) -> Array:
    """Law that the chain keeps: exactly by the minors of 1 - P (the matrix-tree theorem)."""
    if not is_exact():
        return stationary_law(P)
    n = len(P)
    rest = np.array([[rational(int(i == j)) - P[i, j] for j in range(n)] for i in range(n)])
    minors = [_determinant(np.delete(np.delete(rest, i, 0), i, 1)) for i in range(n)]
    return np.array([m / total(minors) for m in minors])


def _determinant(m: Array) -> Any:
    if len(m) == 0:
        return rational(1)
    return total((-1) ** j * m[0, j] * _determinant(np.delete(m[1:], j, 1)) for j in range(len(m)))


@st.composite
def labelled_chains(draw: st.DrawFn) -> dict[str, Any]:
    """Chains of three states that visit all of them, the best arm in each, and a depth."""
    rows = np.array([(draw(distributions(3)) + 0.1) / 1.3 for _ in range(3)])
    return {"P": rows, "labels": draw(st.sampled_from(LABELS)), "depth": draw(st.integers(1, 4))}


CHAIN: dict[str, Space] = {"P": Kernel((3,), 3), "labels": Choice(LABELS), "depth": Integers(1, 3)}


def with_law(P: Array, labels: Any) -> tuple[Array, Array] | None:
    """Stationary law and target, or nothing if there are several laws."""
    if not all(x > 0 for x in np.asarray(P).ravel()):
        return None
    return stationary(P), one_hot(np.array([int(x) for x in labels]), n_arms(labels))


def n_arms(labels: Any) -> int:
    """Two, or three if the third one is ever the best."""
    return max(2, *(int(x) + 1 for x in labels))


def lasting(depth: int) -> dict[str, Any]:
    """Three states, two of which share an arm, one of them lasting."""
    return {
        "P": fractions("9/10 1/20 1/20", "1/5 7/10 1/10", "1/4 1/4 1/2"),
        "labels": (0, 1, 1),
        "depth": depth,
    }


# --- the sandwich ------------------------------------------------------------------------------------------------------------


@claim(
    "nonstationary_bandits.hidden_markov_sandwich",
    "<=",
    paper=COVER,
    theorem="Theorem 4.5.1 and Lemma 4.5.1",
    assumptions="a stationary chain; theta_0 is the state one step before the first best action",
    instances=labelled_chains(),
    search=CHAIN,
    allowance=units,
    argument="Conditioning lowers entropy (the step: -x log x is concave). H(A_(k+1) | A_1 .. A_k) falls: by stationarity it "
    "is H(A_(k+2) | A_2 .. A_(k+1)), with less to condition on. H(A_k | A_1 .. A_(k-1), theta_0) rises: by stationarity it is "
    "H(A_(k+1) | A_2 .. A_k, theta_1), by the Markov property nothing changes if theta_0 and A_1, a function of theta_1, are "
    "added to the condition, and without theta_1 the entropy is larger. The sums over k of the two are H(A_1 .. A_(T+1)) - "
    "H(A_1) and H(A_1 .. A_T | theta_0), which differ from H(A_1 .. A_T) by at most twice log n: divided by T all have one "
    "limit, which the monotone sides approach.",
)
def hidden_markov_sandwich(P: Array, labels: Any, depth: int) -> Sides:
    r"""$H(A^*_k | A^*_{1:k-1}, \theta_0) \le H(A^*_{k + 1} | A^*_{1:k})$; the left side rises with $k$, the right side falls, and
    $\bar H(A^*)$ is between."""
    below, above = _bounds(P, labels, int(depth)), _bounds(P, labels, int(depth) + 1)
    left = np.array([below[0], below[0], above[1], above[0]])
    return left, np.array([below[1], above[0], below[1], above[1]])


def _bounds(P: Array, labels: Any, depth: int) -> tuple[Any, Any]:
    if (given := with_law(P, labels)) is None:
        return rational(0), rational(0)
    law, target = given
    if not is_exact():
        return _our_bounds(P, target, depth)
    lower = total(mass * conditional(P, row, depth, target) for mass, row in zip(law, P, strict=True))
    return lower, conditional(P, law, depth + 1, target)


@floats_only
def _our_bounds(P: Array, target: Array, depth: int) -> tuple[float, float]:
    return LatentBandit(P, target.astype(np.float64)).entropy_rate_bounds(depth)


@hidden_markov_sandwich.false_sibling("the rate is H(A_2 | A_1): already the next bound is not smaller")
def _(P: Array, labels: Any, depth: int) -> Sides:
    return _bounds(P, labels, 1)[1], _bounds(P, labels, 2)[1]


@hidden_markov_sandwich.false_sibling("the lower bound at this depth is already the rate: no smaller than the next upper one")
def _(P: Array, labels: Any, depth: int) -> Sides:
    return _bounds(P, labels, int(depth) + 1)[1], _bounds(P, labels, int(depth))[0]


@hidden_markov_sandwich.step("the second derivative of -x log x is -1 / x", method="cancel")
def _() -> tuple[Any, Any]:
    x = sp.symbols("x", positive=True)
    return sp.diff(-x * sp.log(x), x, 2), -1 / x


hidden_markov_sandwich.known("three states, two of which share an arm")(lambda: lasting(2))


# --- closed forms ------------------------------------------------------------------------------------------------------------


@claim(
    "nonstationary_bandits.markov_rate",
    "==",
    paper=COVER,
    theorem="Theorem 4.2.4, for symmetric switching",
    assumptions="one state for each arm",
    instances=st.builds(dict, k=st.integers(2, 4), switch=st.sampled_from([0.01, 0.1, 0.3, 0.5, 0.75])),
    search={"k": Integers(2, 4), "switch": Interval(Fraction(1, 100), Fraction(3, 4))},
    allowance=units,
    argument="Given the last best action, the state is known: both bounds of hidden_markov_sandwich are the entropy of one row, "
    "which by the step is h(delta) + delta log(k - 1).",
    uses=("nonstationary_bandits.hidden_markov_sandwich",),
)
def markov_rate(k: int, switch: Any) -> Sides:
    r"""If the best action moves with the probability $\delta$ at each step, to each of the $k - 1$ others alike, $\bar H(A^*) =
    h(\delta) + \delta \log(k - 1)$."""
    size = int(k)
    P = symmetric_chain(size, switch)
    given = np.array([rational(1, size)] * size)
    rate = conditional(P, given, 2, one_hot(np.arange(size), size))
    return rate, entropy_of_bit(switch) + switch * log(rational(size - 1))


def symmetric_chain(k: int, switch: Any) -> Array:
    """Stay, or move to any of the others."""
    return np.array([[1 - switch if i == j else switch * rational(1, k - 1) for j in range(k)] for i in range(k)])


@markov_rate.false_sibling("the new arm is any of the k")
def _(k: int, switch: Any) -> Sides:
    left, _ = markov_rate.sides(k, switch)
    return left, entropy_of_bit(switch) + switch * log(rational(int(k)))


@markov_rate.step("-(d / m) log(d / m) m = -d log d + d log m", method="logarithms")
def _() -> tuple[Any, Any]:
    d, m = sp.symbols("d m", positive=True)
    return -m * (d / m) * sp.log(d / m), -d * sp.log(d) + d * sp.log(m)


markov_rate.known("three arms, .15")(lambda: {"k": 3, "switch": Fraction(3, 20)})


@claim(
    "nonstationary_bandits.renewal_rate",
    "==",
    paper=DERIVED,
    theorem="piecewise stationary best actions",
    assumptions="independent segment lengths with one law on 1 .. m; the new arm is any of the k - 1 others",
    instances=st.integers(1, 5).flatmap(lambda m: st.builds(dict, lengths=distributions(m), k=st.integers(2, 4))),
    search={"lengths": Simplex(4), "k": Integers(2, 4)},
    allowance=units,
    argument="The state is the arm with the age of its segment; at age j it ends with the hazard P(L = j) / P(L >= j). The best "
    "actions from one end on say the state, so that the rate is the mean of the entropy of the next one, with ages in the "
    "proportions P(L >= j) / E L. By the step sum_j P(L >= j) h(hazard of j) telescopes to H(L), and an end adds log(k - 1), E L "
    "steps apart.",
)
def renewal_rate(lengths: Array, k: int) -> Sides:
    r"""$\bar H(A^*) = (H(L) + \log(k - 1)) / E L$ for segments of independent lengths $L$."""
    return _by_ages(lengths, int(k)), (entropy(lengths) + log(rational(int(k) - 1))) / _mean(lengths)


def _mean(lengths: Array) -> Any:
    return total((j + 1) * mass for j, mass in enumerate(lengths))


def _by_ages(lengths: Array, k: int) -> Any:
    """Mean entropy of the next best action, from the ages; in doubles from the stationary chain of arms and ages."""
    if not is_exact():
        return _by_chain(lengths, k)
    out, tail = rational(0), rational(1)
    for mass in lengths:
        if tail > 0:
            hazard = mass / tail
            out = out + tail * (entropy_of_bit(hazard) + hazard * log(rational(k - 1)))
        tail = tail - mass
    return out / _mean(lengths)


@floats_only
def _by_chain(lengths: Array, k: int) -> float:
    tails = np.append(np.cumsum(lengths[::-1])[::-1], 0.0)
    last = int(np.max(np.flatnonzero(tails > 1e-14))) + 1
    P = np.zeros((k * last, k * last))
    for a in range(k):
        for age in range(last):
            hazard = min(1.0, lengths[age] / tails[age]) if age + 1 < last else 1.0
            for other in range(k):
                if other != a:
                    P[a * last + age, other * last] = hazard / (k - 1)
            if age + 1 < last:
                P[a * last + age, a * last + age + 1] = 1.0 - hazard
    target = np.repeat(np.eye(k), last, axis=0)
    # the best actions from the last end on say the state: what the next one adds, under the chain's own stationary law
    return float(sum(mass * sequence_entropy(P, row, 1, target) for mass, row in zip(stationary_law(P), P, strict=True)))


@renewal_rate.false_sibling("geometric lengths with the same mean")
def _(lengths: Array, k: int) -> Sides:
    left, _ = renewal_rate.sides(lengths, k)
    mean = _mean(lengths)
    return left, entropy_of_bit(1 / mean) + log(rational(int(k) - 1)) / mean


@renewal_rate.false_sibling("the new arm costs log k")
def _(lengths: Array, k: int) -> Sides:
    left, _ = renewal_rate.sides(lengths, k)
    return left, (entropy(lengths) + log(rational(int(k)))) / _mean(lengths)


@renewal_rate.step("t h(p / t) = -p log p - u log u + t log t with u = t - p", method="logarithms")
def _() -> tuple[Any, Any, Any]:
    p, u = sp.symbols("p u", positive=True)
    t = p + u
    left = -p * sp.log(p / t) - u * sp.log(u / t)
    return left, -p * sp.log(p) - u * sp.log(u) + t * sp.log(t), [p, u, t]


@renewal_rate.known("lengths 1 to 4 alike, three arms")
def _() -> dict[str, Any]:
    return {"lengths": fractions("1/4 1/4 1/4 1/4")[0], "k": 3}


# --- bounds ------------------------------------------------------------------------------------------------------------------


@claim(
    "nonstationary_bandits.effective_horizon",
    "<=",
    paper=MIN,
    theorem="entropy rate by the effective horizon",
    assumptions="stationary; tau is the inverse of the probability of a change of the best action, which is positive",
    instances=labelled_chains(),
    search=CHAIN,
    allowance=units,
    uses=("nonstationary_bandits.hidden_markov_sandwich",),
    argument="H(A_2 | A_1), which bounds the rate, is at most the entropy h(1 / tau) of whether there is a change, as "
    "conditioning lowers entropy, and that of where to, one of k - 1 arms. For the second bound -(1 - d) log(1 - d) <= d: at "
    "d = 0 both are 0, and by the step the derivative of the difference is -log(1 - d) >= 0.",
)
def effective_horizon(P: Array, labels: Any, depth: int) -> Sides:
    r"""$\bar H \le h(1/\tau) + \frac1\tau \log(k - 1) \le \frac{1 + \log \tau + \log(k - 1)}{\tau}$."""
    change = _change(P, labels)
    rate = _bounds(P, labels, int(depth))[1]
    if not change > 0:
        return rate, rate
    where_to = change * log(rational(n_arms(labels) - 1))
    fano = entropy_of_bit(change) + where_to
    return np.array([rate, fano]), np.array([fano, change * (1 - log(change)) + where_to])


def _change(P: Array, labels: Any) -> Any:
    if (given := with_law(P, labels)) is None:
        return rational(0)
    law, target = given
    return 1 - total(law[i] * P[i, j] * (target[i] * target[j]).sum() for i in range(len(P)) for j in range(len(P)))


@effective_horizon.false_sibling("without the leading 1: log(tau) / tau")
def _(P: Array, labels: Any, depth: int) -> Sides:
    change = _change(P, labels)
    return (rational(0), rational(0)) if not change > 0 else (entropy_of_bit(change), -xlogx(change))


@effective_horizon.step("the derivative of d + (1 - d) log(1 - d) is -log(1 - d)", method="cancel")
def _() -> tuple[Any, Any]:
    d = sp.symbols("d", positive=True)
    return sp.diff(d + (1 - d) * sp.log(1 - d), d), -sp.log(1 - d)


effective_horizon.known("three states, two of which share an arm")(lambda: lasting(1))


def paths_with_switches(horizon: int, segments: int, k: int) -> int:
    """Number of sequences of T arms with at most that many segments."""
    return sum(comb(horizon - 1, i) * k * (k - 1) ** i for i in range(segments))


@claim(
    "nonstationary_bandits.switching_paths",
    "<=",
    paper=MIN,
    theorem="adversarial switches: entropy of sequences with at most S - 1 of them",
    assumptions="1 <= S <= T",
    instances=st.integers(1, 60).flatmap(
        lambda T: st.builds(dict, horizon=st.just(T), segments=st.integers(1, T), k=st.integers(2, 10))
    ),
    search={"horizon": Integers(12, 60), "segments": Integers(1, 12), "k": Integers(2, 10)},
    allowance=units,
    argument="A sequence is where it switches, one of comb(T - 1, i) sets, the first arm, and the others, each one of k - 1. "
    "For the bound k (k - 1)^i <= k^S, and comb(T - 1, i) <= comb(T, i) <= comb(T, i) x^(i - S) for i <= S and x = S / T <= "
    "1; these sum to at most x^(-S) (1 + x)^T <= x^(-S) e^S (the step).",
)
def switching_paths(horizon: int, segments: int, k: int) -> Sides:
    r"""$\log N \le S (1 + \log(T / S) + \log k)$ for the number $N = \sum_{i < S} \binom{T - 1}{i} k (k - 1)^i$ of sequences of
    $T$ arms with at most $S$ segments."""
    T, S, size = int(horizon), int(segments), int(k)
    return log(rational(paths_with_switches(T, S, size))), S * (1 + log(rational(T, S)) + log(rational(size)))


@switching_paths.false_sibling("without the 1")
def _(horizon: int, segments: int, k: int) -> Sides:
    left, right = switching_paths.sides(horizon, segments, k)
    return left, right - int(segments)


@switching_paths.step("log(1 + x) <= x: the derivative of x - log(1 + x) is x / (1 + x)", method="cancel")
def _() -> tuple[Any, Any]:
    x = sp.symbols("x", positive=True)
    return sp.diff(x - sp.log(1 + x), x), x / (1 + x)


switching_paths.known("100 steps, 5 segments, 2 arms")(lambda: {"horizon": 100, "segments": 5, "k": 2})
switching_paths.known("100 steps, 50 segments, 10 arms")(lambda: {"horizon": 100, "segments": 50, "k": 10})


@claim(
    "nonstationary_bandits.switching_entropy",
    "<=",
    paper=MIN,
    theorem="adversarial switches: entropy of sequences with at most S - 1 of them",
    assumptions="a chain that is at rest from its third state on: at most two switches",
    instances=st.builds(dict, stay=distributions(2), horizon=st.integers(1, 8)),
    search={"stay": Simplex(2), "horizon": Integers(1, 8)},
    allowance=units,
    uses=("nonstationary_bandits.switching_paths",),
    argument="There are at most as many sequences as switching_paths counts, and by the step log N less the entropy of a law "
    "on N sequences is a divergence from the uniform one.",
)
def switching_entropy(stay: Array, horizon: int) -> Sides:
    r"""$H(A^*_{1:T}) \le \log N$ if the best action changes at most $S - 1$ times ($S = 3$ here, two arms)."""
    return _at_rest(stay, horizon), log(rational(paths_with_switches(int(horizon), 3, 2)))


def _at_rest(stay: Array, horizon: int) -> Any:
    zero, one = rational(0), rational(1)
    P = np.array([[stay[0], stay[1], zero], [zero, stay[0], stay[1]], [zero, zero, one]])
    return sequence_entropy(P, np.array([one, zero, zero]), horizon, one_hot(best_arms(np.array([[1, 0], [0, 1], [1, 0]])), 2))


@switching_entropy.false_sibling("the entropy of where one switch is")
def _(stay: Array, horizon: int) -> Sides:
    return _at_rest(stay, horizon), log(rational(int(horizon)))


@switching_entropy.step("p log(p n) = p log p + p log n", method="logarithms")
def _() -> tuple[Any, Any]:
    p, n = sp.symbols("p n", positive=True)
    return p * sp.log(p * n), p * sp.log(p) + p * sp.log(n)


switching_entropy.known("stays with 7/10, eight steps")(lambda: {"stay": fractions("7/10 3/10")[0], "horizon": 8})
