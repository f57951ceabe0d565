"""One verification of a topic for all tests of its claims."""

import pytest

from proofs_check.verification import verify


@pytest.fixture(scope="module")
def verified(request):
    """Results by slug, of everything that the module's ``VERIFIED`` names, at its ``BUDGET``."""
    budget = getattr(request.module, "BUDGET", "quick")
    return {result.slug: result for result in verify(request.module.VERIFIED, budget=budget)}
