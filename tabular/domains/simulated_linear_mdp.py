r"""The simulated linear MDP on which robust offline learners are compared.

States :math:`x_1, ..., x_5`, actions :math:`a \in \{-1, 1\}^4`, three steps. With :math:`u(a) = \delta + \|\xi\|_1 (a_1 + ... +
a_4) / 4` the factor 4 has weight u(a) in the first three states: it leads to :math:`x_5`, which pays 1 a step for good. The
factor 1 (or 2) leads on to the next of these states, but for a leak to the failed state :math:`x_4`. ``factors[h][3]`` is what a
test environment perturbs at the first step.

Source: the released programs of C. Tang, Z. Liu and P. Xu (ICML 2025), after Z. Liu and P. Xu (2024).
"""

from __future__ import annotations

from itertools import product

import numpy as np

from tabular._parameters import number, probability
from tabular.errors import ModelError
from tabular.linear_mdp.model import LinearMDP

__all__ = ["simulated_linear_mdp"]


def simulated_linear_mdp(
    strength: float = 0.2, *, offset: float = 0.3, leak: float = 0.001, perturbation: float | None = None
) -> LinearMDP:
    r"""The simulated linear MDP; rules in the module docstring.

    Parameters
    ----------
    strength : float >= 0
        :math:`\|\xi\|_1`.
    offset : float
        :math:`\delta`; ``offset - strength`` and ``offset + strength`` must be in [0, 1].
    leak : float in [0, 1]
        Of the factors 1 and 2, to the failed state.
    perturbation : float in [0, 1], optional
        q of a test environment: at the first step factor 4 leads to :math:`x_4` with probability q, and factor 1 does not leak.

    Raises
    ------
    ModelError
        If a parameter is out of its range.

    Examples
    --------
    >>> import tabular
    >>> from tabular.linear_mdp import LinearProblem
    >>> f"{tabular.solve(LinearProblem(simulated_linear_mdp())).values[0, 0]:.10f}"
    '1.6242501250'
    """
    size, middle, lost = number(strength, "strength", least=0.0), number(offset, "offset"), probability(leak, "leak")
    if not 0.0 <= middle - size <= middle + size <= 1.0:
        raise ModelError(f"offset {middle!r} -+ strength {size!r} leaves [0, 1], where the weight of factor 4 is")
    actions = np.array(list(product((-1, 1), repeat=4)))
    u = middle + size * actions.sum(axis=1) / 4
    phi = np.zeros((5, 16, 4))
    for s in range(3):
        phi[s, :, s] += 1.0 - u
        phi[s, :, 3] += u
    phi[3, :, 2] = phi[4, :, 3] = 1.0
    theta = np.zeros((3, 4))
    theta[1:, 3] = 1.0
    factors = np.zeros((3, 4, 5))
    factors[:, 0, 1], factors[:, 0, 3] = 1.0 - lost, lost
    factors[:, 1, 2], factors[:, 1, 3] = 1.0 - lost, lost
    factors[:, 2, 3] = factors[:, 3, 4] = 1.0
    if perturbation is not None:
        q = probability(perturbation, "perturbation")
        factors[0, 3] = [0, 0, 0, q, 1.0 - q]
        factors[0, 0] = [0, 1, 0, 0, 0]
    return LinearMDP(phi, factors, theta, initial=0)
