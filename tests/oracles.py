"""Independent answers: a few lines each, in rational numbers or by brute force, and models with every corner on purpose."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np

import tabular


def rational(x: float) -> flint.fmpq:
    return flint.fmpq(*float(x).as_integer_ratio())


def exact_q(mdp: tabular.MDP, v: list[flint.fmpq]) -> list[list[flint.fmpq]]:
    """Action values of the doubles as stored, without rounding (dense models)."""
    gamma = rational(mdp.gamma)
    rewards = mdp.r if mdp.transition_reward is None else mdp.transition_reward
    table = []
    for s in range(mdp.n_states):
        row = []
        for a in range(mdp.n_actions):
            p = [rational(x) for x in mdp.P[s, a]]
            r = (
                rational(rewards[s, a])
                if rewards.ndim == 2
                else sum((x * rational(y) for x, y in zip(p, rewards[s, a], strict=True)), flint.fmpq(0))
            )
            row.append(r + gamma * sum((x * y for x, y in zip(p, v, strict=True)), flint.fmpq(0)))
        table.append(row)
    return table


def exact_value(mdp: tabular.MDP, actions: np.ndarray) -> list[flint.fmpq]:
    """Value of a deterministic policy, by one dense rational solve."""
    n = mdp.n_states
    zero = [flint.fmpq(0)] * n
    r = [exact_q(mdp, zero)[s][int(actions[s])] for s in range(n)]
    gamma = rational(mdp.gamma)
    system = [[flint.fmpq(int(s == t)) - gamma * rational(mdp.P[s, int(actions[s]), t]) for t in range(n)] for s in range(n)]
    answer = flint.fmpq_mat(system).solve(flint.fmpq_mat([[x] for x in r]))
    return [answer[s, 0] for s in range(n)]


def exact_optimum(mdp: tabular.MDP, actions: np.ndarray) -> list[flint.fmpq]:
    """Optimal value, by Howard's iteration in rationals from the given actions."""
    allowed = np.ones(mdp.r.shape, dtype=bool) if mdp.allowed is None else mdp.allowed
    actions = np.array(actions)
    while True:
        v = exact_value(mdp, actions)
        q = exact_q(mdp, v)
        better = False
        for s in range(mdp.n_states):
            for a in np.flatnonzero(allowed[s]):
                if q[s][a] > q[s][int(actions[s])]:
                    actions[s], better = a, True
        if not better:
            return v


def fraction(x: flint.fmpq) -> Fraction:
    return Fraction(int(x.numer()), int(x.denom())) if hasattr(x, "numer") else Fraction(int(x.p), int(x.q))


def corner_model(rng: np.random.Generator) -> tabular.MDP:
    """A small model that favours what goes wrong: ties, copies, absorbing states, row sums off one, extreme rewards and
    discounts."""
    n_states, n_actions = int(rng.integers(1, 6)), int(rng.integers(1, 4))
    gamma = float(rng.choice([0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, rng.random()]))
    P = rng.dirichlet(np.full(n_states, float(rng.choice([0.05, 0.3, 1.0]))), size=(n_states, n_actions))
    for s in range(n_states):
        for a in range(n_actions):
            corner = rng.integers(8)
            if corner == 0:
                P[s, a] = np.eye(n_states)[s]
            elif corner == 1:
                P[s, a] = np.eye(n_states)[rng.integers(n_states)]
            elif corner == 2 and a:
                P[s, a] = P[s, a - 1]
            elif corner == 3:
                P[s, a] *= 1 + rng.uniform(-9e-10, 9e-10)
    r = rng.normal(size=(n_states, n_actions))
    scale = rng.integers(8)
    if scale == 0:
        r = np.sign(r)
    elif scale == 1:
        r = np.round(r)
    elif scale == 2:
        r *= 10.0 ** rng.integers(-300, 290)
    elif scale == 3:
        r *= 10.0 ** rng.integers(-300, 290, size=r.shape)
    elif scale == 4:
        r[:] = 1.0
    elif scale == 5 and n_actions > 1:
        r[:, 1] = r[:, 0]
    allowed = None
    if rng.random() < 0.2:
        allowed = rng.random((n_states, n_actions)) < 0.6
        allowed[np.arange(n_states), rng.integers(n_actions, size=n_states)] = True
    if rng.random() < 0.15:
        r = r[:, :, None] * np.round(rng.normal(size=(n_states, n_actions, n_states)), 2)
    return tabular.MDP(P, r, gamma, allowed=allowed)
