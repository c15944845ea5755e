"""Contracts of the model layer: what was trained, how good it is, what drives it."""

from __future__ import annotations

import dataframely as dy

from influence_assets.contracts.base import table


def _model_id() -> dy.String:
    return dy.String(
        min_length=1, description="Task, platform, target, algorithm and content hash."
    )


def _platform() -> dy.String:
    return dy.String(min_length=1, description="Platform whose posts it was fitted on.")


def _target() -> dy.String:
    return dy.String(min_length=1, description="What is predicted: likes, engagement, …")


@table("models.registry", ("model_id",))
class Registry(dy.Schema):
    """A row is a trained model and the file that holds it."""

    model_id = _model_id()
    task = dy.String(description="popularity")
    platform = _platform()
    target = _target()
    algorithm = dy.String(description="xgboost or catboost")
    artifact_path = dy.String(description="File under the home's artifacts folder.")
    artifact_sha256 = dy.String(min_length=64, max_length=64, description="Checksum of that file.")
    inputs_path = dy.String(
        description="File with what turns features into the model's input: names, text axes."
    )
    inputs_sha256 = dy.String(min_length=64, max_length=64, description="Checksum of that file.")
    features = dy.List(dy.String(), description="Input columns, in order.")
    trained_from = dy.Datetime(description="First post of the training window, UTC.")
    trained_to = dy.Datetime(description="Last post of the training window, UTC.")
    training_rows = dy.Int64(min=1, description="Posts it was fitted on.")
    code_version = dy.String(description="Version of this package.")
    seed = dy.Int64(description="Seed of the fit.")
    status = dy.String(description="candidate, champion or retired")


@table(
    "models.evaluations",
    ("platform", "target", "protocol", "maturity_hours", "algorithm", "metric"),
)
class Evaluations(dy.Schema):
    """A row is one score of one predictor under one protocol.

    Protocol T tests on the last fifth of the time, C on authors not seen in training, R on a
    random fifth (only to tell how much that flatters).
    """

    platform = _platform()
    target = _target()
    protocol = dy.String(description="T (time), C (cold authors) or R (random).")
    maturity_hours = dy.Float64(
        min=0, description="Hours from publication until a label counts as known."
    )
    algorithm = dy.String(description="xgboost, catboost, ensemble or the name of a baseline.")
    is_baseline = dy.Bool(description="A rule of thumb that a model has to beat.")
    metric = dy.String(description="src, mae, r2 or src_within_author, of log(1 + target).")
    value = dy.Float64(nullable=True, description="The score; NULL where it is undefined.")
    ci_low = dy.Float64(nullable=True, description="2.5 % quantile of the bootstrap by author.")
    ci_high = dy.Float64(nullable=True, description="97.5 % quantile of the bootstrap by author.")
    train_rows = dy.Int64(min=0, description="Posts fitted on.")
    copies_left_out = dy.Int64(
        nullable=True,
        min=0,
        description="Posts not fitted on as they are copies of posts scored (see "
        "content.near_duplicates); NULL: written by a version that did not look.",
    )
    test_rows = dy.Int64(min=0, description="Posts scored.")
    test_authors = dy.Int64(min=0, description="Distinct authors scored.")


@table("models.importances", ("platform", "target", "algorithm", "feature"))
class Importances(dy.Schema):
    """A row is a driver: how much a feature moves the predictions."""

    platform = _platform()
    target = _target()
    algorithm = dy.String(description="xgboost or catboost")
    feature = dy.String(description="Input column; the text embedding counts as one.")
    mean_abs_shap = dy.Float64(
        min=0, description="Mean absolute SHAP value, in units of log(1 + target)."
    )
    share = dy.Float64(min=0, max=1, description="Part of the sum over the features.")
    direction = dy.Float64(
        nullable=True, min=-1, max=1, description="Spearman correlation of value and SHAP value."
    )
