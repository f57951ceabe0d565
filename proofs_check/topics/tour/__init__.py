"""The guided tour: a first problem, solved and looked at."""
