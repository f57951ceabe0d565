"""Robust and regularised backups by definition: rationals where the answer is rational, fifty digits where it is not."""

from __future__ import annotations

from fractions import Fraction

import mpmath

DIGITS = 50


def fractions(x):
    """Doubles as the rationals that they stand for."""
    return [Fraction(float(y)) for y in x]


def total_variation(v, p, radius):
    """Take from the largest values, give to the smallest."""
    law, left = list(p), Fraction(radius)
    target = min(range(len(v)), key=lambda i: v[i])
    for i in sorted(range(len(v)), key=lambda i: -v[i]):
        step = min(law[i], left)
        law[i] -= step
        law[target] += step
        left -= step
    return sum(q * x for q, x in zip(law, v, strict=True))


def total_variation_penalty(v, p, penalty):
    """Clipped mean."""
    top = min(v) + Fraction(penalty)
    return sum(q * min(x, top) for q, x in zip(p, v, strict=True))


def contamination(v, p, radius):
    """A share of the mean, the rest at the minimum."""
    r = Fraction(radius)
    return (1 - r) * sum(q * x for q, x in zip(p, v, strict=True)) + r * min(v)


def l_infinity(v, p, radius):
    """Fill the box from the lowest values."""
    r = Fraction(radius)
    law = [max(q - r, Fraction(0)) for q in p]
    left = 1 - sum(law)
    for i in sorted(range(len(v)), key=lambda i: v[i]):
        step = min(min(p[i] + r, Fraction(1)) - law[i], left)
        law[i] += step
        left -= step
    return sum(q * x for q, x in zip(law, v, strict=True))


def cvar(v, p, level):
    """Mean of the lowest mass."""
    left, total = Fraction(level), Fraction(0)
    for i in sorted(range(len(v)), key=lambda i: v[i]):
        step = min(p[i], left)
        total += step * v[i]
        left -= step
    return total / Fraction(level)


def _support(v, p):
    return [
        (mpmath.mpf(x.numerator) / x.denominator, mpmath.mpf(q.numerator) / q.denominator) for x, q in zip(v, p, strict=True) if q
    ]


def kl(v, p, radius):
    """Tilt until the divergence is spent."""
    pairs = _support(v, p)
    m = min(x for x, _ in pairs)
    rho = mpmath.mpf(radius)
    if all(x == m for x, _ in pairs) or radius == 0:
        return sum(x * q for x, q in pairs)
    if rho >= -mpmath.log(sum(q for x, q in pairs if x == m)):
        return m

    def tilt(t):
        w = [q * mpmath.exp(-t * (x - m)) for x, q in pairs]
        z = sum(w)
        mean = sum(a * (x - m) for a, (x, _) in zip(w, pairs, strict=True)) / z
        return mean, -t * mean - mpmath.log(z)

    low, high = mpmath.mpf(-60), mpmath.mpf(60)
    for _ in range(190):
        x = (low + high) / 2
        if tilt(mpmath.exp(x))[1] < rho:
            low = x
        else:
            high = x
    return m + tilt(mpmath.exp(low))[0]


def kl_penalty(v, p, penalty):
    """Entropic risk."""
    pairs, beta = _support(v, p), mpmath.mpf(penalty)
    m = min(x for x, _ in pairs)
    return m - beta * mpmath.log(sum(q * mpmath.exp((m - x) / beta) for x, q in pairs))


def chi_square_penalty(v, p, penalty):
    """The root of E (alpha - V)_+ = 2 lambda after a sort."""
    twice = 2 * Fraction(penalty)
    mass = moment = Fraction(0)
    for x, q in sorted((x, q) for x, q in zip(v, p, strict=True) if q):
        if x * mass - moment > twice:
            break
        mass, moment = mass + q, moment + q * x
    alpha = (twice + moment) / mass
    law = [q * max(alpha - x, Fraction(0)) / twice for x, q in zip(v, p, strict=True)]
    distance = sum((a - q) ** 2 / q for a, q in zip(law, p, strict=True) if q)
    return sum(a * x for a, x in zip(law, v, strict=True)) + twice / 2 * distance


def chi_square(v, p, radius):
    """``q ~ p (c - V)_+`` with c by bisection."""
    pairs = _support(v, p)
    m, top = min(x for x, _ in pairs), max(x for x, _ in pairs)
    rho = mpmath.mpf(radius)
    if top == m or radius == 0:
        return sum(x * q for x, q in pairs)
    if rho >= 1 / sum(q for x, q in pairs if x == m) - 1:
        return m

    def law(c):
        w = [q * max(c - x, 0) for x, q in pairs]
        z = sum(w)
        mean = sum(a * x for a, (x, _) in zip(w, pairs, strict=True)) / z
        return mean, sum(a * a / q for a, (_, q) in zip(w, pairs, strict=True)) / z**2 - 1

    low, high = mpmath.mpf(-60), mpmath.mpf(60)
    for _ in range(190):
        x = (low + high) / 2
        if law(m + (top - m) * mpmath.exp(x))[1] > rho:
            low = x
        else:
            high = x
    return law(m + (top - m) * mpmath.exp(high))[0]


def mean(v, p, _):
    """The ordinary backup."""
    return sum(q * x for q, x in zip(p, v, strict=True))


def q_value(r, gamma, row, v, inner, strength):
    """``r + gamma sigma F(v)`` with the stored row divided by its sum sigma."""
    p = fractions(row)
    sigma = sum(p)
    worst = inner(v, [x / sigma for x in p], strength)
    factor = Fraction(float(gamma)) * sigma
    if isinstance(worst, Fraction):
        return Fraction(float(r)) + factor * worst
    return mpmath.mpf(float(r)) + mpmath.mpf(factor.numerator) / factor.denominator * worst


def as_mp(x):
    """A rational in fifty digits."""
    return mpmath.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else mpmath.mpf(x)


def soft(q, mu, strength):
    """``strength log sum mu exp(q / strength)``."""
    top = max(as_mp(x) for x in q)
    total = sum(as_mp(m) * mpmath.exp((as_mp(x) - top) / strength) for x, m in zip(q, mu, strict=True))
    return top + strength * mpmath.log(total)


def sparse(q, strength):
    """Tsallis entropy of order 2, ``max <pi, q> + strength (1 - |pi|^2)``: sorted, exactly."""
    z = sorted((x / (2 * strength) for x in q), reverse=True)
    for k in range(len(z), 0, -1):
        nu = (sum(z[:k]) - 1) / k
        if z[k - 1] > nu:
            break
    pi = [max(x / (2 * strength) - nu, Fraction(0)) for x in q]
    return sum(a * x for a, x in zip(pi, q, strict=True)) + strength * (1 - sum(a * a for a in pi))
