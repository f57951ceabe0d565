"""Evidence for claims, one file per kind, in rising order of strength: sampled, searched, exact, symbolic; and false siblings."""

KINDS = ("sampled", "searched", "exact", "symbolic")
