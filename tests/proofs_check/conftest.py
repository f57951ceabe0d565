"""Planted claims: small, with known answers, registered only for the duration of a test."""

import pytest
from hypothesis import strategies as st

import proofs_check.claim as module
from proofs_check import claims
from proofs_check.claim import claim


@pytest.fixture
def registry(monkeypatch):
    """The registry of claims, as it was when the test began."""
    claims()
    monkeypatch.setattr(module, "_REGISTRY", dict(module._REGISTRY))
    monkeypatch.delitem(module._STATUS, "test.planted", raising=False)
    return module._REGISTRY


@pytest.fixture
def plant(registry):
    """``plant(sides, sibling, **arguments)`` registers a claim ``test.planted`` about x in [0, 2]."""

    def make(sides, *siblings, relation="<=", **arguments):
        sides.__doc__ = sides.__doc__ or "planted"
        arguments = {
            "paper": "nobody",
            "instances": st.builds(dict, x=st.floats(0, 2)),
            "allowance": lambda **_: 0.0,
            "arithmetics": ("float",),
            **arguments,
        }
        registry.pop("test.planted", None)
        made = claim("test.planted", relation, **arguments)(sides)
        for i, sibling in enumerate(siblings):
            made.false_sibling(f"planted {i}")(sibling)
        return made

    return make
