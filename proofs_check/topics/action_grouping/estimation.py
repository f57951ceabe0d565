r"""Claims about plans that are best for an estimated kernel: any two kernels P and Q of one model, rewards known.

The model is the merged one, whose actions are groups; nothing here depends on that. :math:`\mu` is any plan: bounds say
how much more it loses than in the estimate, so that they hold for plans that are only nearly optimal there, and the adversary has
no jumps to cope with where the best plan changes.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import absolute, floats_only, is_exact, largest, lift
from proofs_check.claim import claim
from proofs_check.exact_mdp import ExactMDP
from proofs_check.spaces import Interval, Kernel, Model, Policy, Space, Vector
from proofs_check.strategies import discounts, mdps, policies, stochastic_matrices
from proofs_check.topics.action_grouping.formulas import best, kernel_error, reward_range
from proofs_check.topics.action_grouping.instances import DERIVED, Array, Sides, fractions, model, rounding
from proofs_check.topics.mdp.formulas import backup_of, norm, policy_value, q_values
from tabular import MDP


@st.composite
def two_kernels(draw: st.DrawFn) -> dict[str, Any]:
    """A model, another kernel, far or near, and a plan."""
    mdp = draw(mdps(max_states=3, max_actions=2, gammas=discounts(0.99)))
    shape = mdp.P.shape
    other = draw(stochastic_matrices(shape[0] * shape[1], shape[2])).reshape(shape)
    weight = draw(st.sampled_from([1.0, 0.5, 0.1, 1e-3, 0.0]))
    return {"mdp": mdp, "kernel": (1 - weight) * mdp.P + weight * other, "plan": draw(policies(mdp))}


SEARCH: dict[str, Space] = {"mdp": Model(2, 2), "kernel": Kernel((2, 2), 2), "plan": Policy(2, 2)}


def value_gap(mdp: MDP, kernel: Array) -> Any:
    """eta: the largest difference of the two kernels on V*."""
    return norm(((mdp.P - kernel) * best(mdp)).sum(axis=2))


def kernel_gap(mdp: MDP, kernel: Array) -> Any:
    """epsilon: the largest total variation."""
    return largest(absolute(mdp.P - kernel).sum(axis=2)) / 2


def persistent() -> dict[str, Any]:
    """Both states lead to the good one, and to the bad one in the estimate: the same error of V* at every step."""
    mdp = model([[[1, 0]], [[1, 0]]], [[1], [0]], "9/10")
    return {"mdp": mdp, "kernel": fractions([[[0, 1]], [[0, 1]]])}


def of_two_horizons(gamma: float, **_: Any) -> float:
    """A few thousand units of 1.1e-16 of two horizons: values are at most one, and systems at most the other times as
    sensitive."""
    return 1e-12 / (1.0 - gamma) ** 2


@claim(
    "action_grouping.q_error",
    "<=",
    paper=DERIVED,
    theorem="the simulation lemma for the optimum",
    instances=two_kernels().map(lambda given: {name: given[name] for name in ("mdp", "kernel")}),
    search={name: SEARCH[name] for name in ("mdp", "kernel")},
    allowance=rounding,
    argument="By the first step Q* - Q^ is gamma (P - Q) V*, at most gamma eta, plus gamma Q (V* - V^), at most gamma times the "
    "largest distance D of action values, as maxima differ by at most that. The second step solves D = gamma eta + gamma D.",
)
def q_error(mdp: MDP, kernel: Array) -> Sides:
    r"""$\|Q^* - \hat Q^*\| \le \gamma \eta / (1 - \gamma)$ with $\eta = \|(P - \hat P) V^*\|$."""
    left = absolute(q_values(mdp, best(mdp)) - _estimated_q(mdp, kernel))
    return largest(left), mdp.gamma * value_gap(mdp, kernel) / (1 - mdp.gamma)


def _estimated_q(mdp: MDP, kernel: Array) -> Array:
    estimate = mdp.replace(P=kernel)
    return q_values(estimate, best(estimate))


@q_error.false_sibling("errors do not accumulate")
def _(mdp: MDP, kernel: Array) -> Sides:
    left = absolute(q_values(mdp, best(mdp)) - _estimated_q(mdp, kernel))
    return largest(left), mdp.gamma * value_gap(mdp, kernel)


@q_error.false_sibling("a tenth less")
def _(mdp: MDP, kernel: Array) -> Sides:
    left = absolute(q_values(mdp, best(mdp)) - _estimated_q(mdp, kernel))
    return 10 * largest(left), 9 * mdp.gamma * value_gap(mdp, kernel) / (1 - mdp.gamma)


@q_error.step("gamma P v - gamma Q u = gamma (P - Q) v + gamma Q (v - u)", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    v, u, first, second = sp.symbols("v u P Q", commutative=False)
    return gamma * first * v - gamma * second * u, gamma * (first - second) * v + gamma * second * (v - u)


@q_error.step("D = gamma eta + gamma D at D = gamma eta / (1 - gamma)", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, eta = sp.symbols("gamma eta")
    return gamma * eta + gamma * gamma * eta / (1 - gamma), gamma * eta / (1 - gamma)


q_error.known("the same error at every step, where it is an equality")(persistent)


# --- E1 ----------------------------------------------------------------------------------------------------------------------


@claim(
    "action_grouping.value_error",
    "<=",
    paper=DERIVED,
    theorem="E1, the usual argument on action values",
    instances=two_kernels(),
    search=SEARCH,
    allowance=rounding,
    uses=("action_grouping.q_error",),
    argument="V* - V^mu is Q*(s, a*) - Q*(s, mu) plus gamma times a mean of V* - V^mu. By the first step Q*(a*) - Q*(mu) is "
    "the sum of two errors of action values, at most gamma eta / (1 - gamma) each, and of Q^(a*) - Q^(mu) <= kappa. So the "
    "largest loss e is at most c + gamma e; the second step solves that.",
)
def value_error(mdp: MDP, kernel: Array, plan: Array) -> Sides:
    r"""$V^* - V^\mu \le \frac{2 \gamma \eta}{(1 - \gamma)^2} + \frac{\kappa}{1 - \gamma}$ with $\eta = \|(P - \hat P) V^*\|$ and
    $\kappa = \max_s [\hat V^*(s) - \hat Q^*(s, \mu)]$, which is 0 for a plan that is optimal in the estimate (E1).
    """
    lost, slip = _one_step(mdp, kernel, plan)
    eta = value_gap(mdp, kernel)
    if is_exact():
        return lost, 0 * lost + 2 * mdp.gamma * eta / (1 - mdp.gamma) ** 2 + slip / (1 - mdp.gamma)
    return lost, 0 * lost + tabular.grouping.value_error_bound(eta, mdp.gamma) + slip / (1 - mdp.gamma)


def _one_step(mdp: MDP, kernel: Array, plan: Array) -> tuple[Array, Any]:
    """What the plan loses, and kappa."""
    estimate = mdp.replace(P=kernel)
    top = best(estimate)
    slip = largest(top - backup_of(estimate, plan, top))
    return best(mdp) - policy_value(mdp, plan), max(slip, 0 * slip)


@value_error.false_sibling("gamma eta / (1 - gamma): a plan's error is that of its action values")
def _(mdp: MDP, kernel: Array, plan: Array) -> Sides:
    lost, slip = _one_step(mdp, kernel, plan)
    return lost, 0 * lost + mdp.gamma * value_gap(mdp, kernel) / (1 - mdp.gamma) + slip / (1 - mdp.gamma)


@value_error.false_sibling("what the plan loses in the estimate at one step is lost once")
def _(mdp: MDP, kernel: Array, plan: Array) -> Sides:
    lost, slip = _one_step(mdp, kernel, plan)
    return lost, 0 * lost + 2 * mdp.gamma * value_gap(mdp, kernel) / (1 - mdp.gamma) ** 2 + slip


@value_error.step("Q(a) - Q(b) = [Q(a) - Q^(a)] + [Q^(b) - Q(b)] + [Q^(a) - Q^(b)]", method="expand")
def _() -> tuple[Any, Any]:
    a, b, x, y = sp.symbols("Q_a Q_b x_a x_b")
    return a - b, (a - x) + (y - b) + (x - y)


@value_error.step("c + gamma c / (1 - gamma) = c / (1 - gamma), c = 2 gamma eta / (1 - gamma) + kappa", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, eta, slip = sp.symbols("gamma eta kappa")
    c = 2 * gamma * eta / (1 - gamma) + slip
    return c + gamma * c / (1 - gamma), 2 * gamma * eta / (1 - gamma) ** 2 + slip / (1 - gamma)


def misled(epsilon: str, gamma: str) -> dict[str, Any]:
    """Three states and two actions: the estimate spoils the better action and improves the worse one until they tie."""
    e, g = Fraction(epsilon), Fraction(gamma)
    rest = [[[0, 1, 0]] * 2, [[0, 0, 1]] * 2]
    stay, fall, rise = [1, 0, 0], [1 - e, 0, e], [1 - e, e, 0]
    mdp = model([[stay, fall], *rest], [[1, max(Fraction(0), 1 - g * e / (1 - g))], [1, 1], [0, 0]], g)
    return {"mdp": mdp, "kernel": fractions([[fall, rise], *rest]), "plan": fractions([[0, 1], [1, 0], [1, 0]])}


value_error.known("a better action that is spoiled in the estimate")(lambda: misled("1/10", "9/10"))
value_error.known("equal kernels and a plan that is worse by a fixed amount at every step, where it is an equality")(
    lambda: {
        "mdp": model([[[1]] * 2], [[1, 0]], "9/10"),
        "kernel": fractions([[[1]] * 2]),
        "plan": fractions([[0, 1]]),
    }
)


# --- E2 ----------------------------------------------------------------------------------------------------------------------


@claim(
    "action_grouping.kernel_error",
    "<=",
    paper=DERIVED,
    theorem="E2",
    instances=two_kernels(),
    allowance=rounding,
    argument="By the first step the loss is a sum of three: an optimal policy's value in the two models, what mu lacks to it "
    "in the estimate, at most V^* - V^mu there, and the value of mu in the two models. For any policy let e be the largest "
    "distance of its values in the two: its laws share a mass 1 - epsilon, on which they differ by at most e, and the rest by "
    "at most Delta / (1 - gamma), as the values of both models lie in one interval of that length. So e <= gamma (1 - "
    "epsilon) e + gamma epsilon Delta / (1 - gamma); the second step solves that.",
)
def kernel_error_claim(mdp: MDP, kernel: Array, plan: Array) -> Sides:
    r"""A plan loses at most E2 more than in the estimate: $V^* - V^\mu - \max (\hat V^* - \hat V^\mu) \le \frac{2 \gamma
    \varepsilon \Delta}{(1 - \gamma)(1 - \gamma (1 - \varepsilon))}$ with $\varepsilon = \max \mathrm{TV}(P, \hat P)$; a plan
    that is optimal in the estimate loses nothing there.
    """
    more = _whole(mdp, kernel, plan)
    return more, 0 * more + kernel_error(kernel_gap(mdp, kernel), mdp.gamma, reward_range(mdp))


def _whole(mdp: MDP, kernel: Array, plan: Array) -> Array:
    """How much more the plan loses than in the estimate."""
    estimate = mdp.replace(P=kernel)
    slip = largest(best(estimate) - policy_value(estimate, plan))
    return np.array(best(mdp) - policy_value(mdp, plan) - slip)


@kernel_error_claim.false_sibling("one error instead of two")
def _(mdp: MDP, kernel: Array, plan: Array) -> Sides:
    more = _whole(mdp, kernel, plan)
    return more, 0 * more + kernel_error(kernel_gap(mdp, kernel), mdp.gamma, reward_range(mdp)) / 2


@kernel_error_claim.false_sibling("twice the deviation in the denominator: both errors share one coupling")
def _(mdp: MDP, kernel: Array, plan: Array) -> Sides:
    more = _whole(mdp, kernel, plan)
    return more, 0 * more + coupled(kernel_gap(mdp, kernel), mdp.gamma, reward_range(mdp))


def coupled(epsilon: Any, gamma: Any, size: Any) -> Any:
    """The conjecture 2 gamma epsilon Delta / ((1 - gamma) (1 - gamma (1 - 2 epsilon)))."""
    return 2 * gamma * epsilon * size / ((1 - gamma) * (1 - gamma * (1 - 2 * epsilon)))


@kernel_error_claim.step("V* - V = (V* - W) + (W - U) + (U - V)", method="expand")
def _() -> tuple[Any, Any]:
    best, w, u, v = sp.symbols("B W U V")
    return best - v, (best - w) + (w - u) + (u - v)


@kernel_error_claim.step("e = gamma (1 - epsilon) e + gamma epsilon Delta / (1 - gamma), for half of E2", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, epsilon, size = sp.symbols("gamma epsilon Delta")
    e = gamma * epsilon * size / ((1 - gamma) * (1 - gamma * (1 - epsilon)))
    return gamma * (1 - epsilon) * e + gamma * epsilon * size / (1 - gamma), e


kernel_error_claim.known("the estimate spoils the better action and improves the worse one: 180/19, an equality")(
    lambda: misled("1/10", "9/10")
)


@claim(
    "action_grouping.kernel_error_one_choice",
    "<=",
    paper=DERIVED,
    theorem="E2 where one state decides",
    instances=st.builds(
        dict,
        reward=st.floats(0, 1),
        true=st.builds(lambda *x: np.array(x), st.floats(0, 1), st.floats(0, 1)),
        estimated=st.builds(lambda *x: np.array(x), st.floats(0, 1), st.floats(0, 1)),
        plan=st.sampled_from([0.0, 1.0, 0.5]),
        gamma=st.sampled_from([0.5, 0.9]),
    ),
    search={
        "reward": Interval(0, 1),
        "true": Vector(2, 0, 1),
        "estimated": Vector(2, 0, 1),
        "plan": Interval(0, 1),
        "gamma": Interval(0, Fraction(19, 20)),
    },
    allowance=of_two_horizons,
    uses=("action_grouping.kernel_error",),
    argument="E2 for this model; by the step it is what two losses of the coupling add up to.",
)
def one_choice(reward: Any, true: Array, estimated: Array, plan: Any, gamma: Any) -> Sides:
    r"""E2 for two actions of one state, the first with reward 1, and an absorbing state without reward; each action stays with a
    true and an estimated probability. No instance that refutes the false sibling is given to the adversary here.
    """
    left, right = kernel_error_claim.sides(*chosen(reward, true, estimated, plan, gamma))
    return left[0], right[0]


def chosen(reward: Any, true: Array, estimated: Array, plan: Any, gamma: Any) -> tuple[Any, Array, Array]:
    """Model, other kernel and plan."""
    zero, one = 0 * reward, 0 * reward + 1
    kernels = [np.array([[[p, 1 - p] for p in stay], [[zero, one]] * 2]) for stay in (true, estimated)]
    r, law = np.array([[one, reward], [zero, zero]]), np.array([[1 - plan, plan], [one, zero]])
    if is_exact():
        return ExactMDP(kernels[0], r, gamma, None, np.ones((2, 2), dtype=bool)), kernels[1], law
    return MDP(kernels[0], r, gamma), kernels[1], law


@one_choice.false_sibling("twice the deviation in the denominator: both errors share one coupling")
def _(reward: Any, true: Array, estimated: Array, plan: Any, gamma: Any) -> Sides:
    mdp, kernel, law = chosen(reward, true, estimated, plan, gamma)
    return _whole(mdp, kernel, law)[0], coupled(kernel_gap(mdp, kernel), gamma, reward_range(mdp))


@one_choice.step("e = gamma (1 - epsilon) e + gamma epsilon / (1 - gamma), twice, is E2", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, epsilon, e = sp.symbols("gamma epsilon e")
    (solution,) = sp.solve(gamma * (1 - epsilon) * e + gamma * epsilon / (1 - gamma) - e, e)
    return 2 * solution, 2 * gamma * epsilon / ((1 - gamma) * (1 - gamma * (1 - epsilon)))


# --- attained ----------------------------------------------------------------------------------------------------------------


def misled_losses(epsilon: Any, gamma: Any) -> tuple[Any, Any]:
    """What the misled plan loses, in truth and in the estimate, in the state that decides."""
    if not is_exact():
        return _misled_losses(epsilon, gamma)
    zero, one = 0 * gamma, 0 * gamma + 1
    worse = max(zero, 1 - gamma * epsilon / (1 - gamma))
    stay, fall, rise = [one, zero, zero], [1 - epsilon, zero, epsilon], [1 - epsilon, epsilon, zero]
    rest = [[[zero, one, zero]] * 2, [[zero, zero, one]] * 2]
    r = np.array([[one, worse], [one, one], [zero, zero]])
    mdp = ExactMDP(np.array([[stay, fall], *rest]), r, gamma, None, np.ones((3, 2), dtype=bool))
    plan = lift(np.array([1, 0, 0]))
    estimate = mdp.replace(P=np.array([[fall, rise], *rest]))
    return mdp.optimum()[0] - mdp.policy_value(plan)[0], estimate.optimum()[0] - estimate.policy_value(plan)[0]


@floats_only
def _misled_losses(epsilon: float, gamma: float) -> tuple[float, float]:
    mdp, estimate = tabular.grouping.estimation_instance(epsilon, gamma)
    plan = np.array([1, 0, 0])
    lost = [float((best(one) - policy_value(one, plan))[0]) for one in (mdp, estimate)]
    return lost[0], lost[1]


@claim(
    "action_grouping.kernel_error_attained",
    "==",
    paper=DERIVED,
    theorem="E2",
    instances=st.builds(
        dict, epsilon=st.sampled_from([0.01, 0.1, 0.5, 1.0]) | st.floats(0, 1), gamma=st.sampled_from([0.0, 0.5, 0.9, 0.99])
    ),
    search={"epsilon": Interval(0, 1), "gamma": Interval(0, Fraction(99, 100))},
    allowance=of_two_horizons,
    argument="States G, J (worth 1) and Z (worth nothing), both absorbing. In truth action 1 of G stays and pays 1: V* = 1 / "
    "(1 - gamma). Action 2 pays r and falls to Z with probability epsilon: r / (1 - gamma (1 - epsilon)). In the estimate "
    "action 1 falls and action 2 reaches J instead. With r = 1 - gamma epsilon / (1 - gamma) they tie there, by the second "
    "step, and the loss is E2 by the first. Where that r would be negative, r = 0, action 2 is better in the estimate and "
    "loses everything; that is where gamma epsilon >= 1 - gamma, exactly where E2 >= 1 / (1 - gamma), by the third step.",
)
def kernel_error_attained(epsilon: Any, gamma: Any) -> Sides:
    r"""For every $\varepsilon$ and $\gamma$ some plan that is optimal in an estimate at distance $\varepsilon$ loses exactly
    $\min \{E2, 1 / (1 - \gamma)\}$.
    """
    lost, slip = misled_losses(epsilon, gamma)
    cap = 1 / (1 - gamma)
    return np.array([lost, slip]), np.array([min(kernel_error(epsilon, gamma, 1 + 0 * gamma), cap), 0 * cap])


@kernel_error_attained.false_sibling("twice the deviation in the denominator")
def _(epsilon: Any, gamma: Any) -> Sides:
    lost, slip = misled_losses(epsilon, gamma)
    cap = 1 / (1 - gamma)
    return np.array([lost, slip]), np.array([min(coupled(epsilon, gamma, 1 + 0 * gamma), cap), 0 * cap])


@kernel_error_attained.false_sibling("half of it")
def _(epsilon: Any, gamma: Any) -> Sides:
    lost, _slip = misled_losses(epsilon, gamma)
    return lost, min(kernel_error(epsilon, gamma, 1 + 0 * gamma) / 2, 1 / (1 - gamma))


def _misled_symbols() -> tuple[Any, ...]:
    gamma, epsilon = sp.symbols("gamma epsilon")
    return gamma, epsilon, 1 - gamma * epsilon / (1 - gamma), 1 - gamma * (1 - epsilon)


@kernel_error_attained.step("1 / (1 - gamma) - r / (1 - gamma (1 - epsilon)) = E2", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, epsilon, r, rate = _misled_symbols()
    return 1 / (1 - gamma) - r / rate, 2 * gamma * epsilon / ((1 - gamma) * rate)


@kernel_error_attained.step("in the estimate 1 / rate = (r + gamma epsilon / (1 - gamma)) / rate", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, epsilon, r, rate = _misled_symbols()
    return 1 / rate, (r + gamma * epsilon / (1 - gamma)) / rate


@kernel_error_attained.step("E2 - 1 / (1 - gamma) = (gamma epsilon - (1 - gamma)) / ((1 - gamma) rate)", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, epsilon, _, rate = _misled_symbols()
    return 2 * gamma * epsilon / ((1 - gamma) * rate) - 1 / (1 - gamma), (gamma * epsilon - (1 - gamma)) / ((1 - gamma) * rate)


@kernel_error_attained.known("180/19 at .1 and .9, an equality")
def _() -> dict[str, Any]:
    return {"epsilon": Fraction(1, 10), "gamma": Fraction(9, 10)}


@kernel_error_attained.known("everything is lost at .5 and .9, an equality")
def _() -> dict[str, Any]:
    return {"epsilon": Fraction(1, 2), "gamma": Fraction(9, 10)}
