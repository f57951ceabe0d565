"""Finding claims: those of the topics of this package, and those of any Python file."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterable
from pathlib import Path

from proofs_check import claim as claim_module
from proofs_check.claim import Claim, ClaimError

__all__ = ["claims", "did_you_mean", "home", "known"]

_TOPICS = "proofs_check.topics."


def known() -> dict[str, Claim]:
    """The claims that are registered so far, by slug."""
    return dict(claim_module._REGISTRY)


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """A question about the nearest name, empty if none is near."""
    near = difflib.get_close_matches(word, sorted(names), n=1)
    return f"did you mean {near[0]!r}?" if near else ""


def claims(slugs: Iterable[str] | None = None) -> list[Claim]:
    """All claims in the order of their slugs, or those of the given topics (``"mdp"``), slugs (``"mdp.contraction"``) and files.

    A file (``"mine.py"``) is any Python file that registers claims; it is run once.

    Raises
    ------
    ClaimError
        For an unknown slug, with the nearest known one, and for a file that is missing, does not run or has no claims.
    """
    topics = importlib.import_module("proofs_check.topics")
    for module in pkgutil.iter_modules(topics.__path__):
        name = f"{_TOPICS}{module.name}.claims"
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)
    if slugs is None:
        return [claim_module._REGISTRY[slug] for slug in sorted(claim_module._REGISTRY)]
    chosen: dict[str, Claim] = {}
    for slug in slugs:
        if slug.endswith(".py"):
            chosen.update({c.slug: c for c in _of_file(Path(slug))})
            continue
        found = {name: c for name, c in sorted(claim_module._REGISTRY.items()) if name == slug or name.startswith(slug + ".")}
        if not found:
            names = sorted({name.split(".")[0] for name in claim_module._REGISTRY})
            near = did_you_mean(slug, [*names, *claim_module._REGISTRY])
            raise ClaimError(f"no claim is called {slug!r}; " + (near or f"topics: {', '.join(names)}"))
        chosen.update(found)
    return list(chosen.values())


def home(claim: Claim) -> str | None:
    """The file that another process has to run to know a claim; ``None`` for the claims of this package.

    Raises
    ------
    ClaimError
        If it was not defined in a file.
    """
    if claim.sides.__module__.startswith(_TOPICS):
        return None
    file = Path(claim.sides.__code__.co_filename)
    if not file.is_file():
        raise ClaimError(f"{claim.slug} was defined in {file}: other processes need a file; write it to one, or use jobs=1")
    return str(file.resolve())


def _of_file(path: Path) -> list[Claim]:
    """The claims that a file registers."""
    file = path.resolve()
    name = f"claims of {file}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file) if file.is_file() else None
        if spec is None or spec.loader is None:
            raise ClaimError(f"there is no file {path}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            del sys.modules[name]
            if isinstance(error, ClaimError):
                raise
            raise ClaimError(f"{path} does not run: {type(error).__name__}: {error}") from error
    found = [c for _, c in sorted(claim_module._REGISTRY.items()) if c.sides.__module__ == name]
    if not found:
        raise ClaimError(f"{path} registers no claims")
    return found
