"""Linear bandits: compiled rounds per second of each learner against plain Python loops with matrix inverses, and the whole
synthetic experiment."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import plain_linear_bandits as plain
from timing import median_seconds

from tabular.linear_bandits import (
    AR2,
    DLinUCB,
    DynLinUCB,
    Exp3,
    ExploreThenCommit,
    Learner,
    LinearThompson,
    LinUCB,
    SWLinUCB,
    budget_actions,
    compare,
    simulate,
    synthetic_bandit,
)

BANDIT, BUDGETS, FAST, SLOW = synthetic_bandit(), budget_actions(), 200_000, 2_000


def ridge(learner: Any, **options: Any) -> Callable[[], Any]:
    """The plain loop of an ellipsoidal learner."""
    width = lambda t, V: float(learner.confidence_width(t))  # noqa: E731
    return lambda: plain.ridge(
        plain.Environment(BANDIT, BUDGETS, 0), SLOW, 3, width, regularization=learner.regularization, **options
    )


def contestants(horizon: int) -> dict[str, tuple[Learner, Callable[[], Any]]]:
    """Each learner with its plain loop of SLOW rounds."""
    known = (BANDIT, BUDGETS, horizon)
    waiting, ordinary = DynLinUCB.for_bandit(*known), LinUCB.for_bandit(*known)
    thompson, window = LinearThompson.for_bandit(*known), SWLinUCB.for_bandit(*known, window=500)
    discounted = DLinUCB.for_bandit(*known, discount=0.999999)
    exp3, batched, ar2 = Exp3.for_bandit(*known), Exp3.for_bandit(*known, batched=True), AR2(alpha=0.2, noise=0.01)

    def environment() -> plain.Environment:
        return plain.Environment(BANDIT, BUDGETS, 0)

    return {
        "DynLinUCB": (waiting, ridge(waiting, hold=lambda m: int(waiting.hold(m)))),
        "LinUCB": (ordinary, ridge(ordinary)),
        "LinearThompson": (thompson, ridge(thompson, spread=lambda t, V: float(thompson.confidence_width(t)))),
        "SWLinUCB": (window, ridge(window, window=500)),
        "DLinUCB": (
            discounted,
            lambda: plain.discounted(
                environment(),
                SLOW,
                3,
                lambda t: float(discounted.confidence_width(t)),
                regularization=discounted.regularization,
                discount=discounted.discount,
            ),
        ),
        "Exp3": (exp3, lambda: plain.exponential(environment(), SLOW, mixing=exp3.mixing(6), scale=exp3.scale)),
        "batched Exp3": (
            batched,
            lambda: plain.exponential(environment(), SLOW, mixing=batched.mixing(6), scale=batched.scale, batch=batched.batch),
        ),
        "AR2": (
            ar2,
            lambda: plain.alternating(
                environment(),
                SLOW,
                alpha=0.2,
                width=lambda age: float(ar2.confidence_width(age, 6)),
                epoch=ar2.epoch_length(6),
            ),
        ),
        "ExploreThenCommit": (
            ExploreThenCommit(pulls=100, wait=8),
            lambda: plain.committed(environment(), SLOW, wait=8, pulls=100),
        ),
    }


if __name__ == "__main__":
    for name, (learner, loop) in contestants(FAST).items():
        simulate(BANDIT, BUDGETS, learner, 10, seeds=[0])
        seconds, _ = median_seconds(lambda learner=learner: simulate(BANDIT, BUDGETS, learner, FAST, seeds=[0]))
        slow, _ = median_seconds(loop, 1)
        rate = FAST / seconds
        print(f"{name:18} {rate / 1e6:6.2f} million rounds per second, {rate / (SLOW / slow):6.0f} times the plain loop")
    workers, began = os.cpu_count() or 1, time.perf_counter()
    found = compare(
        BANDIT,
        BUDGETS,
        {name: learner for name, (learner, _) in contestants(10**6).items()},
        10**6,
        seeds=range(10),
        workers=workers,
    )
    print(f"10 trials of a million rounds of all {len(found)} learners, {workers} workers: {time.perf_counter() - began:.0f} s")
