"""Outward steps: strictly outside for every double, and one step only for all but the smallest."""

import numpy as np

from tabular.divergences.intervals import down, up


def doubles():
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**63, size=20_000, dtype=np.uint64).view(np.float64)
    powers = 2.0 ** np.arange(-1074, 1024)
    special = np.array([0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, np.inf])
    positive = np.concatenate([bits[~np.isnan(bits)], powers, np.nextafter(powers, 0), special])
    return np.concatenate([positive, -positive])


def test_steps_go_outward():
    x = doubles()
    with np.errstate(over="ignore"):
        below, above = np.nextafter(x, -np.inf), np.nextafter(x, np.inf)
    low, high = (np.array([step(y) for y in x]) for step in (down, up))
    assert (low <= below).all()
    assert (high >= above).all()
    large = (np.abs(x) > 1e-300) & np.isfinite(x)
    assert (low[large] == below[large]).all()
    assert (high[large] == above[large]).all()
    assert np.isnan(down(np.nan))
