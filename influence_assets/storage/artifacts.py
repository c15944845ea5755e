"""Model files: written once under the hash of their content, checked whenever they are read.

Native formats only (.ubj, .cbm, .safetensors): no stored file can run code when loaded.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from influence_assets.errors import UserError

if TYPE_CHECKING:
    from influence_assets.domain.popularity.model import PopularityModel


@dataclass(frozen=True)
class Artifact:
    """A stored file: its path under the artifacts folder, and the SHA-256 of its bytes."""

    path: str
    sha256: str


def save(folder: Path, data: bytes, suffix: str) -> Artifact:
    """Store bytes under their own hash; the file appears whole or not at all."""
    digest = hashlib.sha256(data).hexdigest()
    path = folder / f"{digest[:2]}" / f"{digest}{suffix}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f"{suffix}.part")
        partial.write_bytes(data)
        partial.replace(path)
    return Artifact(str(path.relative_to(folder)), digest)


def load(folder: Path, artifact: Artifact) -> bytes:
    """The bytes of a stored file.

    Raises:
        UserError: it is gone, or its bytes are no longer those that were stored.
    """
    path = folder / artifact.path
    if not path.exists():
        raise UserError(f"The model file {path} is gone. Train again: `influence build --force`.")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != artifact.sha256:
        raise UserError(
            f"The model file {path} is not the one that was stored: its SHA-256 differs. It may be "
            "damaged or tampered with; train again with `influence build --force`."
        )
    return data


def save_popularity(folder: Path, model: PopularityModel) -> dict[str, Artifact]:
    """Store a popularity model as three files: xgboost, catboost and inputs."""
    from safetensors.numpy import save as to_safetensors

    arrays = {
        "pca_mean": np.ascontiguousarray(model.pca_mean),
        "pca_components": np.ascontiguousarray(model.pca_components),
    }
    said = {
        "feature_names": list(model.feature_names),
        "kinds": list(model.kinds),
        "level": model.level,
    }
    return {
        "xgboost": save(folder, bytes(model.booster.save_raw("ubj")), ".ubj"),
        "catboost": save(folder, _catboost_bytes(model), ".cbm"),
        "inputs": save(
            folder,
            to_safetensors(arrays, metadata={"popularity": json.dumps(said)}),
            ".safetensors",
        ),
    }


def load_popularity(folder: Path, artifacts: dict[str, Artifact]) -> PopularityModel:
    """The model that `save_popularity` stored, each file checked against its SHA-256.

    Raises:
        UserError: a file is gone or damaged.
    """
    import xgboost as xgb
    from catboost import CatBoostRegressor
    from safetensors import safe_open
    from safetensors.numpy import load as from_safetensors

    from influence_assets.domain.popularity.model import PopularityModel

    inputs = load(folder, artifacts["inputs"])
    arrays = from_safetensors(inputs)
    with safe_open(str(folder / artifacts["inputs"].path), framework="numpy") as file:
        said = json.loads(file.metadata()["popularity"])
    booster = xgb.Booster()
    booster.load_model(bytearray(load(folder, artifacts["xgboost"])))
    catboost = CatBoostRegressor()
    catboost.load_model(blob=load(folder, artifacts["catboost"]))
    return PopularityModel(
        booster=booster,
        catboost=catboost,
        feature_names=tuple(said["feature_names"]),
        kinds=tuple(said["kinds"]),
        pca_mean=arrays["pca_mean"],
        pca_components=arrays["pca_components"],
        level=float(said["level"]),
    )


def _catboost_bytes(model: PopularityModel) -> bytes:
    """CatBoost writes its native format to files only."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "model.cbm"
        model.catboost.save_model(str(path), format="cbm")
        return path.read_bytes()
