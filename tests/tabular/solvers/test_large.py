"""A million states within 2 GiB, in a process of its own."""

import re
import subprocess
import sys

import pytest

SCRIPT = """
import resource, tabular
mdp = tabular.domains.garnet(1_000_000, 4, 5, gamma=0.95, rng=0)
solution = tabular.solve(mdp)
print(solution.converged, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_a_million_states_fit_in_two_gibibytes():
    out = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout
    converged, kibibytes = re.fullmatch(r"(\w+) (\d+)\n", out).groups()
    assert converged == "True"
    assert int(kibibytes) < 2 * 1024**2


def test_sparse_models_never_become_dense(monkeypatch):
    """Ten thousand states: an (S, A, S) array would take 1.6 GB, so any call that makes one is caught by its size."""
    import numpy as np

    import tabular

    mdp = tabular.domains.garnet(10_000, 2, 3, gamma=0.9, rng=0)
    biggest = 0
    for name in ("empty", "zeros", "ones", "full"):
        original = getattr(np, name)

        def watched(*args, original=original, **kwargs):
            nonlocal biggest
            out = original(*args, **kwargs)
            biggest = max(biggest, out.size)
            return out

        monkeypatch.setattr(np, name, watched)
    for method in (tabular.ValueIteration(), tabular.ModifiedPolicyIteration(), tabular.PolicyIteration()):
        assert tabular.solve(mdp, method).converged
    assert 0 < biggest < 10_000 * 100
