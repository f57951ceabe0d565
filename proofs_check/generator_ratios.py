r"""Proofs that multiples of two f-divergences compare, ``a D_f <= c D_g``, on all finite spaces.

It is enough that :math:`a f \le c\, g` everywhere. On the line p + q = 2 of masses p = 1 + z and q = 1 - z a generator becomes

.. math:: F(z) = (1 - z)\, f\Bigl(\frac{1 + z}{1 - z}\Bigr), \qquad -1 < z < 1,

convex with minimum 0 at z = 0, so that it rises away from 0. The axis is covered in ball arithmetic, without a gap:

* near 0, where both sides vanish, by the exact (rational) Taylor coefficients of :math:`h = c\,G - a F` from the first that is
  not zero, and a remainder in balls;
* in between, by boxes: :math:`c\, G(\text{near end}) \ge a F(\text{far end})` is enough on a box, because both sides rise;
* near the ends, in the square root y of the mass that vanishes: :math:`h = A(y) - B(y) \log y` with analytic A and B, whose
  leading terms decide. Coefficients are kept as r + s log 2 with rational r and s, so that equality at an end is seen as such.

>>> prove_ratio("Jensen-Shannon", "squared Hellinger", Fraction(1, 2)).outcome
'proved'
>>> prove_ratio("Jensen-Shannon", "squared Hellinger", Fraction(49, 100)).outcome
'refuted'
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, arb_series, ctx, fmpq, fmpq_series

__all__ = ["NAMES", "ONE", "Constant", "RatioProof", "prove_ratio"]

ORDER = 14
"""Taylor polynomials have this many terms before the remainder."""
PRECISION = 128
NEAR_ZERO = fmpq(1, 8)
MOST_BOXES = 20_000


@dataclass(frozen=True)
class Constant:
    """The number ``rational + logarithmic * log 2``."""

    rational: Fraction = Fraction(0)
    logarithmic: Fraction = Fraction(0)

    def ball(self) -> arb:
        """An enclosure at the current precision."""
        return arb(_q(self.rational)) + arb(_q(self.logarithmic)) * arb(2).log()

    def __str__(self) -> str:
        parts = [str(self.rational)] if self.rational or not self.logarithmic else []
        return " + ".join(parts + ([f"{self.logarithmic} log 2"] if self.logarithmic else []))


ONE = Constant(Fraction(1))


@dataclass(frozen=True)
class RatioProof:
    """The outcome for ``share * f <= constant * g``.

    ``outcome`` is ``proved``, ``refuted`` (then ``witness`` is a ratio t = p / q at which it fails, itself decided in balls) or
    ``undecided`` (then ``where`` says near which end). ``boxes`` counts boxes, the neighbourhoods of 0 and of the ends included.
    """

    f: str
    g: str
    share: str
    constant: str
    outcome: str
    boxes: int
    witness: Fraction | None = None
    where: str = ""

    @property
    def proved(self) -> bool:
        """Whether the inequality is proved for every t > 0."""
        return self.outcome == "proved"

    def __str__(self) -> str:
        factors = ["" if x == "1" else x + " " for x in (self.share, self.constant)]
        said = f"{factors[0]}{self.f} <= {factors[1]}{self.g}: {self.outcome}"
        return said + (f" at p/q = {self.witness}" if self.witness is not None else f" {self.where}".rstrip())


@dataclass(frozen=True)
class _Form:
    """A generator on p + q = 2 and, near z = 1, on p + q = 1 with q = y^2 as ``y^-shift (A + S log 2 - B log y)``."""

    on_line: Callable[[Any, Any], Any]
    end: Callable[[Any, Any], tuple[Any, Any, Any]]
    shift: int = 0
    mirrored: str = ""


def _log(x: Any) -> Any:
    return x.log()


# Near the end: p = 1 - y^2 and q = y^2, so log q = 2 log y. ``end(y, p)`` gives A, S, B.
FORMS: dict[str, _Form] = {
    "KL": _Form(
        lambda p, q: p * (_log(p) - _log(q)) - p + q, lambda y, p: (p * _log(p) - p + y * y, 0 * y, 2 * p), mirrored="reverse KL"
    ),
    "reverse KL": _Form(
        lambda p, q: q * (_log(q) - _log(p)) - q + p, lambda y, p: (p - y * y - y * y * _log(p), 0 * y, -2 * y * y), mirrored="KL"
    ),
    "chi-square": _Form(
        lambda p, q: (p - q) * (p - q) / q, lambda y, p: ((p - y * y) * (p - y * y), 0 * y, 0 * y), shift=2, mirrored="Neyman"
    ),
    "Neyman": _Form(
        lambda p, q: (p - q) * (p - q) / p, lambda y, p: ((p - y * y) * (p - y * y) / p, 0 * y, 0 * y), mirrored="chi-square"
    ),
    "squared Hellinger": _Form(lambda p, q: p + q - 2 * (p * q).sqrt(), lambda y, p: (1 - 2 * y * p.sqrt(), 0 * y, 0 * y)),
    "Jensen-Shannon": _Form(
        lambda p, q: (p * _log(2 * p / (p + q)) + q * _log(2 * q / (p + q))) / 2,
        lambda y, p: (p * _log(p) / 2, 0 * y + fmpq(1, 2), -y * y),
    ),
    "Jeffreys": _Form(lambda p, q: (p - q) * (_log(p) - _log(q)), lambda y, p: ((p - y * y) * _log(p), 0 * y, 2 * (p - y * y))),
    "triangular": _Form(lambda p, q: (p - q) * (p - q) / (p + q), lambda y, p: ((p - y * y) * (p - y * y), 0 * y, 0 * y)),
}
NAMES = tuple(FORMS)
"""The generators that have a form."""
ALGEBRAIC = ("squared Hellinger", "triangular", "chi-square", "Neyman")
"""Those without logarithms."""


def prove_ratio(f: str, g: str, constant: Fraction | Constant, share: Fraction | Constant = ONE) -> RatioProof:
    """Prove or refute ``share * f <= constant * g`` pointwise, hence ``share * D_f <= constant * D_g`` on all finite spaces.

    Raises
    ------
    ValueError
        For an unknown generator, a factor that is not positive, or one with log 2 before a generator that has logarithms itself.
    """
    for name in (f, g):
        if name not in FORMS:
            raise ValueError(f"no generator is called {name!r} (known: {', '.join(NAMES)})")
    c, a = (x if isinstance(x, Constant) else Constant(Fraction(x)) for x in (constant, share))
    before = ctx.prec, ctx.cap
    ctx.prec, ctx.cap = PRECISION, ORDER + 1
    try:
        for factor, name in ((a, f), (c, g)):
            if not factor.ball() > 0:
                raise ValueError(f"the factor of {name} is {factor} (expected a positive number)")
            if factor.logarithmic and name not in ALGEBRAIC:
                raise ValueError(f"a factor with log 2 needs a generator without logarithms, not {name}")
        return _prove(f, g, a, c)
    finally:
        ctx.prec, ctx.cap = before


def _prove(f: str, g: str, a: Constant, c: Constant) -> RatioProof:
    mirrored = FORMS[f].mirrored or f, FORMS[g].mirrored or g
    boxes = 0
    undecided: list[str] = []
    if not _near_zero(f, g, a, c):
        undecided.append("near p = q")
    for pair, sign in (((f, g), 1), (mirrored, -1)):
        last = _end(*pair, a, c)
        if last is None:
            undecided.append("where q is nearly 0" if sign > 0 else "where p is nearly 0")
        # z = 1 - 2 y^2 at the border of the end's neighbourhood
        border = fmpq(1) - 2 * (last if last is not None else fmpq(1, 1024)) ** 2
        used, witness = _middle(*pair, a, c, NEAR_ZERO, border)
        boxes += used
        if witness is None and undecided:
            witness = _outside(*pair, a, c)
        if witness is not None:
            t = (1 + witness) / (1 - witness)
            t = t if sign > 0 else 1 / t
            return RatioProof(f, g, str(a), str(c), "refuted", boxes, Fraction(int(t.p), int(t.q)))
        if used >= MOST_BOXES:
            undecided.append(f"in {MOST_BOXES} boxes")
    return RatioProof(f, g, str(a), str(c), "undecided" if undecided else "proved", boxes + 3, where="; ".join(undecided))


# --- in between ----------------------------------------------------------------------------------------------------------------


def _at(name: str, z: fmpq) -> arb:
    return FORMS[name].on_line(arb(1 + z), arb(1 - z))


def _middle(f: str, g: str, a: Constant, c: Constant, low: fmpq, high: fmpq) -> tuple[int, fmpq | None]:
    """Boxes from low to high, halved until each is decided; their number, and a point of violation."""
    pending, boxes, ratio = [(low, high)], 0, c.ball() / a.ball()
    while pending and boxes < MOST_BOXES:
        near, far = pending.pop()
        boxes += 1
        bound = ratio * _at(g, near)
        if bound < _at(f, near):
            return boxes, near
        if not bound >= _at(f, far):
            middle = (near + far) / 2
            pending += [(middle, far), (near, middle)]
    return boxes, None


def _outside(f: str, g: str, a: Constant, c: Constant) -> fmpq | None:
    """A point of violation nearer to 0 or to the end than the boxes, if one of a few is decided."""
    for k in range(1, 13):
        step = fmpq(1, 10**k)
        for z in (step, 1 - step):
            if c.ball() * _at(g, z) < a.ball() * _at(f, z):
                return z
    return None


# --- near 0 --------------------------------------------------------------------------------------------------------------------


def _near_zero(f: str, g: str, a: Constant, c: Constant) -> bool:
    """Whether ``h = c G - a F >= 0`` for ``|z| <= NEAR_ZERO``: an even contact whose bracket stays positive."""
    z = fmpq_series([0, 1])
    exact = [FORMS[name].on_line(1 + z, 1 - z) for name in (f, g)]
    coefficients = [
        (
            _q(c.rational) * exact[1][k] - _q(a.rational) * exact[0][k],
            _q(c.logarithmic) * exact[1][k] - _q(a.logarithmic) * exact[0][k],
        )
        for k in range(ORDER)
    ]
    contact = next((k for k, pair in enumerate(coefficients) if any(x != 0 for x in pair)), None)
    if contact is None or contact % 2:
        return False
    radius = arb(0, NEAR_ZERO)
    ball = arb_series([radius, 1])
    rest = [FORMS[name].on_line(1 + ball, 1 - ball)[ORDER] for name in (f, g)]
    log2, bracket = arb(2).log(), c.ball() * rest[1] - a.ball() * rest[0]
    for x, y in reversed(coefficients[contact:]):
        bracket = bracket * radius + arb(x) + arb(y) * log2
    return bool(bracket > 0)


# --- near an end ---------------------------------------------------------------------------------------------------------------


def _end(f: str, g: str, a: Constant, c: Constant) -> fmpq | None:
    """A rational d such that ``h >= 0`` for ``0 < y <= d``, or ``None`` if no d was found."""
    for k in range(3, 11):
        border = fmpq(1, 2**k)
        if _end_up_to(f, g, a, c, border):
            return border
    return None


def _end_up_to(f: str, g: str, a: Constant, c: Constant, border: fmpq) -> bool:
    """Leading terms of ``h = A - B log y`` after division by the lowest power: both are enclosed on (0, border]."""
    log2, start = arb(2).log(), -arb(border).log()
    y = fmpq_series([0, 1])
    ball = arb(border) / 2
    wide = arb_series([ball + arb(0, border / 2), 1])
    shift = max(FORMS[f].shift, FORMS[g].shift)
    parts = []
    for series in (y, wide):
        one = []
        for name in (f, g):
            form = FORMS[name]
            lift = series ** (shift - form.shift) if shift > form.shift else 1 + 0 * series
            one.append([lift * x for x in form.end(series, 1 - series * series)])
        parts.append(one)
    (exact_f, exact_g), (rest_f, rest_g) = parts
    # h = A - B log y, and A = rational + s log 2: a factor with log 2 stands before a generator without
    front_parts = [(_front(exact_g, c, k), _front(exact_f, a, k)) for k in range(ORDER)]
    fronts = [(x[0] - y[0], x[1] - y[1]) for x, y in front_parts]
    backs = [_q(c.rational) * exact_g[2][k] - _q(a.rational) * exact_f[2][k] for k in range(ORDER)]
    i = next((k for k, pair in enumerate(fronts) if any(x != 0 for x in pair)), None)
    j = next((k for k, x in enumerate(backs) if x != 0), None)
    if i is None:
        return False
    rest_a, rest_b = (
        c.ball() * u - a.ball() * v
        for u, v in (
            (rest_g[0][ORDER] + rest_g[1][ORDER] * log2, rest_f[0][ORDER] + rest_f[1][ORDER] * log2),
            (rest_g[2][ORDER], rest_f[2][ORDER]),
        )
    )
    m = i if j is None else min(i, j)
    upper = wide[0]
    front = rest_a
    for x, s in reversed(fronts[m:]):
        front = front * upper + arb(x) + arb(s) * log2
    if j is None:
        return bool(front > 0)
    back = rest_b
    for x in reversed(backs[j:]):
        back = back * upper + arb(x)  # B / y^j, and -log y >= start > 0
    if j == m:
        return bool(back >= 0 and front + back * start > 0)
    # y^(j-m) (-log y) rises up to y = exp(-1/(j-m)), and border is below that
    if not arb(border) < (-arb(1) / (j - m)).exp():
        return False
    most = arb(border) ** (j - m) * start
    return bool(front - abs(back) * most > 0)


def _front(parts: Any, factor: Constant, k: int) -> tuple[fmpq, fmpq]:
    """Coefficient k of factor times ``A + S log 2``, as a rational and a multiple of log 2."""
    r, s = _q(factor.rational), _q(factor.logarithmic)
    return r * parts[0][k], s * parts[0][k] + r * parts[1][k]


def _q(x: Fraction) -> fmpq:
    return fmpq(x.numerator, x.denominator)
