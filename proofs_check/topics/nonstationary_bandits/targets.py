r"""Claims about other targets than the best action: what Thompson sampling for them loses, and what must be learned."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import floats_only, is_exact, rational, smallest, sqrt, xlogx
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval, Kernel, Simplex, Space
from proofs_check.strategies import distributions
from proofs_check.topics.nonstationary_bandits.formulas import arms, entropy_of_bit, gaps, played, sequence_entropy, total
from proofs_check.topics.nonstationary_bandits.instances import (
    BANDIT,
    DERIVED,
    MIN,
    Array,
    Sides,
    bandits,
    coin_flips,
    fractions,
    squares,
    swapping,
    units,
)
from tabular.bandits import LatentBandit, critical_distortion, symmetric_chain_bound

GRAY = "Gray (1970), Information rates of autoregressive processes"


@st.composite
def targeted(draw: st.DrawFn) -> dict[str, Any]:
    """A bandit and a target."""
    given = draw(bandits())
    n, k = given["mu"].shape
    return given | {"target": np.array([draw(distributions(k)) for _ in range(n)])}


TARGETED: dict[str, Space] = {**BANDIT, "target": Kernel((3,), 2)}


def fixed(horizon: int = 2) -> dict[str, Any]:
    """Independent states, a safe arm of .55 in both, and the target of playing it."""
    given = coin_flips(horizon)
    return given | {"mu": fractions("11/20 1 0", "11/20 0 1"), "target": fractions("1 0 0", "1 0 0")}


def half_told(horizon: int = 2) -> dict[str, Any]:
    """Two arms that swap, and a target that is the best one in four cases of five."""
    return swapping(horizon) | {"target": fractions("4/5 1/5", "1/5 4/5")}


# --- Thompson sampling for a target ------------------------------------------------------------------------------------------


def distortion(P: Array, mu: Array, nu: Array, horizon: int, target: Array) -> Any:
    """Regret of the target itself, over the horizon."""
    law, out = nu, rational(0)
    for t in range(int(horizon)):
        law = law @ P if t else law
        out = out + law @ (gaps(mu) * target).sum(axis=1)
    return out


def told(P: Array, nu: Array, horizon: int, target: Array) -> Any:
    """I(target sequence; states): the entropy of the sequence less that of the rows it is drawn from."""
    if not is_exact():
        return _told_by_us(P, nu, horizon, target)
    law, out = nu, sequence_entropy(P, nu, horizon, target)
    noise = np.array([-total(xlogx(row)) for row in target])
    for t in range(int(horizon)):
        law = law @ P if t else law
        out = out - law @ noise
    return out


@floats_only
def _told_by_us(P: Array, nu: Array, horizon: int, target: Array) -> float:
    return LatentBandit(P, np.full(target.shape, 0.5), nu).target_information(int(horizon), target)


def shortfall(P: Array, mu: Array, nu: Array, horizon: int, target: Array) -> tuple[Any, Any]:
    """How much less than its target satisficing Thompson sampling earns, and what it learns about it."""
    run = played(P, mu, nu, horizon, target)
    return total(run.regret) - distortion(P, mu, nu, horizon, target), run.whole


@claim(
    "nonstationary_bandits.satisficing",
    "<=",
    paper=MIN,
    theorem="satisficing Thompson sampling; the constant k - 1 derived here",
    assumptions="targets drawn from a row of the state; the argument holds for all targets that are independent of the noise",
    instances=targeted(),
    search=TARGETED,
    allowance=squares,
    uses=("nonstationary_bandits.regret_entropy_rate", "nonstationary_bandits.information_ratio"),
    argument="Nothing in the links and in information_ratio uses that the target is the best action: with d_ax the means "
    "given the target, the shortfall of a step is sum alpha(a) d_aa, and again sum_x alpha(x) d_ax = 0 (the step, for two). "
    "The second bound is data processing: what is seen depends on the states alone. Squares bound the shortfall whatever its "
    "sign.",
)
def satisficing(P: Array, mu: Array, nu: Array, horizon: int, target: Array) -> Sides:
    r"""$(\sum_t E[\mu(A^\dagger_t) - \mu(A_t)])^2$ is at most $\frac{k - 1}{2} T\, I(A^\dagger_{1:T}; F_T)$, and so at most
    $\frac{k - 1}{2} T\, I(A^\dagger_{1:T}; \theta_{1:T})$, if arms are sampled from the posterior of $A^\dagger_t$."""
    lost, gained = shortfall(P, mu, nu, horizon, target)
    scale = rational(arms(mu) - 1, 2) * int(horizon)
    return np.array([lost * lost] * 2), np.array([scale * gained, scale * told(P, nu, horizon, target)])


@satisficing.false_sibling("of the regret, without the distortion of the target")
def _(P: Array, mu: Array, nu: Array, horizon: int, target: Array) -> Sides:
    run = played(P, mu, nu, horizon, target)
    return total(run.regret) ** 2, rational(arms(mu) - 1, 2) * int(horizon) * told(P, nu, horizon, target)


@satisficing.false_sibling("a third of the information")
def _(P: Array, mu: Array, nu: Array, horizon: int, target: Array) -> Sides:
    lost, gained = shortfall(P, mu, nu, horizon, target)
    return lost * lost, rational(arms(mu) - 1, 6) * int(horizon) * gained


@satisficing.step("a (x - m) + (1 - a) (y - m) = 0 with m = a x + (1 - a) y", method="expand")
def _() -> tuple[Any, Any]:
    a, x, y = sp.symbols("a x y", real=True)
    m = a * x + (1 - a) * y
    return a * (x - m) + (1 - a) * (y - m), sp.Integer(0)


satisficing.known("two arms that swap, a target with errors")(half_told)
satisficing.known("the safe arm as a target: an equality, of zeros")(fixed)


@satisficing.known("one step, small gaps, the best action as the target")
def _() -> dict[str, Any]:
    return {
        "P": fractions("1 0", "0 1"),
        "mu": fractions("51/100 49/100", "49/100 51/100"),
        "nu": fractions("1/2 1/2")[0],
        "horizon": 1,
        "target": fractions("1 0", "0 1"),
    }


@claim(
    "nonstationary_bandits.rate_distortion_bound",
    "<=",
    paper=MIN,
    theorem="rate-distortion bound; the constant k - 1 derived here",
    instances=targeted(),
    search=TARGETED,
    allowance=units,
    uses=("nonstationary_bandits.satisficing",),
    argument="The optimum is at most what satisficing Thompson sampling loses, its distortion and its shortfall; the latter "
    "is bounded by satisficing, and divided by T it is as stated (the step).",
)
def rate_distortion_bound(P: Array, mu: Array, nu: Array, horizon: int, target: Array) -> Sides:
    r"""$\inf_\pi \bar\Delta_T \le D + \sqrt{\frac{k - 1}{2} \frac1T I(A^\dagger_{1:T}; \theta_{1:T})}$ for every target, $D$ its
    regret per step."""
    T = int(horizon)
    return optimum(P, mu, nu, T), distortion(P, mu, nu, T, target) + _root(arms(mu), T, told(P, nu, T, target))


def _root(k: int, horizon: int, information: Any) -> Any:
    x = rational(k - 1, 2) * horizon * information
    return sqrt(x) if x > 0 else rational(0)  # rounding, or a ball around 0, has no root


def optimum(P: Array, mu: Array, nu: Array, horizon: int) -> Any:
    """Least total regret: exactly by recursion over beliefs."""
    if not is_exact():
        return _our_optimum(P, mu, nu, horizon)
    lost = gaps(mu)

    def value(belief: Array, left: int) -> Any:
        best = None
        for a in range(arms(mu)):
            here = belief @ lost[:, a]
            for chances in (mu[:, a], 1 - mu[:, a]):
                joint = belief * chances
                if left > 1 and joint.sum() > 0:
                    here = here + joint.sum() * value(joint / joint.sum() @ P, left - 1)
            best = here if best is None or here < best else best
        return best

    return value(nu, horizon)


@floats_only
def _our_optimum(P: Array, mu: Array, nu: Array, horizon: int) -> float:
    return float(LatentBandit(P, mu, nu).bayes_optimal_regret(horizon).sum())


@rate_distortion_bound.false_sibling("the distortion alone")
def _(P: Array, mu: Array, nu: Array, horizon: int, target: Array) -> Sides:
    T = int(horizon)
    return optimum(P, mu, nu, T), distortion(P, mu, nu, T, target)


@rate_distortion_bound.false_sibling("the information alone")
def _(P: Array, mu: Array, nu: Array, horizon: int, target: Array) -> Sides:
    T = int(horizon)
    return optimum(P, mu, nu, T), _root(arms(mu), T, told(P, nu, T, target))


@rate_distortion_bound.step("per step: (sqrt(c T i) / T)^2 = c i / T", method="cancel")
def _() -> tuple[Any, Any]:
    c, T, i = sp.symbols("c T i", positive=True)
    return (sp.sqrt(c * T * i) / T) ** 2, c * i / T


rate_distortion_bound.known("two arms that swap, a target with errors")(half_told)
rate_distortion_bound.known("the safe arm as a target: an equality, the optimum is to play it")(fixed)


@rate_distortion_bound.known("the best action as a target of swapping arms")
def _() -> dict[str, Any]:
    return swapping(2) | {"target": fractions("1 0", "0 1")}


# --- Gray's formula, and what it buys ----------------------------------------------------------------------------------------


def root_of(z: Any) -> tuple[Any, Any]:
    """Switch probability and critical distortion, both rational in z: q = 2 z / (1 + z)^2, D_c = z^2 / (1 + z^2)."""
    return 2 * z / ((1 + z) * (1 + z)), z * z / (1 + z * z)


def of_signed_products(z: float, share: float, length: int) -> float:
    """Masses are differences of products of n factors, each at most 2 / (1 - 2 D), that lose a few units of 1.1e-16 each."""
    d = share * z * z / (1.0 + z * z)
    return 1e-15 * length * (2.0 / max(1.0 - 2.0 * d, 1e-30)) ** length


ROOTS = st.sampled_from([0.001, 0.1, 0.3, 0.6, 0.9, 1.0])
SHARE = st.sampled_from([0.01, 0.3, 0.9, 1.0])


@claim(
    "nonstationary_bandits.shannon_lower_bound",
    "<=",
    paper=GRAY,
    theorem="Shannon's lower bound for blocks",
    assumptions="two arms, each the best in one state; targets drawn from a row of the state, wrong with probability D on "
    "average",
    instances=st.builds(
        lambda P, nu, first, second, horizon: {
            "P": np.array(P),
            "nu": nu,
            "target": np.array([first, second]),
            "horizon": horizon,
        },
        st.tuples(distributions(2), distributions(2)),
        distributions(2),
        distributions(2),
        distributions(2),
        st.integers(1, 4),
    ),
    search={"P": Kernel((2,), 2), "nu": Simplex(2), "target": Kernel((2,), 2), "horizon": Integers(1, 4)},
    allowance=units,
    argument="I = H(A*) - H(A* | A'), and given A' the best actions are known from where the two differ, bits whose entropies "
    "sum to at most T h(D), as h is concave (the step).",
)
def shannon_lower_bound(P: Array, nu: Array, target: Array, horizon: int) -> Sides:
    r"""$H(A^*_{1:T}) - T h(D) \le I(A^\dagger_{1:T}; \theta_{1:T})$ for a target that is wrong in a share $D$ of the steps."""
    return _block_bound(P, nu, target, horizon, 1), told(P, nu, horizon, target)


def _block_bound(P: Array, nu: Array, target: Array, horizon: int, weight: Any) -> Any:
    T, identity = int(horizon), np.array([[rational(1), rational(0)], [rational(0), rational(1)]])
    law, wrong = nu, rational(0)
    for t in range(T):
        law = law @ P if t else law
        wrong = wrong + (law[0] * target[0][1] + law[1] * target[1][0]) / T
    return sequence_entropy(P, nu, T, identity) - weight * T * entropy_of_bit(wrong)


@shannon_lower_bound.false_sibling("nine tenths of h(D)")
def _(P: Array, nu: Array, target: Array, horizon: int) -> Sides:
    return _block_bound(P, nu, target, horizon, rational(9, 10)), told(P, nu, horizon, target)


@shannon_lower_bound.step("the second derivative of h(x) is -1 / (x (1 - x))", method="cancel")
def _() -> tuple[Any, Any]:
    x = sp.symbols("x", positive=True)
    return sp.diff(-x * sp.log(x) - (1 - x) * sp.log(1 - x), x, 2), -1 / (x * (1 - x))


@shannon_lower_bound.known("fair independent states, errors of a fifth")
def _() -> dict[str, Any]:
    half = "1/2 1/2"
    return {"P": fractions(half, half), "nu": fractions(half)[0], "target": fractions("4/5 1/5", "1/5 4/5"), "horizon": 2}


@claim(
    "nonstationary_bandits.gray_rate",
    "<=",
    paper=GRAY,
    theorem="rate of the binary symmetric Markov source; elementary proof of the attaining half derived here",
    assumptions="D at most D_c; q = 2 z / (1 + z)^2 for 0 < z <= 1 is every switch probability up to 1/2",
    instances=st.builds(dict, z=ROOTS, share=SHARE, length=st.integers(1, 8)),
    search={"z": Interval(Fraction(1, 20), 1), "share": Interval(0, 1), "length": Integers(1, 7)},
    allowance=of_signed_products,
    argument="Take errors of probability D off the law of the block: if no mass is negative, the result is a law of targets, "
    "from which independent errors make the best actions, and Shannon's lower bound is attained. Off by one more step, masses "
    "by the last state are, up to a positive factor and the order of the states, (1, -m), and m moves to D (1 - q - m q) / "
    "((1 - D) (q - m (1 - q))) or to less. That map rises; its fixed points solve (1 - q) (1 - D) m^2 - q m + D (1 - q) = 0 "
    "(first step), and exist if and only if 4 D (1 - D) <= (q / (1 - q))^2, that is D <= D_c (third step: at D_c the "
    "discriminant is 0). The smaller one is at most q / (2 (1 - q) (1 - D)) < 1 and keeps q - m (1 - q) positive. At the "
    "first m, D / (1 - D), the polynomial is not negative (second step), left of its vertex: the first m is not above the "
    "smaller fixed point, no later one passes it, and all masses 1 - m are positive.",
)
def gray_rate(z: Any, share: Any, length: int) -> Sides:
    r"""For $D \le D_c$ the law of the best actions over a block is that of another law with independent errors of probability
    $D$, which attains Shannon's lower bound for blocks: no mass of that law is negative (shown: the smallest, times $2^n$)."""
    q, critical = root_of(z)
    return rational(0), _least_mass(q, critical * share, int(length))


def _least_mass(q: Any, d: Any, length: int) -> Any:
    """Smallest mass of the law without its errors, times 2^n."""
    if not 2 * d < 1:  # D_c = 1/2 only for independent states, where the block is all errors
        return rational(0)
    scale = 1 - 2 * d
    masses = []
    for bits in product((0, 1), repeat=length - 1):
        one, other = (1 - d) / scale, -d / scale  # by symmetry the first bit is 0
        for bit in bits:
            one, other = (1 - q) * one + q * other, q * one + (1 - q) * other
            keep, flip = 2 * (1 - d) / scale, -2 * d / scale
            one, other = (keep * one, flip * other) if bit == 0 else (flip * one, keep * other)
        masses.append(one + other)
    return smallest(np.array(masses, dtype=object if is_exact() else float))


@gray_rate.false_sibling("a fifth beyond the critical distortion")
def _(z: Any, share: Any, length: int) -> Sides:
    q, critical = root_of(z)
    d = critical * share * rational(6, 5)
    return rational(0), _least_mass(q, d, int(length))


@gray_rate.step("m (1 - D) (q - m (1 - q)) - D (1 - q - m q) is less the polynomial", method="expand")
def _() -> tuple[Any, Any]:
    m, q, d = sp.symbols("m q D", positive=True)
    polynomial = (1 - q) * (1 - d) * m**2 - q * m + d * (1 - q)
    return m * (1 - d) * (q - m * (1 - q)) - d * (1 - q - m * q), -polynomial


@gray_rate.step("at the first m, D / (1 - D), the polynomial is D (1 - 2 q) / (1 - D) >= 0", method="cancel")
def _() -> tuple[Any, Any]:
    q, d = sp.symbols("q D", positive=True)
    m = d / (1 - d)
    return (1 - q) * (1 - d) * m**2 - q * m + d * (1 - q), d * (1 - 2 * q) / (1 - d)


@gray_rate.step("with q = 2 z / (1 + z)^2 and D = z^2 / (1 + z^2) its discriminant is zero", method="cancel")
def _() -> tuple[Any, Any]:
    z = sp.symbols("z", positive=True)
    q, d = 2 * z / (1 + z) ** 2, z**2 / (1 + z**2)
    return q**2 - 4 * (1 - q) ** 2 * d * (1 - d), sp.Integer(0)


gray_rate.known("q = 3/8, D = D_c = 1/10, blocks of six")(lambda: {"z": Fraction(1, 3), "share": 1, "length": 6})
gray_rate.known("q = 24/49, blocks of six")(lambda: {"z": Fraction(3, 4), "share": 1, "length": 6})


@claim(
    "nonstationary_bandits.distortion_pays",
    "<=",
    paper=DERIVED,
    theorem="the bound falls up to the critical distortion",
    assumptions="two arms that pay 1/2 plus and minus Delta <= 1/2 and swap with the probability q = 2 z / (1 + z)^2",
    instances=st.builds(dict, z=ROOTS, high=SHARE, low=st.sampled_from([0.0, 0.5, 0.99]), gap=st.sampled_from([0.1, 0.5])),
    search={
        "z": Interval(Fraction(1, 100), 1),
        "high": Interval(Fraction(1, 100), 1),
        "low": Interval(0, Fraction(99, 100)),
        "gap": Interval(0, Fraction(1, 2)),
    },
    allowance=units,
    uses=("nonstationary_bandits.gray_rate",),
    argument="The derivative in D is 2 Delta - L / (2 sqrt(2 (h(q) - h(D)))) with L = log((1 - D) / D), at most 0 if L^2 >= 8 "
    "(log 2 - h(D)), as 2 Delta <= 1 and h(q) <= log 2. With y = 1 - 2 D that is artanh(y)^2 >= (1 + y) log(1 + y) + (1 - y) "
    "log(1 - y); both are 0 at y = 0, and the derivatives are 2 artanh(y) / (1 - y^2) and 2 artanh(y) (the step).",
)
def distortion_pays(z: Any, high: Any, low: Any, gap: Any) -> Sides:
    r"""$2 \Delta D + \sqrt{\frac12 (h(q) - h(D))}$ falls in $D$ up to $D_c$: the best bound there is at $D_c$, never at $D =
    0$."""
    d = root_of(z)[1] * high
    return _symmetric_bound(z, d, gap), _symmetric_bound(z, d * low, gap)


def _symmetric_bound(z: Any, d: Any, gap: Any) -> Any:
    q, _ = root_of(z)
    if not is_exact():
        return _our_bound(q, d, gap)
    rate = entropy_of_bit(q) - entropy_of_bit(d)
    return 2 * gap * d + (sqrt(rate / 2) if rate > 0 else rational(0))


@floats_only
def _our_bound(q: float, d: float, gap: float) -> float:
    switch = min(q, 1 / 2)
    return symmetric_chain_bound(switch, gap, min(d, critical_distortion(switch)))


@distortion_pays.false_sibling("also for gaps up to 3/5: rewards outside of [0, 1]")
def _(z: Any, high: Any, low: Any, gap: Any) -> Sides:
    left, right = distortion_pays.sides(z, high, low, gap)
    d = root_of(z)[1] * high
    extra = rational(2, 5) * gap
    return left + extra * d, right + extra * d * low


@distortion_pays.false_sibling("by at least a tenth of the difference in D")
def _(z: Any, high: Any, low: Any, gap: Any) -> Sides:
    left, right = distortion_pays.sides(z, high, low, gap)
    return left + rational(1, 10) * root_of(z)[1] * high * (1 - low), right


@distortion_pays.step("the derivative of (1 + y) log(1 + y) + (1 - y) log(1 - y) is log((1 + y) / (1 - y))", method="logarithms")
def _() -> tuple[Any, Any, Any]:
    y = sp.symbols("y", positive=True)
    left = sp.diff((1 + y) * sp.log(1 + y) + (1 - y) * sp.log(1 - y), y)
    return left, sp.log((1 + y) / (1 - y)), [y, 1 + y, 1 - y]


@distortion_pays.known("q = 3/8, from 0 to 1/10, gap 3/10")
def _() -> dict[str, Any]:
    return {"z": Fraction(1, 3), "high": 1, "low": 0, "gap": Fraction(3, 10)}


@distortion_pays.known("almost independent states, the largest gap")
def _() -> dict[str, Any]:
    return {"z": Fraction(99, 100), "high": 1, "low": Fraction(9, 10), "gap": Fraction(1, 2)}
