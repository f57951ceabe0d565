"""Ratios of generators: true constants are proved, better ones refuted by a ratio that can be checked, and nothing is guessed."""

from fractions import Fraction

import numpy as np
import pytest

import tabular
from proofs_check.generator_ratios import NAMES, ONE, Constant, prove_ratio

HALF_LOG_2 = Constant(logarithmic=Fraction(1, 2))
F = Fraction
OURS = {
    "KL": tabular.KL(),
    "reverse KL": tabular.ReverseKL(),
    "chi-square": tabular.ChiSquare(),
    "Neyman": tabular.Neyman(),
    "squared Hellinger": tabular.SquaredHellinger(),
    "Jensen-Shannon": tabular.JensenShannon(),
    "Jeffreys": tabular.Jeffreys(),
    "triangular": tabular.Triangular(),
}

TRUE = [
    ("Jensen-Shannon", "squared Hellinger", F(1, 2), ONE),
    ("squared Hellinger", "Jensen-Shannon", ONE, HALF_LOG_2),
    ("Jensen-Shannon", "Jeffreys", F(1, 8), ONE),
    ("squared Hellinger", "Jeffreys", F(1, 4), ONE),
    ("triangular", "Jensen-Shannon", F(4), ONE),
    ("Jensen-Shannon", "triangular", HALF_LOG_2, ONE),
    ("triangular", "squared Hellinger", F(2), ONE),
    ("squared Hellinger", "triangular", F(1), ONE),
    ("KL", "chi-square", F(1), ONE),
    ("reverse KL", "Neyman", F(1), ONE),
    ("squared Hellinger", "KL", F(1), ONE),
    ("squared Hellinger", "reverse KL", F(1), ONE),
    ("KL", "Jeffreys", F(1), ONE),
    ("triangular", "chi-square", F(1), ONE),
]


@pytest.mark.parametrize(("f", "g", "constant", "share"), TRUE)
def test_true_constants_are_proved(f, g, constant, share):
    proof = prove_ratio(f, g, constant, share)
    assert proof.proved
    assert 3 < proof.boxes < 10_000


def scaled(x, factor):
    c = x if isinstance(x, Constant) else Constant(F(x))
    return Constant(c.rational * factor, c.logarithmic * factor)


SHARP = [case for case in TRUE if case[:2] != ("KL", "Jeffreys")]  # there the ratio is 1 - 1 / log t: too slow for any box


@pytest.mark.parametrize(("f", "g", "constant", "share"), SHARP)
def test_the_same_with_a_thousandth_less(f, g, constant, share):
    proof = prove_ratio(f, g, scaled(constant, F(999, 1000)), share)
    assert proof.outcome == "refuted"
    t = float(proof.witness)
    left = float(scaled(share, 1).ball()) * OURS[f].generator(t)
    right = float(scaled(constant, F(999, 1000)).ball()) * OURS[g].generator(t)
    assert left > right


@pytest.mark.parametrize("f", NAMES)
@pytest.mark.parametrize("g", NAMES)
def test_against_a_grid(f, g):
    """Whatever is proved holds on a grid of ratios, and whatever is refuted fails at its witness."""
    grid = np.geomspace(1e-6, 1e6, 2001)
    a, b = OURS[f].generator(grid), OURS[g].generator(grid)
    proof = prove_ratio(f, g, F(5, 4))
    if proof.proved:
        assert (a <= 1.25 * b * (1 + 1e-9) + 1e-15).all()
    elif proof.outcome == "refuted":
        t = float(proof.witness)
        assert OURS[f].generator(t) > 1.25 * OURS[g].generator(t)
    else:
        assert f == g  # the slack is a quarter of f itself: decided, or it says so
    assert proof.outcome != "undecided" or proof.where


def test_a_supremum_that_is_hardly_ever_approached_is_undecided():
    proof = prove_ratio("KL", "Jeffreys", F(999, 1000))
    assert proof.outcome == "undecided"
    assert "where q is nearly 0" in proof.where


def test_an_identity_is_not_called_proved():
    proof = prove_ratio("KL", "KL", F(1))
    assert proof.outcome == "undecided"
    assert "near p = q" in proof.where


def test_forms_are_the_generators():
    """The homogeneous forms agree with the divergences' own generators, at both ends of the axis."""
    from flint import arb, fmpq

    from proofs_check.generator_ratios import FORMS

    for name, form in FORMS.items():
        for p in (F(1, 100), F(1, 3), F(3, 2), F(199, 100)):
            q = 2 - p
            value = float(form.on_line(arb(fmpq(p.numerator, p.denominator)), arb(fmpq(q.numerator, q.denominator))))
            assert value == pytest.approx(float(q) * OURS[name].generator(float(p / q)), rel=1e-12)
        y = F(1, 7)
        front, log2, back = form.end(arb(1) / 7, arb(48) / 49)
        value = (float(front) + float(log2) * np.log(2) - float(back) * np.log(float(y))) / float(y) ** form.shift
        assert value == pytest.approx(float(y**2) * OURS[name].generator(float((1 - y**2) / y**2)), rel=1e-12)


@pytest.mark.parametrize(
    ("f", "g", "constant", "share", "message"),
    [
        ("Renyi", "KL", F(1), ONE, "no generator is called 'Renyi'"),
        ("KL", "chi-square", F(0), ONE, "expected a positive number"),
        ("KL", "Jeffreys", HALF_LOG_2, ONE, "without logarithms"),
        ("KL", "Jeffreys", F(1), HALF_LOG_2, "without logarithms"),
    ],
)
def test_bad_arguments(f, g, constant, share, message):
    with pytest.raises(ValueError, match=message):
        prove_ratio(f, g, constant, share)
