"""Claims and figures about robust Markov decision processes: rectangular sets, penalties, noise, risk, and two examples."""
