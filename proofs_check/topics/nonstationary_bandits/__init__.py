"""Claims and figures about nonstationary bandits: regret, information, and how unpredictable the best action is."""
