"""Evidence for claims, one file per kind, in rising order of strength: sampled, searched, exact, symbolic."""

KINDS = ("sampled", "searched", "exact", "symbolic")
