"""Exact losses of grouped learners against enumeration and Monte Carlo at equal accuracy, and grouped against full solves.

Losses: enumeration of all tables of counts is timed where it is feasible, and its size is given where it is not. Monte Carlo
draws binomial counts; the repetitions that would bring its standard error down to an accuracy are extrapolated from its spread.
Inventory: a divisible good, thousands of order quantities, of which no order at all is a group of its own and the others are
merged in blocks. Value lost is relative to the largest value; the time of a grouped solve includes merging.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from timing import median_seconds

import tabular
from tabular.grouping import bernoulli_family, contiguous_groups, enumerated_loss, grouped_bernoulli_loss

REPETITIONS = 2000


def naive(p: Any, samples: int) -> float:
    """The formula as one writes it first: all counts, ceil(m / 2) nodes, products over all groups, O(m^3 K) in blocks."""
    import scipy.stats

    m, k = p.size, samples // p.size
    masses = scipy.stats.binom.pmf(np.arange(k + 1), k, p[:, None])
    before = np.cumsum(masses, axis=1) - masses
    x, w = np.polynomial.legendre.leggauss((m + 1) // 2)
    loss = 0.0
    for count in range(k + 1):
        factors = before[:, count, None] + masses[:, count, None] * (x + 1) / 2
        ahead = np.cumprod(np.vstack([np.ones_like(x), factors[:-1]]), axis=0)
        after = np.cumprod(np.vstack([np.ones_like(x), factors[:0:-1]]), axis=0)[::-1]
        loss += ((ahead * after) @ w / 2 * masses[:, count]) @ (p.max() - p)
    return float(loss)


def monte_carlo(p: Any, samples: int, rng: Any) -> Any:
    """Losses of independent repetitions."""
    counts = rng.binomial(samples // p.size, p, size=(REPETITIONS, p.size)) + rng.random((REPETITIONS, p.size)) / 2
    return p.max() - p[counts.argmax(axis=1)]


def losses() -> None:
    """One row for each size."""
    rng = np.random.default_rng(0)
    heads = ("groups", "samples", "exact ms", "full sum", "differ", "enumeration", "MC at 1e-4", "at 1e-12")
    print("{:>7} {:>9} {:>9} {:>9} {:>8} {:>12} {:>11} {:>9}".format(*heads))
    for m, samples in ((2, 80), (4, 80), (6, 24), (24, 768), (1000, 10**5), (1000, 10**8)):
        p = 0.2 + 0.6 * (np.arange(m) + 0.5) / m
        seconds, found = median_seconds(lambda p=p, m=m, n=samples: grouped_bernoulli_loss(p, np.arange(m), n), 5)
        k = samples // m
        digits = m * np.log10(k + 1.0)
        if digits <= 6:
            model = bernoulli_family(p, 0.5)
            slow, answer = median_seconds(lambda model=model, m=m, k=k: enumerated_loss(model, np.arange(m), k), 1)
            enumeration = f"{slow / seconds:10.0f} x"
            assert abs(answer.total[0] - found.total) < 1e-9
        else:
            enumeration = f"1e{int(digits)} tables"
        full, differ = "", ""
        if samples <= 10**5:
            slow, other = median_seconds(lambda p=p, n=samples: naive(p, n), 1)
            full, differ = f"{slow / seconds:7.1f} x", f"{abs(other - found.total):8.0e}"
        sampling, drawn = median_seconds(lambda p=p, n=samples: monte_carlo(p, n, rng), 1)
        needed = [sampling / REPETITIONS * (float(drawn.std()) / accuracy) ** 2 / seconds for accuracy in (1e-4, 1e-12)]
        cells = f"{full:>9} {differ:>8} {enumeration:>12} {needed[0]:9.1e} x {needed[1]:7.0e} x"
        print(f"{m:7} {samples:9} {1e3 * seconds:9.2f} {cells}", flush=True)


def inventory(levels: int, orders: int) -> None:
    """Time against value lost."""
    mdp = tabular.domains.continuous_inventory(levels, orders)
    tabular.solve(tabular.Grouped(mdp, np.zeros(mdp.n_actions, dtype=int)))
    for name, method in (("default", None), ("value iteration", tabular.ValueIteration())):
        seconds, full = median_seconds(lambda method=method: tabular.solve(mdp, method))
        print(f"inventory, {levels} levels, {mdp.n_actions} quantities, {name}: full solve {1e3 * seconds:.0f} ms")
        for m in (6, 11, 21, 41, 81, 161, 401):
            groups = np.concatenate([[0], 1 + contiguous_groups(mdp.n_actions - 1, m - 1)])
            problem = tabular.Grouped(mdp, groups)
            merging, _ = median_seconds(problem.operator)
            fast, solution = median_seconds(lambda problem=problem, method=method: tabular.solve(problem, method))
            lost = float((full.values - solution.values).max() / full.values.max())
            times = f"{fast / seconds:6.3f} of the time (merging alone {merging / seconds:6.3f})"
            print(f"{m:7} groups: {times}, {lost:8.1e} of the value lost", flush=True)


if __name__ == "__main__":
    losses()
    inventory(41, 50)
    inventory(101, 40)
