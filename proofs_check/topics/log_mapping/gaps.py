r"""Claims about action gaps: closed forms on the chain, and what the logarithm does to them.

The chain's characteristic roots are rational if the discount is written by one of them: with :math:`x = \lambda_1` the
    discount is
:math:`\gamma = x / (1 - p + p x^2)` and :math:`1 / \lambda_2 = p x / (1 - p)`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import floats_only, is_exact, log
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval, Space

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

VAN_SEIJEN = "van Seijen, Fatemi and Tavakoli (2019), Using a logarithmic mapping to enable lower discount factors in RL"
DERIVED = "derived here"


def units(**_: Any) -> float:
    """A few hundred units of 1.1e-16 of numbers of size one."""
    return 1e-12


# --- the chain -----------------------------------------------------------------------------------------------------------------


@st.composite
def chains(draw: st.DrawFn) -> dict[str, Any]:
    """Length, root and slip of a chain, and what its right end pays."""
    return {
        "n": draw(st.integers(1, 8)),
        "root": draw(st.sampled_from([0.05, 0.3, 0.7, 0.95])),
        "slip": draw(st.sampled_from([0.0, 0.1, 0.25, 0.4])),
        "right": draw(st.sampled_from([-1.0, -0.25, 0.0])),
    }


CHAIN: dict[str, Space] = {
    "n": Integers(1, 6),
    "root": Interval(Fraction(1, 50), Fraction(49, 50)),
    "slip": Interval(0, Fraction(49, 100)),
    "right": Interval(-1, 0),
}


def discount(root: Any, slip: Any) -> Any:
    """The discount with that root."""
    return root / (1 - slip + slip * root * root)


def solved_values(n: Any, root: Any, slip: Any, right: Any) -> Array:
    """(n,) values of always left: in doubles from the model, exactly by elimination."""
    size, gamma = int(n), discount(root, slip)
    if not is_exact():
        return _by_solver(size, gamma, slip, right)
    # forward elimination, v(s) = a + b v(s + 1), of v(s) = g (1 - p) v(s - 1) + g p v(s + 1) with 1 / g and right / g as ends
    down, up = gamma * (1 - slip), gamma * slip
    forward, a, b = [], 1 / gamma, 0 * gamma
    for _ in range(size):
        scale = 1 - down * b
        a, b = down * a / scale, up / scale
        forward.append((a, b))
    values = [right / gamma]
    for a, b in reversed(forward):
        values.insert(0, a + b * values[0])
    return np.array(values[:-1], dtype=object)


@floats_only
def _by_solver(n: int, gamma: float, slip: float, right: float) -> Array:
    task = tabular.log_mapping.chain_task(n, gamma, slip, 1.0, right)
    return np.asarray(tabular.policy_value(task, np.zeros(n + 2, dtype=int))[:n])


def closed_values(n: Any, root: Any, slip: Any, right: Any) -> Array:
    """(n,) closed form: in doubles our function's."""
    size, gamma = int(n), discount(root, slip)
    if not is_exact():
        return _ours(size, gamma, slip, right)
    a, b, back = modes(size, root, slip, right)
    return np.array([a * root ** (s + 1) + b * back ** (size - s) for s in range(size)], dtype=object)


def modes(size: int, root: Any, slip: Any, right: Any) -> tuple[Any, Any, Any]:
    """A, B and 1 / lambda_2."""
    gamma = discount(root, slip)
    back = slip * root / (1 - slip)
    across, through = root ** (size + 1), back ** (size + 1)
    start, end = 1 / gamma, right / gamma
    scale = 1 - across * through
    return (start - end * through) / scale, (end - start * across) / scale, back


@floats_only
def _ours(n: int, gamma: float, slip: float, right: float) -> Array:
    return tabular.log_mapping.chain_values(n, gamma, slip, 1.0, right)


@claim(
    "log_mapping.chain_values",
    "==",
    paper=VAN_SEIJEN,
    theorem="the chain task; closed form derived here",
    instances=chains(),
    search=CHAIN,
    allowance=units,
    argument="By the step both powers solve the recursion of the states in between, and A and B are such that the ends are "
    "r_L / gamma and r_R / gamma, which is what the recursion finds there, as the rewards are paid on the way out. The system "
    "has one solution.",
)
def chain_values(n: Any, root: Any, slip: Any, right: Any) -> Sides:
    r"""$v(s) = A \lambda_1^{s + 1} + B \lambda_2^{-(n - s)}$ are the values of always left on the chain."""
    return solved_values(n, root, slip, right), closed_values(n, root, slip, right)


@chain_values.false_sibling("the right end forgotten: B = 0")
def _(n: Any, root: Any, slip: Any, right: Any) -> Sides:
    gamma = discount(root, slip)
    closed = np.array([root ** (s + 1) / gamma for s in range(int(n))])
    return solved_values(n, root, slip, right), closed


@chain_values.false_sibling("one step less to the right end")
def _(n: Any, root: Any, slip: Any, right: Any) -> Sides:
    size = int(n)
    a, b, back = modes(size, root, slip, right)
    closed = np.array([a * root ** (s + 1) + b * back ** (size - s - 1) for s in range(size)])
    return solved_values(n, root, slip, right), closed


@chain_values.step("with gamma = x / (1 - p + p x^2): gamma ((1 - p) + p x^2) = x", method="cancel")
def _() -> tuple[Any, Any]:
    x, p = sp.symbols("x p", positive=True)
    gamma = x / (1 - p + p * x**2)
    return gamma * ((1 - p) + p * x**2), x


@chain_values.step("and 1 / lambda_2 = p x / (1 - p): gamma ((1 - p) z^2 + p) = z", method="cancel")
def _() -> tuple[Any, Any]:
    x, p = sp.symbols("x p", positive=True)
    gamma, z = x / (1 - p + p * x**2), p * x / (1 - p)
    return gamma * ((1 - p) * z**2 + p), z


def five() -> dict[str, Any]:
    """Five states, root 1/2, slip 1/4."""
    return {"n": 5, "root": Fraction(1, 2), "slip": Fraction(1, 4), "right": -1}


chain_values.known("five states, root 1/2: an equality of fractions")(five)


def gaps_of(v: Array, n: Any, root: Any, slip: Any, right: Any) -> Array:
    """Q(s, left) - Q(s, right) from values, by definition."""
    gamma, size = discount(root, slip), int(n)
    around = [1 / gamma, *v, right / gamma]
    return np.array([(1 - 2 * slip) * gamma * (around[s] - around[s + 2]) for s in range(size)])


def closed_gaps(n: Any, root: Any, slip: Any, right: Any) -> Array:
    """(n,) closed form: in doubles our function's."""
    if not is_exact():
        return _our_gaps(int(n), discount(root, slip), slip, right)
    size = int(n)
    a, b, back = modes(size, root, slip, right)
    scale = (1 - 2 * slip) * discount(root, slip)
    return np.array(
        [scale * (a * root**s * (1 - root * root) - b * back ** (size - 1 - s) * (1 - back * back)) for s in range(size)],
        dtype=object,
    )


@floats_only
def _our_gaps(n: int, gamma: float, slip: float, right: float) -> Array:
    return tabular.log_mapping.chain_gaps(n, gamma, slip, 1.0, right)


@claim(
    "log_mapping.chain_gaps",
    "==",
    paper=VAN_SEIJEN,
    theorem="the chain task; closed form derived here",
    instances=chains(),
    search=CHAIN,
    allowance=units,
    uses=("log_mapping.chain_values",),
    argument="Left leads to s - 1 with 1 - p and to s + 1 with p, right the other way round: the values differ by (1 - 2 p) "
    "times the difference of the two targets, and the ends are as in chain_values. The step is the difference of each mode.",
)
def chain_gaps(n: Any, root: Any, slip: Any, right: Any) -> Sides:
    r"""$Q(s, \text{left}) - Q(s, \text{right}) = (1 - 2 p)\, \gamma\, [A \lambda_1^s (1 - \lambda_1^2) - B \lambda_2^{-(n - 1
    - s)} (1
    - \lambda_2^{-2})]$ when always left follows."""
    v = solved_values(n, root, slip, right)
    return gaps_of(v, n, root, slip, right), closed_gaps(n, root, slip, right)


@chain_gaps.false_sibling("1 - p in place of 1 - 2 p")
def _(n: Any, root: Any, slip: Any, right: Any) -> Sides:
    left, closed = chain_gaps.sides(n, root, slip, right)
    return left, closed * (1 - slip) / (1 - 2 * slip)


@chain_gaps.false_sibling("gaps fall by the discount, not by the root, at each step")
def _(n: Any, root: Any, slip: Any, right: Any) -> Sides:
    left, closed = chain_gaps.sides(n, root, slip, right)
    gamma = discount(root, slip)
    return left, np.array([closed[0] * gamma**s for s in range(len(closed))])


@chain_gaps.step("A x^s - A x^(s + 2) = A x^s (1 - x^2)", method="expand")
def _() -> tuple[Any, Any]:
    a, x, power = sp.symbols("A x P")  # P stands for x^s
    return a * power - a * power * x**2, a * power * (1 - x**2)


chain_gaps.known("five states, root 1/2: an equality of fractions")(five)


@claim(
    "log_mapping.deterministic_gaps",
    "==",
    paper=VAN_SEIJEN,
    theorem="the chain task without slips; derived here",
    instances=st.builds(dict, n=st.integers(1, 8), gamma=st.sampled_from([0.1, 0.5, 0.9, 0.99])),
    search={"n": Integers(1, 8), "gamma": Interval(Fraction(1, 50), Fraction(99, 100))},
    allowance=units,
    uses=("log_mapping.chain_gaps",),
    argument="chain_gaps with p = 0, where x = gamma and only A = 1 / gamma is left, but for the last state, whose right "
    "neighbour is worth nothing. Decimal logarithms of the interior gaps are s log10 gamma plus a constant, s = 0 .. m - 1 "
    "with m = n - 1: their deviation is |log10 gamma| sqrt((m^2 - 1) / 12), by the step.",
)
def deterministic_gaps(n: Any, gamma: Any) -> Sides:
    r"""Without slips and with $r_R = 0$ the gaps are $\gamma^s (1 - \gamma^2)$, and $\gamma^{n - 1}$ in the last state: orders of
    magnitude apart, by $|\log_{10} \gamma|$ from state to state."""
    size, zero = int(n), 0 * gamma
    left = closed_gaps(n, gamma, zero, zero)
    return left, np.array([gamma**s * (1 - gamma * gamma if s < size - 1 else 1) for s in range(size)])


@deterministic_gaps.false_sibling("the last state as the others")
def _(n: Any, gamma: Any) -> Sides:
    return closed_gaps(n, gamma, 0 * gamma, 0 * gamma), np.array([gamma**s * (1 - gamma * gamma) for s in range(int(n))])


@deterministic_gaps.false_sibling("1 - gamma in place of 1 - gamma^2: the next state, not the one after")
def _(n: Any, gamma: Any) -> Sides:
    left, right = deterministic_gaps.sides(n, gamma)
    return left, right * (1 - gamma)


@deterministic_gaps.step("the variance of 0 .. m - 1 is (m^2 - 1) / 12", method="expand")
def _() -> tuple[Any, Any]:
    m, s = sp.symbols("m s", integer=True, positive=True)
    squares = sp.summation(s**2, (s, 0, m - 1)) / m
    mean = sp.summation(s, (s, 0, m - 1)) / m
    return sp.simplify(squares - mean**2), (m**2 - 1) / 12


@deterministic_gaps.known("six states, 1/2: an equality of fractions")
def _() -> dict[str, Any]:
    return {"n": 6, "gamma": Fraction(1, 2)}


# --- scale ---------------------------------------------------------------------------------------------------------------------


@claim(
    "log_mapping.gaps_scale",
    "==",
    paper=VAN_SEIJEN,
    theorem="hypothesis on the scale of rewards",
    instances=chains(),
    search=CHAIN,
    allowance=units,
    argument="Values are linear in the rewards, by the step for one state and by induction for all; logarithms of gaps then "
    "move by one constant, and their deviation does not.",
)
def gaps_scale(n: Any, root: Any, slip: Any, right: Any) -> Sides:
    r"""Rewards that are three times as large make gaps three times as large, so that the deviation of their logarithms is the
    same:
    the size of gaps cannot be what matters."""
    return _tripled(n, root, slip, right), 3 * closed_gaps(n, root, slip, right)


def _tripled(n: Any, root: Any, slip: Any, right: Any) -> Array:
    if not is_exact():
        return _our_tripled(int(n), discount(root, slip), slip, right)
    gamma = discount(root, slip)
    v = 3 * solved_values(n, root, slip, right)
    around = [3 / gamma, *v, 3 * right / gamma]
    return np.array([(1 - 2 * slip) * gamma * (around[s] - around[s + 2]) for s in range(int(n))])


@floats_only
def _our_tripled(n: int, gamma: float, slip: float, right: float) -> Array:
    task = tabular.log_mapping.chain_task(n, gamma, slip, 3.0, 3 * right)
    q = tabular.q_values(task, tabular.policy_value(task, np.zeros(n + 2, dtype=int)))
    return np.asarray(q[:n, 0] - q[:n, 1])


@gaps_scale.false_sibling("a right end that pays one more, as a shift of all rewards would be, leaves them alone")
def _(n: Any, root: Any, slip: Any, right: Any) -> Sides:
    v = solved_values(n, root, slip, right + 1)
    return gaps_of(v, n, root, slip, right + 1), closed_gaps(n, root, slip, right)


@gaps_scale.step("k r + g k v = k (r + g v)", method="expand")
def _() -> tuple[Any, Any]:
    k, r, g, v = sp.symbols("k r g v")
    return k * r + g * k * v, k * (r + g * v)


gaps_scale.known("five states, root 1/2: an equality of fractions")(five)


# --- the mapped gaps -----------------------------------------------------------------------------------------------------------


@claim(
    "log_mapping.mapped_gaps",
    "<=",
    paper=VAN_SEIJEN,
    theorem="homogeneous gaps in the mapped space; bounds derived here",
    assumptions="no slips, r_R = 0, an interior state s",
    instances=st.builds(dict, s=st.integers(0, 20), k=st.integers(0, 30), gamma=st.sampled_from([0.1, 0.5, 0.9, 0.99])),
    search={"s": Integers(0, 20), "k": Integers(0, 30), "gamma": Interval(Fraction(1, 50), Fraction(99, 100))},
    allowance=units,
    argument="The mapped gap is c log of (gamma^s + gamma^k) / (gamma^(s + 2) + gamma^k). It is at most 2 c log(1 / gamma) "
    "because gamma^k >= gamma^(k + 2), and by the step at least that minus c log(1 + gamma^(k - s - 2)): constant for s well "
    "below k, which must exceed the number of steps over which gaps are to be seen.",
)
def mapped_gaps(s: Any, k: Any, gamma: Any) -> Sides:
    r"""$2 \ln \frac1\gamma - \ln(1 + \gamma^{k - s - 2}) \le \Delta f(s) / c \le 2 \ln \frac1\gamma$."""
    gap = _mapped(s, k, gamma)
    most = -2 * log(gamma)
    return np.array([most - log(1 + _floor_share(s, k, gamma)), gap]), np.array([gap, most])


def _floor_share(s: Any, k: Any, gamma: Any) -> Any:
    """gamma^(k - s - 2)."""
    return gamma ** int(k) / gamma ** (int(s) + 2)


def _mapped(s: Any, k: Any, gamma: Any) -> Any:
    """f(gamma^s) - f(gamma^(s + 2)) for c = 1: in doubles our mapping's."""
    if not is_exact():
        return _our_mapped(int(s), int(k), gamma)
    floor = gamma ** int(k)
    return log((gamma ** int(s) + floor) / (gamma ** (int(s) + 2) + floor))


@floats_only
def _our_mapped(s: int, k: int, gamma: float) -> float:
    mapping = tabular.log_mapping.LogMapping(gamma, k)
    return float(mapping.forward(gamma**s) - mapping.forward(gamma ** (s + 2)))


@mapped_gaps.false_sibling("gaps are constant whatever k: no correction below")
def _(s: Any, k: Any, gamma: Any) -> Sides:
    return -2 * log(gamma), _mapped(s, k, gamma)


@mapped_gaps.false_sibling("one discount, not two, from best to second best")
def _(s: Any, k: Any, gamma: Any) -> Sides:
    return _mapped(s, k, gamma), -log(gamma)


@mapped_gaps.step("x / y (y / (y + e)) = x / (y + e), at most (x + e) / (y + e)", method="cancel")
def _() -> tuple[Any, Any]:
    x, e, y = sp.symbols("x e y", positive=True)
    return (x + e) / (y + e) - x / y / (1 + e / y), e / (y + e)


@mapped_gaps.known("s = 3, k = 10, 1/2")
def _() -> dict[str, Any]:
    return {"s": 3, "k": 10, "gamma": Fraction(1, 2)}
