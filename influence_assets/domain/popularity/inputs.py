"""The matrix that the trees see: numeric features, kinds, and the text embedding made small.

Belongs here: all that is learnt from the training rows before the trees are: which
features say anything, which kinds there are, the principal components.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from influence_assets.contracts.features import FEATURE_COLUMNS
from influence_assets.domain.popularity.prepare import KIND

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Inputs:
    """How a frame of features becomes the matrix of the trees; fitted on training rows alone.

    Attributes:
        feature_names: numeric features, in order.
        kinds: kinds of post that have a column of their own ("?" is an unknown kind).
        pca_mean: mean embedding, float32, shape (d,); (0,) without embeddings.
        pca_components: principal axes, float32, shape (k, d); (0, 0) without embeddings.
        level: base of a post for which none can be said (median of the training labels).
    """

    feature_names: tuple[str, ...]
    kinds: tuple[str, ...]
    pca_mean: F32
    pca_components: F32
    level: float

    @property
    def columns(self) -> list[str]:
        """Names of the matrix's columns: features, one per kind, one per component.

        Kinds and components are numbered: XGBoost refuses names with brackets or "<".
        """
        kinds = [f"kind_{i}" for i in range(len(self.kinds))]
        return [
            *self.feature_names,
            *kinds,
            *(f"text_{i}" for i in range(len(self.pca_components))),
        ]

    def base(self, features: pl.DataFrame) -> F64:
        """Where the predictions start, log units, shape (n,)."""
        return features["base"].fill_null(self.level).to_numpy()

    def matrix(self, features: pl.DataFrame, embeddings: F32 | None) -> F32:
        """Inputs of the trees, float32, shape (n, columns), NaN where unknown.

        Raises:
            ValueError: a feature is missing, or the embeddings are absent or do not fit.
        """
        if missing := [c for c in (*self.feature_names, "kind") if c not in features.columns]:
            raise ValueError(f"features lack the columns {', '.join(missing)}")
        kind = pl.col("kind").fill_null("?")
        table = features.select(
            *(pl.col(c).cast(pl.Float32) for c in self.feature_names),
            *((kind == k).cast(pl.Float32).alias(f"{KIND}_{i}") for i, k in enumerate(self.kinds)),
        ).to_numpy()
        return np.hstack([table, self._text(features.height, embeddings)])

    def _text(self, rows: int, embeddings: F32 | None) -> F32:
        if not len(self.pca_components):
            return np.zeros((rows, 0), np.float32)
        if embeddings is None:
            raise ValueError("the model was fitted with text embeddings: give them, or fit without")
        if embeddings.shape != (rows, len(self.pca_mean)):
            raise ValueError(
                f"embeddings must have shape {(rows, len(self.pca_mean))}, not {embeddings.shape}"
            )
        return ((embeddings - self.pca_mean) @ self.pca_components.T).astype(np.float32)


def fit_inputs(features: pl.DataFrame, embeddings: F32 | None, dimensions: int) -> Inputs:
    """Learn the columns of the matrix from training rows.

    Args:
        features: training rows, with outcome known.
        embeddings: of their texts, float32, shape (n, d), or None.
        dimensions: most principal components that are kept.

    Raises:
        ValueError: the embeddings do not match the rows.
    """
    # A column without any value would only take turns in the column sampling.
    known = [c for c in FEATURE_COLUMNS if features[c].null_count() < features.height]
    kinds = features.select(pl.col("kind").fill_null("?").unique().sort()).to_series()
    mean, components = _principal_axes(features.height, embeddings, dimensions)
    level = features.select(pl.col("outcome").log1p().median()).item()
    return Inputs(tuple(known), tuple(kinds), mean, components, float(level))


def _principal_axes(rows: int, embeddings: F32 | None, dimensions: int) -> tuple[F32, F32]:
    """Mean and leading eigenvectors of the covariance, largest first.

    The exact decomposition of the (d, d) covariance is cheap for text encoders and needs
    no random start. An axis may point either way; its largest entry is made positive.
    """
    if embeddings is None or dimensions == 0:
        return np.zeros(0, np.float32), np.zeros((0, 0), np.float32)
    if embeddings.ndim != 2 or len(embeddings) != rows:
        raise ValueError(f"embeddings must have one row per post: {rows}, not {embeddings.shape}")
    mean = embeddings.mean(axis=0, dtype=np.float64)
    centred = embeddings - mean
    _, axes = np.linalg.eigh(centred.T @ centred / rows)
    kept = axes.T[::-1][: min(dimensions, rows - 1, embeddings.shape[1])]
    largest = np.take_along_axis(kept, np.abs(kept).argmax(axis=1)[:, None], axis=1)
    return mean.astype(np.float32), (kept * np.sign(largest)).astype(np.float32)
