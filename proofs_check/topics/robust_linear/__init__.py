"""Claims and figures about linear models: d-rectangular sets, offline learners, their benchmarks, and recourse."""
