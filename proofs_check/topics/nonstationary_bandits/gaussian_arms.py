"""Claims about arms that follow Gaussian processes."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr

from proofs_check.arithmetic import floats_only, is_exact, sqrt
from proofs_check.claim import claim
from proofs_check.spaces import Interval, LogInterval, Vector
from proofs_check.topics.nonstationary_bandits.instances import MIN, Sides, units
from tabular.bandits import GaussianGap, GaussianInformationRatio, future_precision

LIU = "Liu, Van Roy and Xu (2023), Nonstationary bandit learning via predictive sampling"

# --- the sign of a gap -------------------------------------------------------------------------------------------------------


@claim(
    "nonstationary_bandits.gaussian_switching",
    "==",
    paper=MIN,
    theorem="two-armed Gaussian example; Sheppard's formula for orthants",
    assumptions="the gap of two arms is a centred stationary Gaussian process with autocorrelation r at lag one",
    instances=st.builds(dict, r=st.floats(-0.999, 0.999)),
    search={"r": Interval(Fraction(-999, 1000), Fraction(999, 1000))},
    allowance=units,
    arithmetics=("float",),
    argument="The density of two standard normal variables at the origin, 1 / (2 pi sqrt(1 - r^2)), is the derivative in r of "
    "the chance that both are positive (Plackett); by the step that of arccos(r) / pi is minus twice it, and both vanish at r "
    "= 1.",
)
def gaussian_switching(r: float) -> Sides:
    r"""$P(A^*_{t+1} \ne A^*_t) = \arccos(r) / \pi$; the right side here is $2 \int_0^\infty \varphi(x) \Phi(-r x / \sqrt{1 -
    r^2}) dx$."""
    return _our_switching(r), _integral(r)


@floats_only
def _our_switching(r: float) -> float:
    return GaussianGap(lambda lag: r ** int(lag)).switch_probability


def _integral(r: float) -> float:
    root = math.sqrt((1 - r) * (1 + r))
    value, _ = quad(
        lambda x: 2 * math.exp(-x * x / 2) / math.sqrt(2 * math.pi) * ndtr(-r * x / root), 0, 12, epsabs=1e-13, limit=200
    )
    return float(value)


@gaussian_switching.false_sibling("(1 - r) / 2, as for two values that swap")
def _(r: float) -> Sides:
    return (1 - r) / 2, _integral(r)


@gaussian_switching.false_sibling("sqrt(2 (1 - r)) / pi, which is right near r = 1 only")
def _(r: float) -> Sides:
    return math.sqrt(2 * (1 - r)) / math.pi, _integral(r)


@gaussian_switching.step("the derivative of arccos(r) / pi is -2 / (2 pi sqrt(1 - r^2))", method="cancel")
def _() -> tuple[Any, Any]:
    r = sp.symbols("r", real=True)
    return sp.diff(sp.acos(r) / sp.pi, r), -2 / (2 * sp.pi * sp.sqrt(1 - r**2))


# --- the information ratio ---------------------------------------------------------------------------------------------------


@claim(
    "nonstationary_bandits.gaussian_ratio",
    "<=",
    paper=MIN,
    theorem="information ratio with the proxy of the reward given the past; k - 1 in place of k derived here",
    assumptions="two independent Gaussian arms under the posterior, Gaussian noise",
    instances=st.builds(
        lambda m, v, w, noise: {"means": np.array([m, 0.0]), "variances": np.array([v, w]), "noise": noise},
        st.sampled_from([-3.0, -0.5, 0.0, 0.1, 1.0, 2.0]),
        st.sampled_from([0.01, 0.5, 1.0, 4.0]),
        st.sampled_from([0.01, 1.0, 2.0]),
        st.sampled_from([1e-6, 0.01, 1.0, 100.0]),
    ),
    search={
        "means": Vector(2, -2, 2),
        "variances": Vector(2, Fraction(1, 100), 2),
        "noise": LogInterval(Fraction(1, 1000), 1000),
    },
    allowance=units,
    arithmetics=("float",),
    uses=("nonstationary_bandits.information_ratio",),
    argument="The reward of an arm under the posterior is Gaussian with the variance sigma^2 of the arm and of the noise "
    "together. By Donsker and Varadhan its divergence given the best arm is at least lambda d - lambda^2 sigma^2 / 2 for "
    "every lambda, hence at least d^2 / (2 sigma^2) (the step); the rest is information_ratio.",
)
def gaussian_ratio(means: Any, variances: Any, noise: float) -> Sides:
    r"""$\text{regret}^2 \le 2 \sigma^2 I(A^*; (A, R))$ for two Gaussian arms, with $\sigma^2 = \max_a v_a + s^2$."""
    lost, gained, variance = _gaussian_step(means, variances, noise)
    return lost * lost, 2 * variance * gained


@floats_only
def _gaussian_step(means: Any, variances: Any, noise: float) -> tuple[float, float, float]:
    step = GaussianInformationRatio(means, variances, noise)
    return step.regret, step.information, float(max(variances)) + noise


@gaussian_ratio.false_sibling("with the variance of the noise alone")
def _(means: Any, variances: Any, noise: float) -> Sides:
    lost, gained, _ = _gaussian_step(means, variances, noise)
    return lost * lost, 2 * noise * gained


@gaussian_ratio.false_sibling("with the variance of the arms alone")
def _(means: Any, variances: Any, noise: float) -> Sides:
    lost, gained, variance = _gaussian_step(means, variances, noise)
    return lost * lost, 2 * (variance - noise) * gained


@gaussian_ratio.step("d^2 / (2 s) - (x d - x^2 s / 2) = (d - s x)^2 / (2 s)", method="cancel")
def _() -> tuple[Any, Any]:
    d, s, x = sp.symbols("d s x", positive=True)
    return d**2 / (2 * s) - (x * d - x**2 * s / 2), (d - s * x) ** 2 / (2 * s)


# --- predictive sampling -----------------------------------------------------------------------------------------------------


def of_precisions(noise: float, **_: Any) -> float:
    """Precisions are of the size of 1 / s, or of one; the root loses a few units of 1.1e-16 of it."""
    return 1e-12 * (1.0 + 10.0 / noise)


@claim(
    "nonstationary_bandits.future_precision",
    "==",
    paper=LIU,
    theorem="predictive sampling for autoregressive arms; closed form derived here",
    assumptions="x' = phi x + N(0, q), rewards x + N(0, s), the present one included",
    instances=st.builds(
        dict,
        phi=st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.99, 1.0]),
        q=st.sampled_from([0.01, 0.19, 1.0, 10.0]),
        noise=st.sampled_from([0.1, 1.0, 5.0]),
    ),
    search={"phi": Interval(0, 1), "q": Interval(Fraction(1, 100), 5), "noise": Interval(Fraction(1, 10), 5)},
    allowance=of_precisions,
    argument="A reward adds 1 / s to the precision, and a step back in time takes J to phi^2 J / (1 + q J), as 1 / J becomes "
    "(1 / J + q) / phi^2. The precision of all rewards is the fixed point, whose denominator cleared is the quadratic (the "
    "step), which has one positive root, its constant term being negative.",
)
def precision(phi: Any, q: Any, noise: Any) -> Sides:
    r"""$J_0 = \frac1{s} + \frac{\phi^2 J_0}{1 + q J_0}$ for the positive root of $q J^2 + (1 - q / s - \phi^2) J - 1 / s = 0$."""
    J = _root(phi, q, noise)
    return J, 1 / noise + phi * phi * J / (1 + q * J)


def _root(phi: Any, q: Any, noise: Any) -> Any:
    if not is_exact():
        return _our_precision(phi, q, noise)
    b = 1 - q / noise - phi * phi
    return (-b + sqrt(b * b + 4 * q / noise)) / (2 * q)


@floats_only
def _our_precision(phi: float, q: float, noise: float) -> float:
    return future_precision(phi, q, noise, include_current=True)


@precision.false_sibling("without the present reward")
def _(phi: Any, q: Any, noise: Any) -> Sides:
    J = _root(phi, q, noise)
    return J, phi * phi * J / (1 + q * J)


@precision.false_sibling("a step back multiplies the precision by phi^2 alone")
def _(phi: Any, q: Any, noise: Any) -> Sides:
    J = _root(phi, q, noise)
    return J, 1 / noise + phi * phi * J


@precision.step("(J - 1 / s) (1 + q J) - phi^2 J is the quadratic", method="expand")
def _() -> tuple[Any, Any]:
    J, q, s, phi = sp.symbols("J q s phi", positive=True)
    return (J - 1 / s) * (1 + q * J) - phi**2 * J, q * J**2 + (1 - q / s - phi**2) * J - 1 / s


@precision.known("phi = 3/5, q = 16/25, noise of one")
def _() -> dict[str, Any]:
    return {"phi": Fraction(3, 5), "q": Fraction(16, 25), "noise": 1}
