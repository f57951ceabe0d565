"""Independent answers about grouped actions: enumeration of counts in fractions, exact values, plain numpy, random models."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb, prod

import flint
import numpy as np
from oracles import exact_q, rational

import tabular


def most_successes(means, samples):
    """Chance of each group to have most of ``samples`` successes, ties at random, from every table of counts."""
    laws = [[comb(samples, k) * p**k * (1 - p) ** (samples - k) for k in range(samples + 1)] for p in means]
    chosen = [Fraction(0)] * len(means)
    for counts in product(range(samples + 1), repeat=len(means)):
        chance, best = prod((law[k] for law, k in zip(laws, counts, strict=True)), start=Fraction(1)), max(counts)
        winners = [g for g, k in enumerate(counts) if k == best]
        for g in winners:
            chosen[g] += chance / len(winners)
    return chosen


def group_means(p, groups):
    members = [[x for x, h in zip(p, groups, strict=True) if h == g] for g in range(max(groups) + 1)]
    return [sum(x, Fraction(0)) / len(x) for x in members]


def bernoulli_loss(p, groups, samples):
    """(approximation, estimation) in fractions."""
    means = group_means(p, groups)
    chosen = most_successes(means, samples // len(means))
    return max(p) - max(means), sum((c * (max(means) - x) for c, x in zip(chosen, means, strict=True)), Fraction(0))


def two_values(first, second, gamma):
    """Values of the two-state family by Cramer's rule."""
    a, b, c, d = 1 - gamma * first, -gamma * (1 - first), -gamma * second, 1 - gamma * (1 - second)
    return d / (a * d - b * c), -c / (a * d - b * c)


def two_state_loss(p, groups, samples, gamma):
    """(2,) expected losses in fractions: every table of counts of both states, every estimated model by brute force."""
    means = [group_means(row, groups) for row in p]
    m, k = len(means[0]), samples // (2 * len(means[0]))
    true = {(i, j): two_values(means[0][i], means[1][j], gamma) for i in range(m) for j in range(m)}
    mean = [Fraction(0), Fraction(0)]
    for counts in product(range(k + 1), repeat=2 * m):
        rates = [means[0][i] for i in range(m)] + [means[1][i] for i in range(m)]
        chance = prod((comb(k, n) * x**n * (1 - x) ** (k - n) for n, x in zip(counts, rates, strict=True)), start=Fraction(1))
        found = {pair: two_values(Fraction(counts[pair[0]], k), Fraction(counts[m + pair[1]], k), gamma) for pair in true}
        optimum = max(v[0] for v in found.values()), max(v[1] for v in found.values())
        best = [pair for pair, v in found.items() if v == optimum]
        for s in (0, 1):
            mean[s] += chance * sum((true[pair][s] for pair in best), Fraction(0)) / len(best)
    optimum = two_values(max(p[0]), max(p[1]), gamma)
    return [optimum[s] - mean[s] for s in (0, 1)]


def exact_grouped(mdp, labels, weights):
    """Merged rows and rewards of the doubles as stored, in rationals: P[s][g][t], r[s][g]."""
    n, m = mdp.n_states, max(labels) + 1
    immediate, zero = exact_q(mdp, [flint.fmpq(0)] * n), flint.fmpq(0)
    P = [[[zero] * n for _ in range(m)] for _ in range(n)]
    r = [[zero] * m for _ in range(n)]
    for s, a in product(range(n), range(mdp.n_actions)):
        w, g = rational(weights[s][a]), labels[a]
        r[s][g] += w * immediate[s][a]
        P[s][g] = [x + w * rational(y) for x, y in zip(P[s][g], mdp.P[s, a], strict=True)]
    return P, r


def exact_choice_value(P, r, gamma, choice):
    n = len(r)
    system = [[flint.fmpq(int(s == t)) - gamma * P[s][choice[s]][t] for t in range(n)] for s in range(n)]
    answer = flint.fmpq_mat(system).solve(flint.fmpq_mat([[r[s][choice[s]]] for s in range(n)]))
    return [answer[s, 0] for s in range(n)]


def exact_grouped_optimum(P, r, gamma, available, choice):
    """Howard's iteration in rationals, from the given groups."""
    choice, n = list(choice), len(r)
    while True:
        v, better = exact_choice_value(P, r, gamma, choice), False
        for s, g in product(range(n), range(len(r[0]))):
            if available[s][g] and r[s][g] + gamma * sum((x * y for x, y in zip(P[s][g], v, strict=True)), flint.fmpq(0)) > v[s]:
                choice[s], better = g, True
                break
        if not better:
            return v


def numpy_optimum(P, r, gamma, sweeps=3000):
    """Optimal values by plain sweeps."""
    v = np.zeros(len(r))
    for _ in range(sweeps):
        v = (r + gamma * P @ v).max(axis=1)
    return v


def merged(mdp, groups, weights=None):
    """(S, m, S) and (S, m), from the definition, for dense models with every action allowed."""
    groups = np.asarray(groups)
    whole = np.stack([(groups == g) / (groups == g).sum() for g in range(groups.max() + 1)])
    w = np.broadcast_to(whole, (mdp.n_states, *whole.shape)) if weights is None else weights
    return np.einsum("sga,sat->sgt", w, mdp.P), np.einsum("sga,sa->sg", w, mdp.r)


def similar_model(rng, gammas=(0.0, 0.3, 0.9, 0.99)):
    """A small model with rewards in [0, 1] and similar actions, and random labels: the recipe of the property tests."""
    S, A = int(rng.integers(1, 5)), int(rng.integers(1, 7))
    P = rng.dirichlet(np.full(S, rng.choice([0.1, 1.0])), (S, A))
    if rng.random() < 0.6:
        b = rng.random()
        P = b * P + (1 - b) * P[:, :1]
    labels = np.unique(rng.integers(0, A, A), return_inverse=True)[1]
    return tabular.MDP(P, rng.random((S, A)), float(rng.choice(gammas))), labels


def random_weights(rng, labels, n_states):
    """(S, m, A) laws inside groups, some of them with zeros."""
    m = labels.max() + 1
    w = np.zeros((n_states, m, labels.size))
    for s, g in product(range(n_states), range(m)):
        part = np.flatnonzero(labels == g)
        w[s, g, part] = rng.dirichlet(np.full(part.size, rng.choice([0.2, 1.0])))
        if part.size > 1 and rng.random() < 0.2:
            w[s, g, part[0]] = 0.0
            w[s, g] /= w[s, g].sum()
    return w
