"""Exact evaluation of best-of-n against the formula as one writes it first, and against Monte Carlo of equal accuracy.

Even alphabets, rewards in random order. The naive formula takes powers of cumulative sums; its error is that of the divergence.
Monte Carlo averages log(q/p) over winners of the exact law, a best case that already needs q: the number of winners that would
bring its standard error down to the error of the exact evaluation is extrapolated from a thousand.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from timing import median_seconds

from tabular.alignment import best_of_n

WINNERS = 1000


def exact(p: Any, rewards: Any, n: int) -> tuple[float, float, float]:
    """Divergence, win rate, expected estimate."""
    best = best_of_n(p, rewards, n)
    return best.kl, best.win_rate, best.expected_estimator


def naive(p: Any, rewards: Any, n: int) -> float:
    """The divergence from powers of cumulative sums."""
    order = np.argsort(rewards)
    inclusive = np.cumsum(p[order])
    q = inclusive**n - (inclusive - p[order]) ** n
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.nansum(q * np.log(q / p[order])))


def truth(size: int, n: int) -> float:
    """The divergence of an even alphabet: ``log L - H(q)``, with q from differences of powers in extended precision."""
    import mpmath as mp

    with mp.workdps(40):
        first = max(0, int(size * (1 - 200 / n))) if n > 200 else 0  # below, (k/L)^n < e^-200
        total, before = mp.mpf(0), (mp.mpf(first) / size) ** n
        for k in range(first + 1, size + 1):
            after = (mp.mpf(k) / size) ** n
            q = after - before
            total += q * mp.log(q * size) if q > 0 else 0
            before = after
        return float(total)


def main() -> None:
    """Print one table."""
    exact(np.array([0.5, 0.5]), np.array([0, 1]), 2)
    rng = np.random.default_rng(0)
    heads = ("outcomes", "draws", "exact s", "ns each", "naive", "error", "naive error", "Monte Carlo")
    print("{:>10} {:>10} {:>8} {:>8} {:>6} {:>8} {:>11} {:>12}".format(*heads))
    for size, many in product((10**3, 10**4, 10**5, 10**6, 10**7), (False, True)):
        n = 10**9 if many else size
        p, rewards = np.full(size, 1 / size), rng.permutation(size)
        seconds, (kl, _, _) = median_seconds(lambda p=p, r=rewards, n=n: exact(p, r, n))
        slow, wrong = median_seconds(lambda p=p, r=rewards, n=n: naive(p, r, n))
        right = truth(size, n)
        best = best_of_n(p, rewards, n)
        sampling, winners = median_seconds(lambda best=best: best.sample(rng, WINNERS))
        spread = float(np.std(best.log_pmf[winners] - np.log(p[winners])))
        error = max(abs(kl - right), 1e-15)
        # the standard error falls with the square root of the number of winners
        ratio = sampling / WINNERS * (spread / error) ** 2 / seconds
        cost = f"{ratio:12.1e}" if spread > 1e-6 else "(one winner)"
        print(
            f"{size:10d} {n:10d} {seconds:8.3f} {1e9 * seconds / size:8.0f} {slow / seconds:6.2f} {abs(kl - right):8.1e} "
            f"{abs(wrong - right):11.1e} {cost:>12}"
        )
    print("naive and Monte Carlo: time as a multiple of ours; Monte Carlo at our error")


if __name__ == "__main__":
    main()
