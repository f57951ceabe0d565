"""The adversary that found the suite of :func:`tabular.domains.separating_linear_mdp`, and wrote its file.

``python -m proofs_check.topics.robust_linear.separation_search`` does it again; the file it writes is the same on one machine,
    and any
machine decides what it says (``robust_linear.suite``).
"""

from __future__ import annotations

import json
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed

import tabular
from proofs_check.adversary import climb
from proofs_check.arithmetic import exact, lift
from proofs_check.spaces import Kernel, LogInterval, Product, Vector
from proofs_check.topics.robust_linear.formulas import EXACT_SETS, Linear, greedy

__all__ = ["CASES", "best_two", "find", "main", "separation_of"]

N_STATES, N_ACTIONS, D = 3, 2, 3
FREE = [(name, horizon, None) for name in EXACT_SETS for horizon in (2, 3)]
MODERATE = [(name, horizon, Fraction(1, 5) if name == "TV within" else Fraction(1, 2)) for name, horizon, _ in FREE]
CASES: list[tuple[str, int, Fraction | None]] = [*FREE, *MODERATE]
"""Sets and horizons, first with sizes that the search may choose, then with given ones: a radius of 1/5, a price of 1/2."""

SEEDS = 6
DENOMINATOR = 40
UNIQUE = Fraction(1, 1000)
"""Every best action of the stored models beats the other by at least so much, so that policies are unique."""

SPACE = Product.of(
    features=Kernel((N_STATES, N_ACTIONS), D),
    factors=Kernel((D,), N_STATES),
    theta=Vector(D, 0, 1),
    size=LogInterval(Fraction(1, 20), 2),
)


def best_two(q: Any) -> Any:
    """By how much the best action of each state beats the next."""
    return [sorted(row)[-1] - sorted(row)[-2] for row in q]


def separation_of(model: Linear, name: str, size: Any, horizon: int) -> tuple[Any, Any, Any]:
    """What the nominal policy loses under doubt, the robust one without, and the smallest gap between actions of either."""
    nothing = 0 * size
    found = {}
    for which, (set_name, s) in {"doubt": (name, size), "plain": ("TV within", nothing)}.items():
        values = [0 * model.mu[0]]
        policy: list[Any] = []
        gaps: list[Any] = []
        for _ in range(horizon):
            q = model.q_values(set_name, values[0], s)
            values.insert(0, np.array([max(row) for row in q]))
            policy.insert(0, greedy(q))
            gaps += best_two(q)
        found[which] = (values[0][0], policy, min(gaps))
    rows = np.arange(N_STATES)

    def worth(set_name: str, s: Any, policy: list[Any]) -> Any:
        v = 0 * model.mu[0]
        for actions in reversed(policy):
            v = model.q_values(set_name, v, s)[rows, actions]
        return v[0]

    under_doubt = found["doubt"][0] - worth(name, size, found["plain"][1])
    without = found["plain"][0] - worth("TV within", nothing, found["doubt"][1])
    return under_doubt, without, min(found["doubt"][2], found["plain"][2])


def _objective(u: Any, name: str, horizon: int, given: Fraction | None) -> float:
    """How far the first choice is separated: action 0 best in the nominal problem, action 1 best under doubt. Unlike the
    separation itself it also says how far models are from separating at all."""
    point = SPACE.point(list(u))
    size = _size(point["size"], name) if given is None else float(given)
    model = Linear(point["features"], point["factors"], point["theta"])
    first, gaps = {}, []
    for set_name, s in ((name, size), ("TV within", 0.0)):
        v = np.zeros(N_STATES)
        for _ in range(horizon):
            q = model.q_values(set_name, v, s)
            v = q.max(axis=1)
            gaps.append(float(np.abs(q[:, 0] - q[:, 1]).min()))
        first[s] = q[0, 1] - q[0, 0]
    return float(min(first[size], -first[0.0]) + min(0.0, min(gaps) - 0.02))


def _size(x: Any, name: str) -> float:
    return float(min(x, 0.95)) if name == "TV within" else float(x)


def _rounded(x: Any) -> Fraction:
    return Fraction(round(float(x) * DENOMINATOR), DENOMINATOR)


def _law(row: Any) -> list[Fraction]:
    masses = [_rounded(x) for x in row[:-1]]
    while sum(masses) > 1:
        masses[masses.index(max(masses))] -= Fraction(1, DENOMINATOR)
    return [*masses, 1 - sum(masses, Fraction(0))]


def find(name: str, horizon: int, given: Fraction | None, seed: int = 0, evaluations: int = 60_000) -> dict[str, Any]:
    """Search, round to fortieths, and state the separation of what is left, rounded down to six digits."""
    found = climb(partial(_objective, name=name, horizon=horizon, given=given), SPACE.dimension, evaluations, seed)
    point = SPACE.point(list(found.cube))
    data: dict[str, Any] = {
        "set": name,
        "horizon": horizon,
        "size": max(_rounded(_size(point["size"], name)), Fraction(1, DENOMINATOR)) if given is None else given,
        "features": [[_law(row) for row in state] for state in point["features"]],
        "factors": [_law(row) for row in point["factors"]],
        "theta": [_rounded(x) for x in point["theta"]],
    }
    with exact():
        model = Linear(*(lift(np.array(data[key], dtype=object)) for key in ("features", "factors", "theta")))
        under_doubt, without, gap = separation_of(model, name, lift(data["size"]), horizon)
        low = min(float(under_doubt), float(without))
        data["unique"] = bool(gap > lift(UNIQUE))
    data["separation"] = Fraction(int(low * 10**6), 10**6)
    return data


def suite(cases: list[tuple[str, int, Fraction | None]]) -> list[dict[str, Any]]:
    """The best of what several seeds find for each case."""
    runs = Parallel(n_jobs=2)(delayed(find)(*case, seed) for case in cases for seed in range(SEEDS))
    best = []
    for k, case in enumerate(cases):
        best.append(max(runs[SEEDS * k : SEEDS * (k + 1)], key=lambda d: (d["unique"], d["separation"])))
        print(*case, float(best[-1]["separation"]), best[-1]["unique"], flush=True)
    return best


def main() -> None:
    """Write the file of the suite."""
    target = Path(tabular.__file__).parent / "domains" / "separations.json"
    target.write_text(json.dumps(suite(CASES), default=str, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
