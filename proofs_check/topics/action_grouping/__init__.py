"""Action grouping: what merging loses, what it saves, and how to choose the groups."""
