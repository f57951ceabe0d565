r"""Recourse: the nearby point whose worst-case failure is smallest, by projected gradient.

The feasible points are within a distance of the start and have :math:`\hat\theta_k^\top x \ge \rho_k \|x\|` for every component:
a ball and circular cones, each with a projection in closed form; Dykstra's algorithm projects on what they have in common.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy.optimize

from tabular import _arrays
from tabular._arrays import Float
from tabular.divergences import AmbiguitySet, FDivergence
from tabular.errors import ModelError, SolverError
from tabular.recourse.failure import Classifiers, angle_gradients, failure_gradients, failure_probabilities
from tabular.recourse.projections import Feasible

__all__ = ["Recourse", "recourse"]

FEASIBLE = 1e-7
"""Distance from the feasible set, in units of the start's norm plus the budget, that counts as none."""


@dataclass(frozen=True, eq=False)
class Recourse:
    r"""A recommended point.

    Attributes
    ----------
    point : (d,) array
    failure : float
        The objective: mean, or worst mean, of the components' worst-case probabilities of failure.
    probabilities : (K,) array
    start_failure : float
        The objective at the projection of the start on the feasible set.
    iterations : int
    residual : float
        :math:`\|P(x - L^2 \nabla f) - x\| / L` with L the start's norm plus the budget: 0 at a stationary point, which need not
        be a global minimum. With doubt about the weights it says nothing at kinks, where two components are equally bad.
    """

    point: Float
    failure: float
    probabilities: Float
    start_failure: float
    iterations: int
    residual: float

    def __repr__(self) -> str:
        return f"Recourse(failure {self.failure:.6g}, from {self.start_failure:.6g}; {self.iterations} steps)"


def recourse(
    start: Any,
    budget: float,
    classifiers: Classifiers,
    *,
    family: str = "moments",
    immutable: Any = (),
    divergence: FDivergence | AmbiguitySet | None = None,
    radius: float | None = None,
    tol: float = 1e-8,
    max_iterations: int = 2000,
) -> Recourse:
    r"""Minimise the worst-case failure over points within ``budget`` of ``start``.

    Parameters
    ----------
    start : (d,) array
        With a bias, its last entry is 1 and its index is in ``immutable``.
    budget : float >= 0
        Euclidean distance.
    classifiers : Classifiers
    family : "moments" or "gaussian"
    immutable : indices
        Entries that cannot change.
    divergence, radius
        Together: the weights of the components are in doubt too, and the objective is their worst mean within the radius.
        A radius of infinity is the largest of the components.
    tol : float
        Largest ``residual`` at which the search ends; it also ends where rounding leaves no descent.

    Raises
    ------
    ModelError
        If an argument is wrong, or if no point within the budget has a non-negative margin for every component.
    SolverError
        If the search stopped with a residual above ``tol`` and 1e-4: after ``max_iterations``, or where the feasible points are
        so few that projections do not converge. ``error.solution`` is the best feasible point found.

    Examples
    --------
    >>> one = Classifiers([1, 2, -1], [[.5, .1, 0], [.1, .3, 0], [0, 0, .1]], .2)
    >>> found = recourse([1, 0, 1], 1.0, one, immutable=[2])
    >>> found.point.round(4), round(found.failure, 4)
    (array([1.0198, 0.9998, 1.    ]), 0.3537)
    """
    origin = _arrays.as_float(start, "start")
    classifiers.discs(origin)
    if isinstance(budget, bool) or not isinstance(budget, (int, float, np.floating)) or not 0.0 <= budget < np.inf:
        raise ModelError(f"budget is {budget!r} (expected a number >= 0)")
    if (divergence is None) != (radius is None):
        raise ModelError("give a divergence and a radius for the weights, or neither")
    fixed = np.array(sorted({int(i) for i in np.atleast_1d(np.asarray(immutable, dtype=int))}), dtype=int)
    if fixed.size and not (0 <= fixed[0] and fixed[-1] < origin.size):
        raise ModelError(f"immutable has {immutable!r} (entries are 0..{origin.size - 1})")
    free = np.ones(origin.size, dtype=bool)
    free[fixed] = False
    feasible = Feasible(origin, float(budget), free, np.array(classifiers.means), np.array(classifiers.radii))
    scale = feasible.scale

    def objective(x: Float) -> tuple[float, Float]:
        each = failure_probabilities(x, classifiers, family)
        if divergence is None:
            return float(each @ classifiers.weights), classifiers.weights
        law = divergence.worst_case(-each, classifiers.weights, radius).distribution
        return float(each @ law), law

    first = feasible.project(origin)
    margins = classifiers.margins(first)
    if feasible.violation(first) > FEASIBLE * scale:
        k = int(np.argmin(margins))
        raise ModelError(
            f"no point within {budget:g} of the start has a non-negative margin for every component (the nearest one found "
            f"misses component {k} by {-float(margins[k]):.3g}); enlarge the budget or lower the radii"
        )

    def angles(x: Float) -> tuple[float, Float]:
        return float(angle_gradients(x, classifiers)[0] @ classifiers.weights), classifiers.weights

    gradients = partial(failure_gradients, classifiers=classifiers, family=family)
    towards = classifiers.weights @ classifiers.means
    inward = feasible.project(origin + budget * towards / (float(np.linalg.norm(towards)) or 1.0))
    found = []
    for guess in (first, inward):
        if float(np.linalg.norm(guess)) <= 1e-6 * scale or feasible.violation(guess) > FEASIBLE * scale:
            continue  # the origin is the apex of the cones: it fails for certain, and has no gradient
        # Where a margin is zero its sine squared is at its maximum and its slope is zero; the angle itself still has one.
        warm = _descend(guess, angles, lambda x: angle_gradients(x, classifiers)[1], feasible, tol, 100)[1]
        found += [_descend(x, objective, gradients, feasible, tol, max_iterations) for x in (guess, warm)]
    if not found:
        raise ModelError("only points near the origin are feasible, where every classifier is undecided; enlarge the budget")
    best = min(found, key=lambda run: run[0])
    failure, point, steps, residual = best if divergence is None else _past_kinks(best, objective, gradients, feasible)
    result = Recourse(point, failure, failure_probabilities(point, classifiers, family), objective(first)[0], steps, residual)
    if residual > max(tol, 1e-4) and divergence is None:
        raise SolverError(
            f"stopped after {steps} steps with residual {residual:.3g}, at the point in error.solution: raise max_iterations, "
            "or enlarge the budget if few points are feasible",
            result,
        )
    return result


def _descend(
    x: Float,
    objective: Callable[[Float], tuple[float, Float]],
    gradients: Callable[[Float], Float],
    feasible: Feasible,
    tol: float,
    most: int,
) -> tuple[float, Float, int, float]:
    """Spectral projected gradient (Birgin, Martinez and Raydan 2000): steps of Barzilai and Borwein, and Armijo's rule."""
    scale = feasible.scale
    value, law = objective(x)
    slope, step = law @ gradients(x), scale * scale
    count, residual = 0, np.inf
    while count < most:
        residual = float(np.linalg.norm(feasible.project(x - scale * scale * slope) - x)) / scale
        if residual <= tol:
            break
        count += 1
        direction = feasible.project(x - step * slope) - x
        descent, length = float(slope @ direction), 1.0
        while True:
            y = x + length * direction
            new, new_law = objective(y)
            enough = new <= value + 1e-4 * length * descent and feasible.violation(y) <= FEASIBLE * scale
            if enough or length < 1e-12:
                break
            length /= 2.0
        if not (enough and new < value):
            break
        new_slope = new_law @ gradients(y)
        moved, turned = y - x, new_slope - slope
        curvature = float(moved @ turned)
        step = min(max(float(moved @ moved) / curvature, 1e-6 * scale**2), 1e6 * scale**2) if curvature > 0.0 else 1e3 * scale**2
        x, value, slope = y, new, new_slope
    return value, x, count, residual


def _past_kinks(
    run: tuple[float, Float, int, float],
    objective: Callable[[Float], tuple[float, Float]],
    gradients: Callable[[Float], Float],
    feasible: Feasible,
) -> tuple[float, Float, int, float]:
    """Gradient sampling (Burke, Lewis and Overton 2005) from where the smooth search stopped: at a kink, the shortest vector
    among means of nearby gradients still descends."""
    scale = feasible.scale
    value, x, count, residual = run
    rng, reach = np.random.default_rng(0), 1e-2 * scale
    while reach > 1e-8 * scale:
        count += 1
        near = [x, *(x + reach * z / np.linalg.norm(z) for z in rng.standard_normal((2 * x.size, x.size)))]
        slopes = np.array([objective(y)[1] @ gradients(y) for y in near])
        weight = 1e3 * (float(np.abs(slopes).max()) or 1.0)  # makes the mixture sum to one, nearly
        mixture, _ = scipy.optimize.nnls(np.vstack([slopes.T, np.full(len(near), weight)]), np.append(np.zeros(x.size), weight))
        shortest = mixture @ slopes
        size, step, better = float(np.linalg.norm(shortest)), scale, False
        while size > 0.0 and step > reach / 4 and not better:
            y = feasible.project(x - step * shortest / size)
            new, _ = objective(y)
            better = new < value - 1e-6 * step * size and feasible.violation(y) <= FEASIBLE * scale
            step /= 2.0
        if better:
            value, x = new, y
        else:
            reach /= 4.0
    return value, x, count, residual
