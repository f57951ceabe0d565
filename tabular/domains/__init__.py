"""Models that papers and textbooks keep coming back to, each with its parameters, formulas and source.

| domain | states | actions | storage |
|---|---|---|---|
| :func:`garnet` | random, S | A | dense or CSR |
| :func:`chain` | a line of n | forward, back | CSR |
| :func:`river_swim` | a line of n | left, right | CSR |
| :func:`grid_world`, :func:`grid_world_from_map` | cells, row by row | left, down, right, up | CSR |
| :func:`inventory` | units on hand, 0 to capacity | units ordered | CSR |
| :func:`continuous_inventory` | levels of a divisible good | thousands of order quantities | CSR |
| :func:`compass_world` | cells, row by row | headings | CSR |
| :func:`similar_garnet` | random, S | groups of similar actions | dense or CSR |
| :func:`forest` | age classes | wait, cut | CSR |
| :func:`gambler` | capital, 0 to the goal | stakes | CSR |
| :func:`american_put` | nodes of a price lattice, and the exit | continue, exercise | CSR |

Linear models (:mod:`tabular.linear_mdp`): :func:`simulated_linear_mdp`, :func:`liu_xu_instance`, the suite of
:func:`separating_linear_mdp`, and the put for learners, :func:`put_features` with :func:`put_episodes`.
"""

from tabular.domains.american_put import AmericanPut, american_put
from tabular.domains.chain import chain
from tabular.domains.compass_world import compass_world
from tabular.domains.continuous_inventory import continuous_inventory
from tabular.domains.forest import forest
from tabular.domains.gambler import gambler
from tabular.domains.garnet import garnet
from tabular.domains.grid_world import grid_world, grid_world_from_map
from tabular.domains.inventory import inventory
from tabular.domains.linear_put import put_episodes, put_features
from tabular.domains.lower_bound import liu_xu_instance
from tabular.domains.river_swim import river_swim
from tabular.domains.separations import separating_linear_mdp
from tabular.domains.similar_garnet import SimilarGarnet, similar_garnet
from tabular.domains.simulated_linear_mdp import simulated_linear_mdp

__all__ = [
    "AmericanPut",
    "SimilarGarnet",
    "american_put",
    "chain",
    "compass_world",
    "continuous_inventory",
    "forest",
    "gambler",
    "garnet",
    "grid_world",
    "grid_world_from_map",
    "inventory",
    "liu_xu_instance",
    "put_episodes",
    "put_features",
    "river_swim",
    "separating_linear_mdp",
    "similar_garnet",
    "simulated_linear_mdp",
]
