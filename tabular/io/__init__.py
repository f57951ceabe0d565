"""Reading and writing models: Gymnasium's tables, the layout of the MDP toolboxes, and files.

The public way in is :class:`~tabular.MDP`: ``MDP.from_gymnasium``, ``MDP.from_mdptoolbox``, ``mdp.save`` and
``MDP.load``.
"""

from tabular.io.archive import load, save
from tabular.io.gymnasium import from_gymnasium
from tabular.io.toolbox import from_mdptoolbox

__all__ = ["from_gymnasium", "from_mdptoolbox", "load", "save"]
