"""Learners as their papers write them: loops over episodes, one search for each coordinate."""

import itertools

import numpy as np
import scipy.optimize


def ridge_moment(features, data, step, ridge, g):
    """Lambda^-1 sum_tau phi_tau g(s'), episode by episode."""
    d = features.dimension
    gram, total = ridge * np.eye(d), np.zeros(d)
    for k in range(len(data)):
        phi = features.rows(np.array([data.states[k, step] * features.n_actions + data.actions[k, step]]))[0]
        gram += np.outer(phi, phi)
        total += phi * g(data.states[k, step + 1])
    return np.linalg.inv(gram), np.linalg.inv(gram) @ total


def learn(features, data, ridge, beta, weights):
    """Backward pass with the bonus of the paper; ``weights(moment, v, h)`` gives the estimates."""
    steps, n_states, n_actions = features.rewards.shape
    v, q = np.zeros((steps + 1, n_states)), np.empty((steps, n_states, n_actions))
    phi = features.features.toarray() if hasattr(features.features, "toarray") else features.features
    phi = phi.reshape(n_states, n_actions, -1)
    for h in reversed(range(steps)):
        inverse = ridge_moment(features, data, h, ridge, lambda s: 0.0)[0]
        w = weights(lambda g, h=h: ridge_moment(features, data, h, ridge, g)[1], v[h + 1], h)
        for s in range(n_states):
            for a in range(n_actions):
                gamma = beta * sum(phi[s, a, i] * np.sqrt(inverse[i, i]) for i in range(phi.shape[2]))
                q[h, s, a] = min(max(features.rewards[h, s, a] + phi[s, a] @ w - gamma, 0.0), steps - h)
        v[h] = q[h].max(axis=1)
    return v, q


def total_variation(penalty):
    return lambda moment, v, h: moment(lambda s: min(v[s], v.min() + penalty))


def entropic(penalty, horizon):
    def weights(moment, v, h):
        return -penalty * np.log(np.maximum(moment(lambda s: np.exp(-v[s] / penalty)), np.exp(-horizon / penalty)))

    return weights


def chi_square(penalty, points=4001):
    def weights(moment, v, h):
        grid = np.unique(np.concatenate([np.linspace(v.min(), v.max(), points), v]))
        best = np.full(moment(lambda s: 0.0).shape, -np.inf)
        for alpha in grid:
            first = moment(lambda s, alpha=alpha: min(v[s], alpha))
            second = moment(lambda s, alpha=alpha: min(v[s], alpha) ** 2)
            best = np.maximum(best, first + (first**2 - second) / (4 * penalty))
        return best

    return weights


def within_total_variation(radius, horizon, points=401):
    def weights(moment, v, h):
        grid = np.unique(np.concatenate([np.linspace(0, horizon, points), np.clip(v, 0, horizon)]))
        values = [moment(lambda s, x=x: min(v[s], x)) - radius * (x - min(v.min(), x)) for x in grid]
        return np.max(values, axis=0)

    return weights


def within_entropy(radius, horizon):
    def weights(moment, v, h):
        def objective(log_beta, i):
            beta = np.exp(log_beta)
            m = max(moment(lambda s: np.exp(-v[s] / beta))[i], np.exp(-horizon / beta))
            return beta * np.log(m) + beta * radius

        out = []
        for i in range(moment(lambda s: 0.0).size):
            pieces = np.linspace(np.log(1e-4), 0.0, 25) + np.log(horizon / radius)
            runs = [
                scipy.optimize.minimize_scalar(objective, bounds=ends, args=(i,), options={"xatol": 1e-9})
                for ends in itertools.pairwise(pieces)
            ]
            out.append(-min(r.fun for r in runs))
        return np.array(out)

    return weights
