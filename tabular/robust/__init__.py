"""What stands around robust problems: the kernel an adversary picks, radii against penalties, risk measures, signed noise.

The problems themselves are :func:`tabular.Robust`, solved by :func:`tabular.solve` like all others.
"""

from tabular.robust.multipliers import constrained_twin, multipliers, penalised_twin
from tabular.robust.risk import entropic_risk, nested_cvar, nested_entropic, return_law
from tabular.robust.signed_noise import NoiseSolution, SignedNoise, noise_spread, shared_noise_step
from tabular.robust.worst_models import worst_kernel, worst_model

__all__ = [
    "NoiseSolution",
    "SignedNoise",
    "constrained_twin",
    "entropic_risk",
    "multipliers",
    "nested_cvar",
    "nested_entropic",
    "noise_spread",
    "penalised_twin",
    "return_law",
    "shared_noise_step",
    "worst_kernel",
    "worst_model",
]
