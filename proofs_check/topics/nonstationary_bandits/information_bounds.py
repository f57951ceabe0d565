r"""Claims about the main inequality, link by link: regret from information, information from entropy."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import floats_only, is_exact, largest, log, rational
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval, Kernel, Simplex, Vector
from proofs_check.topics.nonstationary_bandits.formulas import (
    arms,
    best_arms,
    entropy,
    gaps,
    greedy_play,
    histories,
    information,
    mixed,
    one_hot,
    played,
    sequence_entropy,
    total,
    whole_steps,
)
from proofs_check.topics.nonstationary_bandits.instances import (
    BANDIT,
    DERIVED,
    MIN,
    RUSSO,
    Array,
    Sides,
    bandits,
    coin_flips,
    four_states,
    fractions,
    small_gaps,
    squares,
    swapping,
    units,
)
from tabular.bandits import LatentBandit

EXPLORING: dict[str, Any] = {**BANDIT, "explore": Interval(0, 1)}
SHARES = st.sampled_from([0.0, 0.1, 0.5, 1.0])


def exploring(make: Any, explore: str = "1/10", **given: Any) -> dict[str, Any]:
    """An instance with a share of uniform play."""
    return {**make(**given), "explore": Fraction(explore)}


# --- links (a) and (b): the definition of the ratio, and Cauchy-Schwarz ------------------------------------------------------


@claim(
    "nonstationary_bandits.regret_from_information",
    "<=",
    paper=MIN,
    theorem="main theorem, first link",
    assumptions="any policy whose ratio is finite; here Thompson sampling with a share of uniform play",
    instances=bandits(explore=SHARES),
    search=EXPLORING,
    allowance=squares,
    argument="By definition each regret is the root of Gamma_t I_t, and Gamma_t is at most Gamma. The step, Cauchy's inequality "
    "for two terms, gives it for T of them by induction: (sum sqrt(I_t))^2 <= T sum I_t.",
)
def regret_from_information(P: Array, mu: Array, nu: Array, horizon: int, explore: Any) -> Sides:
    r"""$(\sum_t \text{regret}_t)^2 \le \Gamma\, T \sum_t I(A^*_t; (A_t, O_t) | F_{t - 1})$ with $\Gamma = \max_t
    \text{regret}_t^2 / I_t$."""
    return _from_ratios(P, mu, nu, horizon, explore, int(horizon))


def _from_ratios(P: Array, mu: Array, nu: Array, horizon: int, explore: Any, factor: Any) -> Sides:
    regret, gains, _, _ = played(P, mu, nu, horizon, explore=explore)
    worst = _largest_ratio(P, mu, nu, horizon, explore, regret, gains)
    if worst is None:  # no finite ratio: nothing is claimed
        return rational(0), rational(0)
    whole = total(regret)
    return whole * whole, worst * factor * total(gains)


def _largest_ratio(P: Array, mu: Array, nu: Array, horizon: int, explore: Any, regret: Array, gains: Array) -> Any:
    if not is_exact():
        return _our_ratio(P, mu, nu, int(horizon), float(explore))
    pairs = [(r, i) for r, i in zip(regret, gains, strict=True) if r > 0]
    if not all(i > 0 for _, i in pairs):
        return None
    return largest(np.array([rational(0), *(r * r / i for r, i in pairs)], dtype=object))


@floats_only
def _our_ratio(P: Array, mu: Array, nu: Array, horizon: int, explore: float) -> float | None:
    bandit = LatentBandit(P, mu, nu)

    def policy(beliefs: Array, t: int) -> Array:
        return np.asarray((1.0 - explore) * bandit.thompson(beliefs, t) + explore / bandit.n_actions)

    worst = float(bandit.information_ratio(horizon, policy).max())
    return worst if worst < 1e9 else None  # informations of 1e-13 have few digits left


def _positive(x: Any) -> bool:
    """In doubles by more than rounding."""
    return bool(x > 0) if is_exact() else bool(x > rational(1, 10**12))


@regret_from_information.false_sibling("without the factor T")
def _(P: Array, mu: Array, nu: Array, horizon: int, explore: Any) -> Sides:
    return _from_ratios(P, mu, nu, horizon, explore, 1)


@regret_from_information.step("(x + y)^2 <= 2 (x^2 + y^2), the difference being (x - y)^2", method="expand")
def _() -> tuple[Any, Any]:
    x, y = sp.symbols("x y", real=True)
    return 2 * (x**2 + y**2) - (x + y) ** 2, (x - y) ** 2


regret_from_information.known("two arms that swap")(lambda: exploring(swapping))


# --- link (c): what a step tells about the whole sequence --------------------------------------------------------------------


def of_whole(P: Array, mu: Array, nu: Array, horizon: int, explore: Any) -> Sides:
    """One-step information, and that of the whole sequence, step by step."""
    return played(P, mu, nu, horizon, explore=explore).gains, whole_steps(P, mu, nu, horizon, explore)


@claim(
    "nonstationary_bandits.step_below_whole",
    "<=",
    paper=MIN,
    theorem="main theorem, second link",
    instances=bandits(explore=SHARES),
    search=EXPLORING,
    allowance=units,
    argument="A^*_t is a function of the whole sequence. By the step, what a function tells is what the sequence tells less a "
    "divergence on average: the law of the outcome given A^*_t is the mean of its laws given the sequences.",
)
def step_below_whole(P: Array, mu: Array, nu: Array, horizon: int, explore: Any) -> Sides:
    r"""$I(A^*_t; (A_t, O_t) | F_{t - 1}) \le I(A^*_{1:T}; (A_t, O_t) | F_{t - 1})$ at every step."""
    return of_whole(P, mu, nu, horizon, explore)


@step_below_whole.false_sibling("an equality: only the present best action matters")
def _(P: Array, mu: Array, nu: Array, horizon: int, explore: Any) -> Sides:
    step, whole = of_whole(P, mu, nu, horizon, explore)
    return whole, step


@step_below_whole.step(
    "w1 p1 log(p1 / q) + w2 p2 log(p2 / q) = (w1 + w2) m log(m / q) + w1 p1 log(p1 / m) + w2 p2 log(p2 / m), m the mean",
    method="expand",
)
def _() -> tuple[Any, Any]:
    w1, w2, p1, p2, q, m = sp.symbols("w1 w2 p1 p2 q m", positive=True)
    left = w1 * p1 * (sp.log(p1) - sp.log(q)) + w2 * p2 * (sp.log(p2) - sp.log(q))
    rest = w1 * p1 * (sp.log(p1) - sp.log(m)) + w2 * p2 * (sp.log(p2) - sp.log(m))
    weighted = w1 * p1 + w2 * p2  # (w1 + w2) m
    return left, weighted * (sp.log(m) - sp.log(q)) + rest


step_below_whole.known("four states, of which two share each arm")(lambda: exploring(four_states, "0"))


@claim(
    "nonstationary_bandits.determined_state",
    "==",
    paper=DERIVED,
    theorem="when the second link is an equality",
    assumptions="as many states as arms, each arm best in one of them",
    instances=st.builds(
        dict,
        P=st.integers(0, 1000).map(lambda seed: np.random.default_rng(seed).dirichlet(np.ones(2), 2)),
        nu=st.integers(0, 1000).map(lambda seed: np.random.default_rng(seed).dirichlet(np.ones(2))),
        lower=st.integers(0, 4).map(lambda i: i / 10),
        upper=st.integers(5, 10).map(lambda i: i / 10),
        horizon=st.integers(1, 3),
        explore=SHARES,
    ),
    search={
        "P": Kernel((2,), 2),
        "nu": Simplex(2),
        "lower": Interval(0, Fraction(2, 5)),
        "upper": Interval(Fraction(1, 2), 1),
        "horizon": Integers(1, 3),
        "explore": Interval(0, 1),
    },
    allowance=units,
    uses=("nonstationary_bandits.step_below_whole",),
    argument="If the best action says the state, then given it the outcome does not depend on the rest of the sequence (the "
    "step): in the decomposition of step_below_whole the laws given the sequences are that given A^*_t, and their divergences "
    "from it are 0.",
)
def determined_state(P: Array, nu: Array, lower: Any, upper: Any, horizon: int, explore: Any) -> Sides:
    r"""If $\theta_t$ is a function of $A^*_t$, then $I(A^*_t; (A_t, O_t) | F_{t - 1}) = I(A^*_{1:T}; (A_t, O_t) | F_{t - 1})$."""
    return of_whole(P, np.array([[upper, lower], [lower, upper]]), nu, horizon, explore)


@determined_state.false_sibling("also if two states share an arm")
def _(P: Array, nu: Array, lower: Any, upper: Any, horizon: int, explore: Any) -> Sides:
    zero, half = rational(0), rational(1, 2)
    chain = np.array([[P[0, 0], P[0, 1], zero], [zero, P[1, 0], P[1, 1]], [half, zero, half]])
    mu = np.array([[upper, lower], [lower, upper], [lower, (lower + upper) / 2]])
    return of_whole(chain, mu, np.array([nu[0] / 2, nu[1], nu[0] / 2]), horizon, explore)


@determined_state.step("b f m / (b f) = m: given the state, a future f does not move the chance m of a reward", method="cancel")
def _() -> tuple[Any, Any]:
    b, f, m = sp.symbols("b f m", positive=True)
    with_reward, before = b * f * m, b * f  # one state for the arm: its sequences share the chance
    return with_reward / before, m


@determined_state.known("two arms that swap")
def _() -> dict[str, Any]:
    given = exploring(swapping, "0")
    return {"P": given["P"], "nu": given["nu"], "lower": Fraction(1, 5), "upper": Fraction(4, 5), "horizon": 3, "explore": 0}


# --- link (d): the chain rule ------------------------------------------------------------------------------------------------


@claim(
    "nonstationary_bandits.chain_rule",
    "==",
    paper=MIN,
    theorem="main theorem, third link",
    instances=bandits(explore=SHARES),
    search=EXPLORING,
    allowance=units,
    argument="What a step tells is the fall of the entropy of the sequence from before it to after it, on average: its terms "
    "are x log of the posterior x / w over the prior x + y (the step), and summed over outcomes the latter is the entropy "
    "before. The sum telescopes from H(A^*_{1:T}) to what is left at the end.",
)
def chain_rule(P: Array, mu: Array, nu: Array, horizon: int, explore: Any) -> Sides:
    r"""$\sum_t I(A^*_{1:T}; (A_t, O_t) | F_{t - 1}) = H(A^*_{1:T}) - E\, H(A^*_{1:T} | F_T = h) = I(A^*_{1:T}; F_T)$."""
    steps = total(whole_steps(P, mu, nu, horizon, explore))
    if not is_exact():
        return steps, played(P, mu, nu, horizon, explore=explore).whole
    return steps, _by_posteriors(P, mu, nu, horizon, explore)


def _by_posteriors(P: Array, mu: Array, nu: Array, horizon: int, explore: Any) -> Any:
    """Entropy of the sequence before anything is seen, less what is left after the last outcome."""
    target = one_hot(best_arms(mu), arms(mu))
    *_, last = histories(P, mu, nu, horizon, target, mixed(explore, target))
    left = rational(0)
    for node in last:
        for a, share in enumerate(node.law):
            for chances in (mu[:, a], 1 - mu[:, a]):
                joint = node.table @ chances
                if share > 0 and joint.sum() > 0:
                    left = left + node.weight * share * joint.sum() * entropy(joint / joint.sum())
    return sequence_entropy(P, nu, horizon, target) - left


@chain_rule.false_sibling("the first step is forgotten")
def _(P: Array, mu: Array, nu: Array, horizon: int, explore: Any) -> Sides:
    steps, whole = chain_rule.sides(P, mu, nu, horizon, explore)
    return steps - whole_steps(P, mu, nu, horizon, explore)[0], whole


@chain_rule.false_sibling("the sum of one-step gains is the information about the sequence")
def _(P: Array, mu: Array, nu: Array, horizon: int, explore: Any) -> Sides:
    _, whole = chain_rule.sides(P, mu, nu, horizon, explore)
    return total(played(P, mu, nu, horizon, explore=explore).gains), whole


@chain_rule.step(
    "x log(x / (w (x + y))) = x log(x / w) - x log(x + y): posterior against prior of one sequence", method="logarithms"
)
def _() -> tuple[Any, Any, Any]:
    x, y, w = sp.symbols("x y w", positive=True)  # a sequence with either outcome; all sequences with the first one
    return x * sp.log(x / (w * (x + y))), x * sp.log(x / w) - x * sp.log(x + y), [x + y]


chain_rule.known("four states")(lambda: exploring(four_states, "0"))


# --- link (e), and all together ----------------------------------------------------------------------------------------------


@claim(
    "nonstationary_bandits.information_below_entropy",
    "<=",
    paper=MIN,
    theorem="main theorem, last link",
    instances=bandits(explore=SHARES),
    search=EXPLORING,
    allowance=units,
    uses=("nonstationary_bandits.chain_rule",),
    argument="By chain_rule the information is the entropy less a mean of entropies, which are not negative: by the step -p "
    "log p >= p (1 - p) on [0, 1].",
)
def information_below_entropy(P: Array, mu: Array, nu: Array, horizon: int, explore: Any) -> Sides:
    r"""$I(A^*_{1:T}; F_T) \le H(A^*_{1:T})$."""
    run = played(P, mu, nu, horizon, explore=explore)
    return run.whole, run.entropy


@information_below_entropy.false_sibling("less than nine tenths of it")
def _(P: Array, mu: Array, nu: Array, horizon: int, explore: Any) -> Sides:
    run = played(P, mu, nu, horizon, explore=explore)
    return run.whole, rational(9, 10) * run.entropy


@information_below_entropy.step("log p <= p - 1: the derivative of p - 1 - log p is (p - 1) / p", method="cancel")
def _() -> tuple[Any, Any]:
    p = sp.symbols("p", positive=True)
    return sp.diff(p - 1 - sp.log(p), p), (p - 1) / p


information_below_entropy.known("coin flips, all of which are seen")(lambda: exploring(coin_flips, "0"))


def chain_of_bounds(P: Array, mu: Array, nu: Array, horizon: int, ratio: Any) -> Sides:
    """Squared regret, and the bounds by gains, by information and by entropy."""
    run = played(P, mu, nu, horizon)
    lost = total(run.regret)
    scale = ratio * int(horizon)
    gains, whole, most = scale * total(run.gains), scale * run.whole, scale * run.entropy
    return np.array([lost * lost] * 3), np.array([gains, whole, most])


@claim(
    "nonstationary_bandits.regret_entropy_rate",
    "<=",
    paper=MIN,
    theorem="main theorem, for Thompson sampling, with the constant k - 1 derived here",
    assumptions="Thompson sampling on a finite hidden chain with Bernoulli rewards",
    instances=bandits(),
    search=BANDIT,
    allowance=squares,
    uses=(
        "nonstationary_bandits.regret_from_information",
        "nonstationary_bandits.step_below_whole",
        "nonstationary_bandits.chain_rule",
        "nonstationary_bandits.information_below_entropy",
        "nonstationary_bandits.information_ratio",
    ),
    argument="The links one after the other, with (k - 1) / 2 as the bound of the ratio at every history and so of the ratio of "
    "means: by the step (Cauchy) the square of a mean of roots is at most the mean of the squares.",
)
def regret_entropy_rate(P: Array, mu: Array, nu: Array, horizon: int) -> Sides:
    r"""$(\sum_t \text{regret}_t)^2$ is at most $\frac{k - 1}{2} T \sum_t I_t$, and so at most $\frac{k - 1}{2} T\, I(A^*_{1:T};
    F_T)$ and $\frac{k - 1}{2} T\, H(A^*_{1:T})$."""
    return chain_of_bounds(P, mu, nu, horizon, rational(arms(mu) - 1, 2))


@regret_entropy_rate.false_sibling("the rate forgotten: the entropy of one best action")
def _(P: Array, mu: Array, nu: Array, horizon: int) -> Sides:
    left, _ = regret_entropy_rate.sides(P, mu, nu, horizon)
    first = sequence_entropy(P, nu, 1, one_hot(best_arms(mu), arms(mu)))
    return left[0], rational(arms(mu) - 1, 2) * int(horizon) * first


@regret_entropy_rate.false_sibling("the ratio in bits, the information in nats")
def _(P: Array, mu: Array, nu: Array, horizon: int) -> Sides:
    return chain_of_bounds(P, mu, nu, horizon, rational(arms(mu) - 1, 2) * log(rational(2)))


@regret_entropy_rate.false_sibling("for the greedy policy too")
def _(P: Array, mu: Array, nu: Array, horizon: int) -> Sides:
    lost, gained = _greedy_first_step(mu, nu)
    return lost * lost, rational(arms(mu) - 1, 2) * gained


def _greedy_first_step(mu: Array, nu: Array) -> Sides:
    """Regret and information of one greedy step."""
    k = arms(mu)
    if not is_exact():
        return _our_greedy(mu, nu)
    chosen = greedy_play(mu)(nu)
    target = one_hot(best_arms(mu), k)
    (layer,) = histories(np.array([nu] * len(nu)), mu, nu, 1, target, lambda belief: chosen)
    (node,) = layer
    gained = total(share * information(node.table, mu[:, a]) for a, share in enumerate(node.law) if share > 0)
    return (chosen * (nu @ gaps(mu))).sum(), gained


@floats_only
def _our_greedy(mu: Array, nu: Array) -> Sides:
    bandit = LatentBandit(np.tile(nu, (len(nu), 1)), mu, nu)
    return bandit.policy_regret(bandit.greedy, 1)[0], bandit.one_step_information(1, bandit.greedy)[0]


@regret_entropy_rate.step("p x^2 + (1 - p) y^2 - (p x + (1 - p) y)^2 = p (1 - p) (x - y)^2", method="expand")
def _() -> tuple[Any, Any]:
    p, x, y = sp.symbols("p x y", real=True)
    return p * x**2 + (1 - p) * y**2 - (p * x + (1 - p) * y) ** 2, p * (1 - p) * (x - y) ** 2


regret_entropy_rate.known("two arms that swap")(lambda: swapping(2))
regret_entropy_rate.known("coin flips, where the rate counts")(lambda: coin_flips(2))
regret_entropy_rate.known("small gaps, where the ratio is almost 1 / 2")(small_gaps)


@regret_entropy_rate.known("an arm that pays as much in both states, and is played first")
def _() -> dict[str, Any]:
    return {
        "P": fractions("1 0", "0 1"),
        "mu": fractions("1/2 1/10", "1/2 4/5"),
        "nu": fractions("1/2 1/2")[0],
        "horizon": 1,
    }


@claim(
    "nonstationary_bandits.power_ratio",
    "<=",
    paper=DERIVED,
    theorem="other exponents of the ratio",
    assumptions="an exponent lambda of 1, 2, 3 or 4 (the argument holds for all from 1 on)",
    instances=bandits(power=st.integers(1, 4)),
    search={**BANDIT, "power": Integers(1, 4)},
    allowance=squares,
    argument="Regrets are at most (Gamma I_t)^(1 / lambda), and by Jensen's inequality the mean of powers 1 / lambda is at most "
    "that power of the mean; the step is the curvature of x^(1 / lambda). lambda = 3 is the rate of problems in which exploring "
    "costs.",
)
def power_ratio(P: Array, mu: Array, nu: Array, horizon: int, power: int) -> Sides:
    r"""$(\frac1T \sum_t \text{regret}_t)^\lambda \le \Gamma_\lambda \frac1T \sum_t I_t$ with $\Gamma_\lambda = \max_t
    \text{regret}_t^\lambda / I_t$."""
    return _powers(P, mu, nu, horizon, int(power), int(power))


def _powers(P: Array, mu: Array, nu: Array, horizon: int, inside: int, outside: int) -> Sides:
    regret, gains, _, _ = played(P, mu, nu, horizon)
    # in doubles the ratios are of beliefs that this file enumerates, history by history
    ratios = _ratios_by_history(P, mu, nu, horizon, inside)
    if ratios is None:
        return rational(0), rational(0)
    steps = rational(len(regret))
    return (total(regret) / steps) ** outside, ratios * total(gains) / steps


def _ratios_by_history(P: Array, mu: Array, nu: Array, horizon: int, power: int) -> Any:
    """The largest of regret^power / information, without :mod:`tabular`; nothing if one is infinite."""
    k, target = arms(mu), one_hot(best_arms(mu), arms(mu))
    worst = rational(0)
    for layer in histories(P, mu, nu, horizon, target, mixed(0, target)):
        lost = total(n.weight * (n.law * (n.table.sum(axis=0) @ gaps(mu))).sum() for n in layer)
        rows = [(n, n.table.reshape(-1, k, len(P)).sum(axis=0)) for n in layer]
        told = total(n.weight * share * information(row, mu[:, a]) for n, row in rows for a, share in enumerate(n.law))
        if _positive(lost):
            if not _positive(told):
                return None
            ratio = lost**power / told
            worst = ratio if ratio > worst else worst
    return worst


@power_ratio.false_sibling("the power of the ratio, but one less of the mean")
def _(P: Array, mu: Array, nu: Array, horizon: int, power: int) -> Sides:
    return _powers(P, mu, nu, horizon, int(power) + 1, int(power))


@power_ratio.step("the second derivative of x^(1 / c), times c^2 x^(2 - 1 / c), is 1 - c", method="logarithms")
def _() -> tuple[Any, Any]:
    x, c = sp.symbols("x c", positive=True)
    return sp.diff(x ** (1 / c), x, 2) * c**2 * x ** (2 - 1 / c), 1 - c


power_ratio.known("two arms that swap, lambda = 3")(lambda: {**swapping(2), "power": 3})


# --- a state that never changes ----------------------------------------------------------------------------------------------


@claim(
    "nonstationary_bandits.stationary_regret",
    "<=",
    paper=RUSSO,
    theorem="Proposition 1 with the ratio of Thompson sampling; k - 1 in place of k derived here",
    assumptions="the state never changes; Bernoulli rewards",
    instances=bandits().map(lambda given: {name: given[name] for name in ("mu", "nu", "horizon")}),
    search={"mu": Vector((3, 2), 0, 1), "nu": Simplex(3), "horizon": Integers(1, 3)},
    allowance=squares,
    uses=("nonstationary_bandits.regret_entropy_rate",),
    argument="regret_entropy_rate with a chain that stands still: the sequence of best actions is one action, repeated, and its "
    "entropy that of one. log k less the entropy is a divergence from the uniform law (the step), which is not negative.",
)
def stationary_regret(mu: Array, nu: Array, horizon: int) -> Sides:
    r"""$(\sum_t \text{regret}_t)^2$ is at most $\frac{k - 1}{2} T\, H(A^*)$, and so at most $\frac{k - 1}{2} T \log k$, if the
    state never changes."""
    lost, most = _stationary(mu, nu, horizon)
    scale = rational(arms(mu) - 1, 2) * int(horizon)
    return np.array([lost * lost] * 2), np.array([scale * most, scale * log(rational(arms(mu)))])


def _stationary(mu: Array, nu: Array, horizon: int) -> Sides:
    still = np.array([[rational(int(i == j)) for j in range(len(nu))] for i in range(len(nu))])
    run = played(still, mu, nu, horizon)
    return total(run.regret), sequence_entropy(still, nu, 1, one_hot(best_arms(mu), arms(mu)))


@stationary_regret.false_sibling("a regret that does not grow with the horizon")
def _(mu: Array, nu: Array, horizon: int) -> Sides:
    lost, most = _stationary(mu, nu, horizon)
    return lost * lost, rational(arms(mu) - 1, 2) * most


@stationary_regret.step("p log(p k) = p log p + p log k", method="logarithms")
def _() -> tuple[Any, Any]:
    p, k = sp.symbols("p k", positive=True)
    return p * sp.log(p * k), p * sp.log(p) + p * sp.log(k)


@stationary_regret.known("two points, small gaps")
def _() -> dict[str, Any]:
    return {"mu": fractions("11/20 9/20", "9/20 11/20"), "nu": fractions("1/2 1/2")[0], "horizon": 3}
