"""The reference model of the specification, solved under f-divergences: ten decimals."""

import numpy as np
import pytest

import tabular

P = np.array([[[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]], [[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]], [[0.3, 0.3, 0.4], [0.0, 0.2, 0.8]]])
REWARDS = np.array([[1.0, 0.0], [0.5, 0.2], [0.0, 0.8]])

WITHIN = {
    (tabular.KL(), 0.05): (7.0836853703, 6.4573018623, 6.8413991776),
    (tabular.KL(), 0.2): (6.4381029233, 5.8296424662, 6.2356245640),
    (tabular.ChiSquare(), 0.05): (7.2757265259, 6.6423889133, 7.0189816829),
    (tabular.ChiSquare(), 0.2): (6.8192713979, 6.1915951413, 6.6016671581),
    (tabular.ReverseKL(), 0.05): (7.0798856604, 6.4572554237, 6.8342866896),
    (tabular.ReverseKL(), 0.2): (6.4758356893, 5.8798176776, 6.2615660280),
}
PRICED = {0.5: (7.4870183135, 6.8543744922, 7.2276899008), 2.0: (7.6526167307, 7.0122770516, 7.3573791125)}


def check(problem, values):
    solution = tabular.solve(problem, tol=1e-11)
    assert solution.converged
    np.testing.assert_allclose(solution.values, values, rtol=0, atol=5.1e-11 + 1e-11 * 8)
    assert (solution.lower - 5.1e-11 <= values).all()
    assert (values <= solution.upper + 5.1e-11).all()
    assert (solution.actions == [0, 0, 1]).all()


@pytest.mark.parametrize(("D", "radius"), WITHIN, ids=repr)
def test_worst_cases(D, radius):
    check(tabular.Robust(tabular.MDP(P, REWARDS, 0.9), D, radius=radius), WITHIN[D, radius])


@pytest.mark.parametrize("penalty", PRICED)
def test_penalised(penalty):
    check(tabular.Robust(tabular.MDP(P, REWARDS, 0.9), tabular.ChiSquare(), penalty=penalty), PRICED[penalty])
