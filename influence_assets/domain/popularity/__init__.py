"""How a post will do, from what is known when it is published.

`build_features` says what was known, `fit` learns from it, `evaluate` tells how well.
Nothing here imports a learner before it is used.
"""

from influence_assets.domain.popularity.evaluation import Evaluation, Settings, evaluate
from influence_assets.domain.popularity.features import build_features
from influence_assets.domain.popularity.model import ALGORITHMS, PopularityModel, fit
from influence_assets.domain.popularity.prepare import DEFAULT_MATURITY
from influence_assets.domain.popularity.trees import Hyperparameters

__all__ = [
    "ALGORITHMS",
    "DEFAULT_MATURITY",
    "Evaluation",
    "Hyperparameters",
    "PopularityModel",
    "Settings",
    "build_features",
    "evaluate",
    "fit",
]
