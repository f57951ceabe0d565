"""Evidence for claims, one file per kind, by rising strength: sampled, searched, exact, covered, symbolic; and false siblings."""

KINDS = ("sampled", "searched", "exact", "covered", "symbolic")
