r"""Claims about DynLinUCB: how long it has to wait, its confidence width, its regret.

Epoch m holds one action for :math:`1 + H_m` rounds and uses the last reward only, whose bias is at most :math:`\Omega \Phi
r^{H_m} (X + \frac{B U}{1 - r})`. The paper and its program round :math:`H_m = \log m / \log(1/r)` down.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import floats_only, is_exact, largest, log, power, rational, smallest, sqrt
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval, LogInterval, Vector
from proofs_check.topics.linear_bandits.formulas import (
    Array,
    Sides,
    bandit,
    bounds,
    cumulative,
    gram,
    inner,
    known_bounds,
    longest,
    solve,
    total,
    waits,
)
from proofs_check.topics.linear_bandits.instances import DERIVED, MUSSI, SYSTEM, fractions, grid, scalar, scaled, systems
from tabular.linear_bandits import DynLinUCB, SystemBounds, dynamical_regret_bound, trace

ROUNDED_DOWN = (
    "The paper and its program round the wait down. Then r^H <= 1 / (r m) is all that holds, and with the stated constants the "
    "ellipsoid can miss h without any noise: one state, A = r = 1/100, B = 99/100, actions +1 and -1 in turn, 100 epochs: the "
    "error is 19.51, the width 12.25. Rounded up the constants are right; rounded down they are with c_1 / r in place of c_1."
)


def rounding(**_: Any) -> float:
    """Sums of at most a few hundred numbers below one, and logarithms: a few hundred units of 1.1e-16."""
    return 1e-12


# --- the schedule ------------------------------------------------------------------------------------------------------------


def _sum(radius: Any, epochs: int, floor: bool) -> Any:
    return total(power(radius, h) for h in waits(radius, int(epochs), floor))


@claim(
    "linear_bandits.waits",
    "<=",
    paper=MUSSI,
    theorem="the sum of biases in the proof of Theorem 3.1",
    assumptions="0 < r < 1; rounded up, or rounded down and scaled by r",
    instances=st.builds(dict, radius=st.sampled_from([0.01, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9]), epochs=st.integers(1, 60)),
    search={"radius": Interval(Fraction(1, 1000), Fraction(9, 10)), "epochs": Integers(1, 30)},
    allowance=rounding,
    correction=ROUNDED_DOWN,
    argument="Rounded up, H >= log m / log(1/r) says r^H <= 1 / m. Rounded down H is more than log m / log(1/r) - 1, hence "
    "r^H < 1 / (r m). The sum of 1 / m is at most 1 + log M, as 1 / (m + 1) <= log(1 + 1 / m): with y = 1 / m the difference "
    "of the sides starts at 0 and has the derivative of the step.",
)
def waiting(radius: Any, epochs: int) -> Sides:
    r"""$\sum_{m \le M} r^{H_m} \le 1 + \log M$ with $H_m = \lceil \log m / \log(1/r) \rceil$, and $r \sum_{m \le M} r^{H_m}
    \le 1 + \log M$ with $H_m = \lfloor \log m / \log(1/r) \rfloor$."""
    most = 1 + log(rational(epochs))
    return np.array([_sum(radius, epochs, False), radius * _sum(radius, epochs, True)]), np.array([most, most])


@waiting.false_sibling("rounded down, as published")
def _(radius: Any, epochs: int) -> Sides:
    most = 1 + log(rational(epochs))
    return np.array([_sum(radius, epochs, True)]), np.array([most])


@waiting.false_sibling("log M, without the first epoch's 1")
def _(radius: Any, epochs: int) -> Sides:
    return np.array([_sum(radius, epochs, False)]), np.array([log(rational(epochs))])


@waiting.step("log(1 + y) - y / (1 + y) has the derivative y / (1 + y)^2", method="cancel")
def _() -> tuple[Any, Any]:
    y = sp.symbols("y", positive=True)
    return sp.diff(sp.log(1 + y) - y / (1 + y), y), y / (1 + y) ** 2


@waiting.known("r = 1/10, 100 epochs: 18.01 rounded down, 5.61 allowed")
def _() -> dict[str, Any]:
    return {"radius": Fraction(1, 10), "epochs": 100}


@waiting.known("one epoch, an equality")
def _() -> dict[str, Any]:
    return {"radius": Fraction(1, 2), "epochs": 1}


# --- the confidence width ----------------------------------------------------------------------------------------------------


def ellipsoid(
    A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, radius: Any, lam: Any, floor: bool = False
) -> tuple[Array, Array]:
    """Errors of the estimates of h after each epoch, without noise, and widths; one action for each epoch."""
    if not is_exact():
        return _our_ellipsoid(A, B, omega, theta, x, actions, radius, lam, floor)
    scale, phi, settled, most, direct = known_bounds(A, B, omega, theta, x, actions, radius)
    c1, c2 = longest(actions) * scale * phi * (settled + most), direct + _norm_of_effects(B, actions, scale * phi, settled)
    h, state, moment = cumulative(A, B, omega, theta), x, actions[0] * 0
    errors, widths, rounds = [], [], 0
    for m, (u, h_m) in enumerate(zip(actions, waits(radius, len(actions), floor), strict=True), 1):
        for _ in range(h_m):
            state = A @ state + B @ u
        moment = moment + u * (inner(omega, state) + inner(theta, u))
        state = A @ state + B @ u
        V = gram(actions[:m], lam)
        off = solve(V, moment) - h
        errors.append(sqrt(inner(off, V @ off)))
        rounds += h_m + 1
        counted = rounds if floor else m  # as published, rounds
        widths.append(c1 / sqrt(lam) * (1 + log(rational(counted + 1))) + c2 * sqrt(lam))
    return np.array(errors), np.array(widths)


def _norm_of_effects(B: Array, actions: Array, scale: Any, settled: Any) -> Any:
    """Omega Phi B / (1 - r)."""
    reach = longest(actions)
    return scale * settled / reach if reach > 0 else rational(0)


@floats_only
def _our_ellipsoid(
    A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, radius: float, lam: float, floor: bool
) -> tuple[Array, Array]:
    told = bounds(A, B, omega, theta, x, actions, radius)
    learner = DynLinUCB(dimension=B.shape[1], bounds=told, regularization=lam, floor=floor, by_round=floor)
    horizon = int((1 + learner.hold(np.arange(1, len(actions) + 1))).sum())
    system = bandit(A, B, omega, theta, x)
    found = trace(system, actions, learner, horizon, seed=0, given=np.arange(len(actions)))
    return found.errors[1:], found.widths[1:]


@st.composite
def epochs(draw: st.DrawFn) -> dict[str, Any]:
    """Systems, one action for each of up to eight epochs, some of them alternating."""
    instance = draw(systems(states=2, rounds=8, assumed=True, lam=st.sampled_from([0.25, 1.0, 4.0])))
    if draw(st.booleans()):
        instance["actions"] = instance["actions"][:1] * (-1.0) ** np.arange(8)[:, None]
    if not instance["actions"].any():
        instance["actions"][0, 0] = 1.0
    return instance


def alternating(rho: str = "1/100", count: int = 100) -> dict[str, Any]:
    """One state, B = 1 - rho, actions +1 and -1 in turn."""
    given = scalar(rho, control=str(1 - Fraction(rho)))
    given["actions"] = np.array([[Fraction((-1) ** m)] for m in range(count)], dtype=object)
    return given | {"radius": Fraction(rho), "lam": Fraction(1)}


def wide(A: Array, **given: Any) -> float:
    """Errors and widths of up to a hundred, in a norm that Grams of condition up to a hundred multiply, of rewards that are
    rounded like those of :func:`scaled`."""
    return 100 * scaled(A)


@claim(
    "linear_bandits.dynlin_ucb",
    "<=",
    paper=MUSSI,
    theorem="Theorem 3.1, the part of bias and regularisation (that of noise is self_normalised)",
    assumptions="|A^k| <= Phi r^k, X = Phi (|x_1| + B U / (1 - r)); no noise; any actions; t completed epochs",
    instances=epochs(),
    search=SYSTEM
    | {
        "actions": Vector((4, 2)),
        "radius": Interval(Fraction(9, 10), Fraction(99, 100)),
        "lam": LogInterval(Fraction(1, 8), 8),
    },
    allowance=wide,
    correction=ROUNDED_DOWN,
    uses=("linear_bandits.waits", "linear_bandits.transient"),
    argument="The reward that epoch m uses is <h, u> plus a bias of at most Omega Phi r^(H_m) (X + B U / (1 - r)), by "
    "transient with the state at its start, which is at most X. Hence V (h_hat - h) = sum bias_m u_m - lambda h. In the norm "
    "of V^(-1), which is at most 1 / sqrt(lambda) times the Euclidean one, the last term is at most sqrt(lambda) |h| and each "
    "other one at most U |bias_m| / sqrt(lambda): by waits they sum to c_1 (1 + log t) / sqrt(lambda). |h| <= c_2 is the sum "
    "of the step.",
)
def dynlin_ucb(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, radius: Any, lam: Any) -> Sides:
    r"""$\|\hat h_t - h\|_{V_t} \le \frac{c_1}{\sqrt\lambda} \log(e (t + 1)) + c_2 \sqrt\lambda$ after t epochs of $1 + \lceil
    \log m / \log(1/r) \rceil$ rounds, $c_1 = U \Omega \Phi (X + \frac{B U}{1 - r})$, $c_2 = \Theta + \frac{\Omega \Phi B}{1 -
    r}$."""
    return ellipsoid(A, B, omega, theta, x, actions, radius, lam)


@dynlin_ucb.false_sibling("waits rounded down, as published")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, radius: Any, lam: Any) -> Sides:
    return ellipsoid(A, B, omega, theta, x, actions, radius, lam, floor=True)


@dynlin_ucb.false_sibling("the width of an ordinary linear bandit, without the bias")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, radius: Any, lam: Any) -> Sides:
    errors, widths = ellipsoid(A, B, omega, theta, x, actions, radius, lam)
    scale, phi, settled, most, _ = known_bounds(A, B, omega, theta, x, actions, radius)
    bias = longest(actions) * scale * phi * (settled + most) / sqrt(lam)
    return errors, widths - bias * np.array([1 + log(rational(m + 1)) for m in range(1, len(widths) + 1)])


@dynlin_ucb.step("Theta + Omega Phi B (1 + r + r^2 + ...)", method="cancel")
def _() -> tuple[Any, Any]:
    direct, scale, r = sp.symbols("Theta c r", positive=True)
    k = sp.Symbol("k", integer=True, nonnegative=True)
    return direct + scale * sp.summation(r**k, (k, 0, sp.oo)).args[0][0], direct + scale / (1 - r)


dynlin_ucb.known("r = 1/100, B = 99/100, 100 alternating epochs")(alternating)


# --- regret ------------------------------------------------------------------------------------------------------------------


def _against_old_habits(radius: Any, horizon: int, floor: bool) -> Any:
    """Regret of the learner on one state, A = r, B = omega = 1, theta = -1/2, actions -1 and 1, lambda = 1, without noise."""
    if not is_exact():
        return _our_regret(radius, horizon, floor)
    h = 1 / (1 - radius) - rational(1, 2)
    state, moment, lost, t = rational(0), rational(0), rational(0), 0
    for h_m in waits(radius, int(horizon), floor):
        u = 1 if moment > 0 else -1  # both have the same bonus, and the first one wins where both are equal
        paid = rational(0)
        for _ in range(min(h_m + 1, int(horizon) - t)):
            paid = state - rational(u, 2)
            state = radius * state + u
            lost = lost + (0 if u == 1 else 2 * h)
            t += 1
        moment = moment + u * paid
        if t == horizon:
            break
    return lost


@floats_only
def _our_regret(radius: float, horizon: int, floor: bool) -> float:
    system, actions = bandit(*(np.array(x, dtype=float) for x in ([[radius]], [[1]], [1], [-0.5]))), np.array([[-1.0], [1.0]])
    learner = DynLinUCB(
        dimension=1, bounds=SystemBounds.of(system, actions, transient_constant=1.0), regularization=1.0, delta=0.5, floor=floor
    )
    arms = trace(system, actions, learner, horizon, seed=0).arms
    return float(system.gaps(actions)[arms].sum())


@claim(
    "linear_bandits.waiting_regret",
    "<=",
    paper=DERIVED,
    theorem="what the schedule of DynLinUCB costs in regret",
    assumptions="one state, A = r with 0 < r <= 1/4 (for r = 0 two rounds more are lost), B = omega = 1, theta = -1/2, "
    "actions -1 and 1, no noise, lambda = 1",
    instances=st.builds(dict, radius=st.sampled_from([0.001, 0.01, 0.1, 0.25]), horizon=st.integers(1, 40)),
    search={"radius": Interval(Fraction(1, 1000), Fraction(1, 4)), "horizon": Integers(1, 20)},
    allowance=rounding,
    correction="Rounded down, as in the paper, waits are 0 up to epoch 1 / r, and regret grows linearly until then: 876.75 "
    "after 1000 rounds for r = 1/1000, where rounding up costs 3.006. For a fixed r rates are the same.",
    argument="Both actions have the same bonus, so the sign of the moment decides, -1 where it is 0. Epoch 1 plays -1 and "
    "sees 1/2: the moment is -1/2. Epoch 2 plays -1 twice and sees -(1 + r) + 1/2, the moment becomes r > 0. Later epochs "
    "wait at least one round, so that playing 1 sees a state of at least 1 - r / (1 - r), and by the step a reward of at "
    "least 1/6 for r <= 1/4: the moment stays positive. Three rounds were lost, at 2 h each.",
)
def waiting_regret(radius: Any, horizon: int) -> Sides:
    r"""Waits rounded up: regret is at most $6 h = 6 (\frac{1}{1 - r} - \frac12)$ over any horizon."""
    return _against_old_habits(radius, horizon, False), 6 / (1 - radius) - 3


@waiting_regret.false_sibling("waits rounded down, as published")
def _(radius: Any, horizon: int) -> Sides:
    return _against_old_habits(radius, horizon, True), 6 / (1 - radius) - 3


@waiting_regret.false_sibling("two rounds less")
def _(radius: Any, horizon: int) -> Sides:
    return _against_old_habits(radius, horizon, False), 2 / (1 - radius) - 1


@waiting_regret.step("1 - r / (1 - r) - 1/2 - 1/6 = (1 - 4 r) / (3 (1 - r))", method="cancel")
def _() -> tuple[Any, Any]:
    r = sp.symbols("r", positive=True)
    return 1 - r / (1 - r) - sp.Rational(2, 3), (1 - 4 * r) / (3 * (1 - r))


@waiting_regret.known("r = 1/1000 over 60 rounds, an equality")
def _() -> dict[str, Any]:
    return {"radius": Fraction(1, 1000), "horizon": 60}


def _epoch_costs(actions: Array, radius: Any, lam: Any, width: Any) -> tuple[Any, Any, Any, Any]:
    """Sum of (1 + H) 2 min(1, width |u|_{V^-1}), sum of (1 + H)^2, and sum of 1 + H, and the volume term."""
    lengths = [1 + h for h in waits(radius, len(actions))]
    cost = rational(0)
    for m, (u, length) in enumerate(zip(actions, lengths, strict=True)):
        size = width * sqrt(inner(u, solve(gram(actions[:m], lam, 1), u))) if m else width * sqrt(inner(u, u) / lam)
        cost = cost + 2 * length * smallest(np.array([rational(1), size]))
    d = actions.shape[1]
    reach = largest(np.array([inner(u, u) for u in actions]))
    volume = d * log(1 + len(actions) * reach / (d * lam))
    return cost, total(length * length for length in lengths), total(lengths), volume


def _learner(actions: Array, radius: float, lam: float, width: float) -> DynLinUCB:
    """With this width at any time: bounds of a system that is at rest, and a norm bound that makes up the width."""
    reach = float(np.linalg.norm(actions, axis=1).max())
    told = SystemBounds(
        spectral_radius=radius,
        transient_constant=1.0,
        omega=0.0,
        theta=width / np.sqrt(lam),
        control=0.0,
        action=reach,
        state=0.0,
        state_noise=0.0,
        reward_noise=0.0,
    )
    return DynLinUCB(dimension=actions.shape[1], bounds=told, regularization=lam)


@floats_only
def _our_bound(actions: Array, radius: float, lam: float, width: float) -> float:
    learner = _learner(actions, radius, lam, width)
    last = int((1 + learner.hold(np.arange(1, len(actions) + 1))).sum())
    return dynamical_regret_bound(learner, last)


@claim(
    "linear_bandits.dynlin_ucb_regret",
    "<=",
    paper=MUSSI,
    theorem="Theorem 3.2, with every constant (derived here)",
    assumptions="the ellipsoid holds, of a width that is at most beta (>= 1 here) over M started epochs; no action is worse "
    "than the best by more than 2",
    instances=st.builds(
        lambda size, lam, **given: given | {"actions": size, "lam": lam},
        size=st.integers(1, 8).flatmap(lambda m: st.integers(1, 2).flatmap(lambda d: grid(m, d))).filter(lambda a: a.any()),
        lam=st.sampled_from([0.25, 1.0, 4.0]),
        radius=st.sampled_from([0.1, 0.5, 0.9]),
        width=st.sampled_from([1.0, 2.0, 10.0]),
    ),
    search={
        "actions": Vector((3, 2), Fraction(1, 10), 1),
        "lam": LogInterval(Fraction(1, 8), 8),
        "radius": Interval(Fraction(1, 10), Fraction(9, 10)),
        "width": Interval(1, 3),
    },
    allowance=rounding,
    uses=("linear_bandits.optimism", "linear_bandits.elliptical_potential", "linear_bandits.volume"),
    argument="By optimism an epoch costs at most 2 min(1, beta |u|) in each of its 1 + H rounds, with |u| in the norm of "
    "V^(-1), and min(1, beta |u|) <= beta min(1, |u|) for beta >= 1. By Cauchy (the step for two epochs) the sum is at most 2 "
    "beta times the roots of sum (1 + H)^2 and of sum min(1, |u|^2), which by elliptical_potential and volume is at most 2 d "
    "log(1 + M U^2 / (d lambda)). Online regret adds the constant of online_offline.",
)
def dynlin_ucb_regret(actions: Array, lam: Any, radius: Any, width: Any) -> Sides:
    r"""$\sum_m (1 + H_m) 2 \min(1, \beta \|u_m\|_{V_{m-1}^{-1}}) \le 2 \beta \sqrt{\sum_m (1 + H_m)^2} \sqrt{2 d \log(1 + \frac{M
    U^2}{d \lambda})}$, the left side being a bound on offline regret."""
    cost, squares, _, volume = _epoch_costs(actions, radius, lam, width)
    if not is_exact():
        return cost, _our_bound(actions, radius, lam, width)
    return cost, 2 * width * sqrt(squares * 2 * volume)


@dynlin_ucb_regret.false_sibling("without the 2 before d")
def _(actions: Array, lam: Any, radius: Any, width: Any) -> Sides:
    cost, squares, _, volume = _epoch_costs(actions, radius, lam, width)
    return cost, 2 * width * sqrt(squares * volume)


@dynlin_ucb_regret.false_sibling("with the number of rounds in place of the sum of squared lengths")
def _(actions: Array, lam: Any, radius: Any, width: Any) -> Sides:
    cost, _, rounds, volume = _epoch_costs(actions, radius, lam, width)
    return cost, 2 * width * sqrt(rounds * 2 * volume)


@dynlin_ucb_regret.step("(a^2 + b^2) (x^2 + y^2) - (a x + b y)^2 = (a y - b x)^2", method="expand")
def _() -> tuple[Any, Any]:
    a, b, x, y = sp.symbols("a b x y", real=True)
    return (a**2 + b**2) * (x**2 + y**2) - (a * x + b * y) ** 2, (a * y - b * x) ** 2


@dynlin_ucb_regret.known("one epoch, one dimension, |u| = 1: 2 against 2.35")
def _() -> dict[str, Any]:
    return {"actions": fractions("1"), "lam": Fraction(1), "radius": Fraction(1, 2), "width": Fraction(1)}


@dynlin_ucb_regret.known("long epochs that come in new directions")
def _() -> dict[str, Any]:
    return {"actions": fractions("0 0", "1 0", "0 1"), "lam": Fraction(1), "radius": Fraction(9, 10), "width": Fraction(1)}
