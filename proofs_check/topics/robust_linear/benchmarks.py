r"""Claims about the two published benchmarks: the hard instances of the lower bound, and the simulated linear MDP."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import floats_only, is_exact, rational
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Integers, Interval, Simplex, Space, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.divergences.formulas import mean
from proofs_check.topics.robust_linear.formulas import DIVERGENCES, EXACT_SETS, SETS, worst
from proofs_check.topics.robust_linear.instances import LIU, SIZES, TANG, Array, Sides, unit_vectors, units
from tabular.linear_mdp import LinearProblem, d_rectangular

# --- the hard instances --------------------------------------------------------------------------------------------------------


def bits(code: Any, steps: int, d: int) -> list[list[int]]:
    """(H, d) bits of an integer."""
    n = int(code)
    return [[(n >> (h * d + i)) & 1 for i in range(d)] for h in range(steps)]


@st.composite
def hard_instances(draw: st.DrawFn) -> dict[str, Any]:
    """Signs and a policy as bits, the scale and the radius of the first step."""
    return {
        "d": draw(st.integers(1, 3)),
        "horizon": draw(st.integers(1, 3)),
        "signs": draw(st.integers(0, 511)),
        "chosen": draw(st.integers(0, 511)),
        "scale": draw(st.sampled_from([0.25, 1.0])),
        "size": draw(st.sampled_from([0.0, 0.3, 0.75])),
    }


HARD: dict[str, Space] = {
    "d": Integers(1, 3),
    "horizon": Integers(1, 3),
    "signs": Integers(0, 511),
    "chosen": Integers(0, 511),
    "scale": Interval(0, 1),
    "size": Interval(0, Fraction(3, 4)),
}


def _payoffs(d: int, xi: list[int], a: list[int], scale: Any) -> Any:
    """<phi(x_1, a), theta>, from the features: xi are bits for (xi + 1) / 2."""
    paid = scale * 0
    for bit, taken in zip(xi, a, strict=True):
        paid = paid + scale * taken * bit / d
    return paid + scale * (d - sum(a)) / (2 * d)


def _worth(d: Any, horizon: Any, signs: Any, chosen: Any, scale: Any, size: Any) -> Any:
    """Robust value of a policy from x_1: in doubles by our solver, exactly by backward induction with the step of the
    adversary."""
    n, steps = int(d), int(horizon)
    xi, taken = bits(signs, steps, n), bits(chosen, steps, n)
    if not is_exact():
        return _solved(n, steps, xi, taken, scale, size)
    value = scale * 0
    for h in reversed(range(steps)):
        value = _payoffs(n, xi[h], taken[h], scale) + (value * (1 - size) if h == 0 else value)
    return value


@floats_only
def _solved(d: int, steps: int, xi: list[list[int]], taken: list[list[int]], scale: float, size: float) -> float:
    model = tabular.domains.liu_xu_instance(2 * np.array(xi) - 1, scale)
    radii = np.zeros((steps, 1))
    radii[0] = size
    policy = np.zeros((steps, 2, 2**d))
    policy[:, 1, 0] = 1.0
    policy[np.arange(steps), 0, [int("".join(map(str, row)), 2) for row in taken]] = 1.0
    return float(tabular.policy_value(d_rectangular(model, tabular.TotalVariation(), radius=radii), policy)[0, 0])


def _weights(horizon: Any, size: Any) -> list[Any]:
    """What a step's loss counts: 1 for the first, 1 - rho for the others."""
    return [1 + 0 * size] + [1 - size] * (int(horizon) - 1)


@claim(
    "robust_linear.hard_value",
    "==",
    paper=LIU,
    theorem="proof of Theorem 6.1",
    instances=hard_instances(),
    search=HARD,
    allowance=units,
    argument="x_1 and x_2 stay where they are, and x_2 pays nothing; within radius rho the adversary of the first step moves "
    "the mass rho from x_1 to x_2, which keeps the share 1 - rho of what follows. By the step the best action of a step takes "
    "the bits of xi.",
)
def hard_value(d: Any, horizon: Any, signs: Any, chosen: Any, scale: Any, size: Any) -> Sides:
    r"""$V_1^{*, \rho}(x_1) = \frac{\delta}{2d} \sum_h c_h \bigl[ d + \#\{i : \xi_{hi} = 1\} \bigr]$ with $c_1 = 1$,
    $c_h = 1 - \rho$ after."""
    n, steps = int(d), int(horizon)
    xi = bits(signs, steps, n)
    best = max(_worth(d, horizon, signs, code, scale, size) for code in _policies(xi, n, steps))
    return best, sum(
        (c * scale * (n + sum(row)) / (2 * n) for c, row in zip(_weights(horizon, size), xi, strict=True)), 0 * scale
    )


def _policies(xi: list[list[int]], d: int, steps: int) -> list[int]:
    """The policy of the proof, and all that differ from it in one step."""
    own = [sum(bit << i for i, bit in enumerate(row)) for row in xi]
    codes = set()
    for h, other in product(range(steps), range(2**d)):
        rows = [*own[:h], other, *own[h + 1 :]]
        codes.add(sum(row << (k * d) for k, row in enumerate(rows)))
    return sorted(codes)


@hard_value.false_sibling("all steps in doubt at once: only the first counts in full")
def _(d: Any, horizon: Any, signs: Any, chosen: Any, scale: Any, size: Any) -> Sides:
    n, steps = int(d), int(horizon)
    left, _ = hard_value.sides(d, horizon, signs, chosen, scale, size)
    power, total = 1 + 0 * size, 0 * scale
    for row in bits(signs, steps, n):
        total, power = total + power * scale * (n + sum(row)) / (2 * n), power * (1 - size)
    return left, total


@hard_value.step("a bit b: (delta / d) (a b + (1 - a) / 2) = (delta / 2 d) (1 + (2 b - 1) a)", method="expand")
def _() -> tuple[Any, Any]:
    a, b, delta, d = sp.symbols("a b delta d", positive=True)
    paid = delta / d * (a * b + (1 - a) / 2)
    return delta / (2 * d) * (1 + (2 * b - 1) * a), paid


@hard_value.known("two bits, two steps, radius 1/2: an equality of fractions")
def _() -> dict[str, Any]:
    return {"d": 2, "horizon": 2, "signs": 13, "chosen": 0, "scale": 1, "size": Fraction(1, 2)}


@claim(
    "robust_linear.hamming",
    "==",
    paper=LIU,
    theorem="proof of Theorem 6.1",
    instances=hard_instances(),
    search=HARD,
    allowance=units,
    uses=("robust_linear.hard_value",),
    argument="A step's payoff is delta / (2 d) (d + <xi, a>), so that a wrong bit loses delta / (2 d), whichever it is; steps "
    "after the first count 1 - rho, as in hard_value.",
)
def hamming(d: Any, horizon: Any, signs: Any, chosen: Any, scale: Any, size: Any) -> Sides:
    r"""$V_1^{*, \rho}(x_1) - V_1^{\pi, \rho}(x_1) = \frac{\delta}{2d} \sum_h c_h\, \#\{i : a_{hi} \ne (1 + \xi_{hi}) / 2\}$."""
    return _hamming(d, horizon, signs, chosen, scale, size, _weights(horizon, size))


def _hamming(d: Any, horizon: Any, signs: Any, chosen: Any, scale: Any, size: Any, weights: list[Any]) -> Sides:
    n, steps = int(d), int(horizon)
    xi, taken = bits(signs, steps, n), bits(chosen, steps, n)
    loss = _worth(d, horizon, signs, signs, scale, size) - _worth(d, horizon, signs, chosen, scale, size)
    wrong = [sum(x != a for x, a in zip(row, other, strict=True)) for row, other in zip(xi, taken, strict=True)]
    return loss, sum((c * scale * count / (2 * n) for c, count in zip(weights, wrong, strict=True)), 0 * scale)


@hamming.false_sibling("the first step counts 1 - rho too")
def _(d: Any, horizon: Any, signs: Any, chosen: Any, scale: Any, size: Any) -> Sides:
    return _hamming(d, horizon, signs, chosen, scale, size, [1 - size] * int(horizon))


@hamming.false_sibling("a bit that is taken in vain costs twice as much")
def _(d: Any, horizon: Any, signs: Any, chosen: Any, scale: Any, size: Any) -> Sides:
    n, steps = int(d), int(horizon)
    left, right = hamming.sides(d, horizon, signs, chosen, scale, size)
    vain = [
        sum(a > x for x, a in zip(row, other, strict=True))
        for row, other in zip(bits(signs, steps, n), bits(chosen, steps, n), strict=True)
    ]
    return left, right + sum((c * scale * v / (2 * n) for c, v in zip(_weights(horizon, size), vain, strict=True)), 0 * scale)


@hamming.step("(1 + xi) / 2 in place of a: the payoff changes by (delta / 2 d) xi ((1 + xi) / 2 - a)", method="expand")
def _() -> tuple[Any, Any]:
    a, xi, delta, d = sp.symbols("a xi delta d", positive=True)
    paid = delta / d * (a * (xi + 1) / 2 + (1 - a) / 2)
    return paid.subs(a, (1 + xi) / 2) - paid, delta / (2 * d) * xi * ((1 + xi) / 2 - a)


@hamming.known("two bits, two steps, one wrong bit in each: an equality of fractions")
def _() -> dict[str, Any]:
    return {"d": 2, "horizon": 2, "signs": 13, "chosen": 8, "scale": 1, "size": Fraction(1, 2)}


# --- the simulated linear MDP --------------------------------------------------------------------------------------------------

SIMULATED: dict[str, Space] = {
    "middle": Interval(Fraction(1, 5), Fraction(4, 5)),
    "strength": Interval(0, Fraction(1, 5)),
    "leak": Interval(0, Fraction(1, 4)),
}


@st.composite
def simulated(draw: st.DrawFn, /, **others: Any) -> dict[str, Any]:
    """Parameters of the simulated linear MDP."""
    instance = {
        "middle": draw(st.sampled_from([0.25, 0.3, 0.5, 0.75])),
        "strength": draw(st.sampled_from([0.0, 0.1, 0.2])),
        "leak": draw(st.sampled_from([0.0, 0.001, 0.2])),
    }
    return instance | {name: draw(strategy) for name, strategy in others.items()}


def arms(middle: Any, strength: Any) -> list[Any]:
    """The five weights u of factor 4."""
    return [middle + strength * k / 2 for k in (-2, -1, 0, 1, 2)]


def laws(leak: Any, step: int) -> list[Array]:
    """The factors: onward (with a leak), failed, paid."""
    zero, one = 0 * leak, 0 * leak + 1
    onward = [zero] * 5
    onward[min(step + 1, 2)], onward[3] = one - leak, leak
    return [np.array(onward), np.array([zero] * 3 + [one, zero]), np.array([zero] * 4 + [one])]


def solved(middle: Any, strength: Any, leak: Any, name: str, size: Any, bold: bool = False) -> Any:
    """V_1(x_1) of the robust problem, or (``bold``) of the policy that always takes the largest u. ``size`` is a number, or a
    function of step and factor (0 to 3) that may return None."""
    if not is_exact():
        return _simulated(middle, strength, leak, name, size, bold)
    of = size if callable(size) else lambda step, factor: size
    value = np.array([0 * leak] * 5)
    for step in (2, 1, 0):
        onward, failed, paid = laws(leak, step)
        after = []
        for factor, law in ((step, onward), (2, failed), (3, paid)):
            s = of(step, factor)
            after.append(mean(law, value) if s is None else worst(name, value, law, s))
        reward = 0 * leak + (1 if step else 0)
        us = arms(middle, strength)
        arm = max((1 - u) * after[0] + u * (reward + after[2]) for u in (us[-1:] if bold else us))
        new = value.copy()
        new[step], new[3], new[4] = arm, after[1], reward + after[2]
        value = new
    return value[0]


@floats_only
def _simulated(middle: float, strength: float, leak: float, name: str, size: Any, bold: bool) -> float:
    model = tabular.domains.simulated_linear_mdp(strength, offset=middle, leak=leak)
    head, priced = name.split(" ")[0], name.endswith("price")
    nothing = np.inf if priced else 0.0
    sizes = size
    if callable(size):
        sizes = [[nothing if (s := size(h, i)) is None else s for i in range(4)] for h in range(3)]
    problem = d_rectangular(model, DIVERGENCES[head], **{"penalty" if priced else "radius": sizes})
    if bold:
        return float(tabular.policy_value(problem, np.full((3, 5), 15))[0, 0])
    return float(tabular.solve(problem).values[0, 0])


@claim(
    "robust_linear.homogeneous_is_blind",
    "==",
    paper=TANG,
    theorem="the simulated experiment; a finding",
    assumptions="one size for all factors; for total variation a radius below 1",
    instances=simulated(name=st.sampled_from(SETS), size=SIZES),
    search={**SIMULATED, "name": Choice(EXACT_SETS), "size": Interval(Fraction(1, 100), Fraction(99, 100))},
    allowance=units,
    uses=("robust_linear.dominance",),
    argument="Factor 4 is a point mass on the best state at every step, factor 1 or 2 a law on a state that is no better and "
    "on the failed one: by dominance with one size F(mu_4, V) >= F(mu_1, V). The reward grows with u as well, so that r + (1 "
    "- u) F(mu_1, V) + u F(mu_4, V) does, and the largest u is best at every step, as it is without an adversary.",
)
def homogeneous_is_blind(middle: Any, strength: Any, leak: Any, name: str, size: Any) -> Sides:
    r"""With one common $\rho$ or $\lambda$ the nominally optimal policy (the largest u everywhere) is the robust one, for total
    variation, KL and chi-square: what separates learners there is the sample, not the problem."""
    return solved(middle, strength, leak, name, size, bold=True), solved(middle, strength, leak, name, size)


def _first_of_four(size: Any) -> Any:
    """Doubt about factor 4 at the first step alone."""
    return lambda step, factor: size if (step, factor) == (0, 3) else None


@homogeneous_is_blind.false_sibling("doubt about factor 4 at the first step only")
def _(middle: Any, strength: Any, leak: Any, name: str, size: Any) -> Sides:
    name = "TV at a price" if name.endswith("price") else "TV within"
    doubt = _first_of_four(size)
    return solved(middle, strength, leak, name, doubt, bold=True), solved(middle, strength, leak, name, doubt)


@homogeneous_is_blind.false_sibling("twice as much doubt about factor 4 as about the others")
def _(middle: Any, strength: Any, leak: Any, name: str, size: Any) -> Sides:
    def doubt(step: int, factor: int) -> Any:
        return size if factor == 3 else size * rational(1, 2)

    return solved(middle, strength, leak, "TV within", doubt, bold=True), solved(middle, strength, leak, "TV within", doubt)


def ordinary(**more: Any) -> dict[str, Any]:
    """The parameters of the released programs."""
    return {"middle": Fraction(3, 10), "strength": Fraction(1, 5), "leak": Fraction(1, 1000), **more}


@homogeneous_is_blind.known("published parameters, total variation 1/10: an equality of fractions")
def _() -> dict[str, Any]:
    return ordinary(name="TV within", size=Fraction(1, 10))


@homogeneous_is_blind.known("published parameters, chi-square at price 1/10: an equality of fractions")
def _() -> dict[str, Any]:
    return ordinary(name="chi-square at a price", size=Fraction(1, 10))


@homogeneous_is_blind.step("the derivative of (1 - u) x + u (r + y) in u is r + y - x", method="expand")
def _() -> tuple[Any, Any]:
    u, r, x, y = sp.symbols("u r x y")
    return sp.diff((1 - u) * x + u * (r + y), u), r + y - x


def _published(strength: Any, middle: Any, leak: Any) -> tuple[Any, Any, Any]:
    """u, V_2(x_2), V_1(x_1) of the nominal problem."""
    u = middle + strength
    second = 2 * u + (1 - u) * (1 - leak) * u
    return u, second, 2 * u + (1 - u) * (1 - leak) * second


@claim(
    "robust_linear.one_factor_in_doubt",
    "==",
    paper=LIU,
    theorem="the simulated experiment",
    instances=simulated(size=st.sampled_from([0.0, 0.3, 0.375, 0.4, 1.0])),
    search={**SIMULATED, "size": Interval(0, 1)},
    allowance=units,
    argument="After the first step nothing is in doubt and the largest u is best. The point mass on x_5, worth 2, has worst "
    "case 2 (1 - rho) within rho and min(2, l) at price l, as the failed state is worth 0. At the first step the two sides of "
    "u are worth (1 - eps) V_2 and min(2, l), and the best u is the largest or the smallest.",
)
def one_factor_in_doubt(middle: Any, strength: Any, leak: Any, size: Any) -> Sides:
    r"""With doubt about $\mu_{1, 4}$ alone, a radius $\rho$ of total variation and a price $\ell = 2 (1 - \rho)$ are the same,
    and
    the policy flips to the smallest u where $\ell < (1 - \varepsilon) V_2(x_2)$: $V_1 = (1 - u) (1 - \varepsilon) V_2 + u\, \ell$
    with u the smallest or the largest."""
    price = 2 * (1 - size)
    within = solved(middle, strength, leak, "TV within", _first_of_four(size))
    priced = solved(middle, strength, leak, "TV at a price", _first_of_four(price))
    value = _flipped(middle, strength, leak, price, (1 - leak))
    return np.array([within, priced]), np.array([value, value])


def _flipped(middle: Any, strength: Any, leak: Any, price: Any, share: Any) -> Any:
    _, second, _ = _published(strength, middle, leak)
    u = middle + strength if price >= share * second else middle - strength
    return (1 - u) * (1 - leak) * second + u * price


@one_factor_in_doubt.false_sibling("the policy flips where the price is below V_2 / 2")
def _(middle: Any, strength: Any, leak: Any, size: Any) -> Sides:
    left, _ = one_factor_in_doubt.sides(middle, strength, leak, size)
    return left[0], _flipped(middle, strength, leak, 2 * (1 - size), rational(1, 2))


@one_factor_in_doubt.false_sibling("a radius is the price 2 - rho")
def _(middle: Any, strength: Any, leak: Any, size: Any) -> Sides:
    left, _ = one_factor_in_doubt.sides(middle, strength, leak, size)
    return left[0], solved(middle, strength, leak, "TV at a price", _first_of_four(2 - size))


@one_factor_in_doubt.step("2 - rho (2 - 0) = 2 (1 - rho)", method="expand")
def _() -> tuple[Any, Any]:
    rho = sp.Symbol("rho")
    return 2 - rho * (2 - 0), 2 * (1 - rho)


@one_factor_in_doubt.known("published parameters, radius 3/10, before the flip: an equality of fractions")
def _() -> dict[str, Any]:
    return ordinary(size=Fraction(3, 10))


@one_factor_in_doubt.known("published parameters, radius 2/5, after it: an equality of fractions")
def _() -> dict[str, Any]:
    return ordinary(size=Fraction(2, 5))


@claim(
    "robust_linear.pivot",
    "==",
    paper=TANG,
    theorem="the simulated experiment",
    instances=simulated(chance=st.sampled_from([0.0, 0.3, 1.0]), arm=st.integers(0, 4)),
    search={**SIMULATED, "chance": Interval(0, 1), "arm": Integers(0, 4)},
    allowance=units,
    argument="In the test environment the first step goes to x_5, worth 2, with probability u (1 - q), and to x_2 with 1 - u: "
    "the perturbed factor 1 does not leak. At q* by the step the value no longer depends on u.",
)
def pivot(middle: Any, strength: Any, leak: Any, chance: Any, arm: Any) -> Sides:
    r"""A policy that takes u at the first step and the best action later is worth $2 u (1 - q) + (1 - u) V_2(x_2)$ under the
    perturbation q: lines that all pass through $V_2(x_2)$ at $q^* = 1 - V_2(x_2) / 2$."""
    u = arms(middle, strength)[int(arm)]
    _, second, _ = _published(strength, middle, leak)
    crossing = 1 - second / 2
    return np.array([_tested(middle, strength, leak, arm, chance), _tested(middle, strength, leak, arm, crossing)]), np.array(
        [2 * u * (1 - chance) + (1 - u) * second, second]
    )


def _tested(middle: Any, strength: Any, leak: Any, arm: Any, chance: Any) -> Any:
    """The value of a first arm in the test environment: in doubles from the model itself, exactly by backward induction."""
    if not is_exact():
        return _in_environment(middle, strength, leak, int(arm), chance)
    us = arms(middle, strength)
    value = np.array([0 * leak] * 5)
    for step in (2, 1, 0):
        onward, failed, paid = laws(leak, step)
        u = us[-1]
        if step == 0:
            u, onward, paid = us[int(arm)], laws(0 * leak, 0)[0], (1 - chance) * paid + chance * failed
        reward = 0 * leak + (1 if step else 0)
        new = value.copy()
        new[step] = (1 - u) * mean(onward, value) + u * (reward + mean(paid, value))
        new[4] = reward + value[4]
        value = new
    return value[0]


@floats_only
def _in_environment(middle: float, strength: float, leak: float, arm: int, chance: float) -> float:
    test = tabular.domains.simulated_linear_mdp(strength, offset=middle, leak=leak, perturbation=min(max(chance, 0.0), 1.0))
    policy = np.full((3, 5), 15)
    policy[0] = (0, 1, 3, 7, 15)[arm]  # actions with that many ones
    return float(tabular.policy_value(LinearProblem(test), policy)[0, 0])


@pivot.false_sibling("with the leak")
def _(middle: Any, strength: Any, leak: Any, chance: Any, arm: Any) -> Sides:
    u = arms(middle, strength)[int(arm)]
    _, second, _ = _published(strength, middle, leak)
    return _tested(middle, strength, leak, arm, chance), 2 * u * (1 - chance) + (1 - u) * (1 - leak) * second


@pivot.step("2 u (1 - q) + (1 - u) V at q = 1 - V / 2 is V", method="expand")
def _() -> tuple[Any, Any]:
    u, v = sp.symbols("u V")
    return 2 * u * (1 - (1 - v / 2)) + (1 - u) * v, v


@pivot.known("published parameters: an equality of fractions")
def _() -> dict[str, Any]:
    return ordinary(chance=Fraction(3, 10), arm=4)


# --- dominance -----------------------------------------------------------------------------------------------------------------


@st.composite
def ordered(draw: st.DrawFn) -> dict[str, Any]:
    """A law, gaps between rising values, and where mass goes that moves down."""
    n = draw(st.integers(1, 4))
    return {
        "p": draw(distributions(n)),
        "gaps": draw(unit_vectors(n)),
        "down": draw(unit_vectors(n)),
        "name": draw(st.sampled_from(SETS)),
        "size": draw(SIZES),
    }


def _lowered(p: Array, gaps: Array, down: Array) -> tuple[Array, Array]:
    """Rising values, and the law in which a share of each mass has moved one value down."""
    values = np.cumsum(gaps)
    law = p.copy()
    for s in range(1, len(p)):
        step = p[s] * down[s]
        law[s], law[s - 1] = law[s] - step, law[s - 1] + step
    return values, law


@claim(
    "robust_linear.dominance",
    ">=",
    paper="Föllmer and Schied (2002), law-invariant convex risk measures (recalled)",
    assumptions="one size; mass may go where the divergence allows it, the same lowest state for both laws",
    instances=ordered(),
    search={
        "p": Simplex(3),
        "gaps": Vector(3, 0, 1),
        "down": Vector(3, 0, 1),
        "name": Choice(EXACT_SETS),
        "size": Interval(Fraction(1, 100), 1),
    },
    allowance=units,
    argument="Couple: X under the law p, and Y <= X, the value one down with the share that moved. On the space of pairs the "
    "worst case of X is at least that of Y, because F is monotone in values. It is the same there as on the values alone: "
    "replacing a density by its conditional mean given the value changes no mean and, by Jensen's inequality, raises no "
    "divergence.",
)
def dominance(p: Array, gaps: Array, down: Array, name: str, size: Any) -> Sides:
    r"""If p stochastically dominates p', then $F(p, V) \ge F(p', V)$, F the worst case within a radius or at a price."""
    values, lower = _lowered(p, gaps, down)
    return worst(name, values, p, size), worst(name, values, lower, size)


@dominance.false_sibling("whatever the sizes: half as much doubt about the dominated law")
def _(p: Array, gaps: Array, down: Array, name: str, size: Any) -> Sides:
    values, lower = _lowered(p, gaps, down)
    less = size * 2 if name.endswith("price") else size / 2
    return worst(name, values, p, size), worst(name, values, lower, less)


@dominance.false_sibling("a larger mean is enough")
def _(p: Array, gaps: Array, down: Array, name: str, size: Any) -> Sides:
    values, lower = _lowered(p, gaps, down)
    least = mean(lower, values)  # a point mass between the values has this mean, and keeps it under KL and chi-square
    return worst(name, values, p, size), least


@dominance.step("Jensen for two densities and chi-square: (a^2 + b^2) / 2 - ((a + b) / 2)^2 = ((a - b) / 2)^2", method="expand")
def _() -> tuple[Any, Any]:
    a, b = sp.symbols("a b", real=True)
    return (a**2 + b**2) / 2 - ((a + b) / 2) ** 2, ((a - b) / 2) ** 2


@dominance.known("a fair coin against tails, total variation 1/4")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"p": [half, half], "gaps": [0, 1], "down": [0, 1], "name": "TV within", "size": Fraction(1, 4)}
