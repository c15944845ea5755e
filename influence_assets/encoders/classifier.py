"""Text classifiers in the format of Hugging Face: loading one, and what it says of texts."""

from __future__ import annotations

import json
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
"""Longer texts are cut: classifiers of posts were trained on posts. Part of the classifier's id."""

BATCH = 32
BATCH_ON_GPU = 256

SEVERAL = "multi_label_classification"
ONE = "single_label_classification"


@dataclass(frozen=True)
class Labels:
    """What a classifier can say, known without loading it.

    Attributes:
        classifier_id: its name with checksums of its weights and its preparation of texts.
        names: the labels, in the order of its outputs.
        are_several: whether several may hold at once: then each has a probability of its own
            (sigmoid), else they sum to 1 (softmax).
    """

    classifier_id: str
    names: tuple[str, ...]
    are_several: bool


@dataclass(frozen=True)
class TextClassifier:
    """A loaded classifier."""

    labels: Labels
    _model: Any
    _tokenizer: Any
    _batch: int

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(texts, labels), in the given order."""
        outputs = self.outputs(texts)
        return sigmoid(outputs) if self.labels.are_several else softmax(outputs)

    def outputs(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(texts, labels): the raw numbers (logits), in the given order.

        Texts go through in batches of like length, so that little is spent on padding.
        """
        torch = import_torch()
        tokens = self._tokenizer(list(texts), truncation=True, max_length=MAX_TOKENS)
        lengths = [len(ids) for ids in tokens["input_ids"]]
        order = np.argsort(np.array(lengths, dtype=np.int64), kind="stable")
        found = np.empty((len(texts), len(self.labels.names)), dtype=np.float32)
        for start in range(0, len(texts), self._batch):
            rows = order[start : start + self._batch]
            batch = self._tokenizer.pad(
                {name: [values[i] for i in rows] for name, values in tokens.items()},
                return_tensors="pt",
            ).to(self._model.device)
            with torch.inference_mode():
                found[rows] = self._model(**batch).logits.float().cpu().numpy()
        return found


def sigmoid(outputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """A probability for each label by itself."""
    return np.asarray((1 + np.tanh(outputs / 2)) / 2, dtype=np.float32)


def softmax(outputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities that sum to 1 over the labels."""
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def classifier_labels(name: str, encoders: Path, *, several: bool = False) -> Labels:
    """What the classifier of this name can say, without loading torch.

    Args:
        name: a folder, or the name of one that was fetched.
        encoders: the home's folder of encoders.
        several: whether several labels may hold at once where its configuration does not say.

    Raises:
        UserError: it is not on this machine, or is no classifier.
    """
    return _labels(_found(name, encoders), several)


def load_classifier(
    name: str, encoders: Path, wanted: str = "auto", *, several: bool = False
) -> TextClassifier:
    """Load a classifier from this machine and check what it gives for the golden text.

    Args:
        name, encoders, several: as in `classifier_labels`.
        wanted: the device, or `auto`.

    Raises:
        UserError: it is not on this machine, is no classifier, or is not what it was.
    """
    found = _found(name, encoders)
    labels = _labels(found, several)
    import_torch()
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    chosen = device(wanted)
    model = AutoModelForSequenceClassification.from_pretrained(
        str(found.folder), local_files_only=True, use_safetensors=True
    )
    tokenizer = AutoTokenizer.from_pretrained(str(found.folder), local_files_only=True)
    model = model.to(chosen).eval()
    if is_half(chosen):
        model.half()
    batch = BATCH_ON_GPU if is_half(chosen) else BATCH
    classifier = TextClassifier(labels, model, tokenizer, batch)
    # The same weights have one golden vector, whether or not several labels may hold.
    given = softmax(classifier.outputs([golden.TEXT]))[0]
    golden.check(found, "labels", given / np.linalg.norm(given), encoders)
    return classifier


def _found(name: str, encoders: Path) -> Found:
    found = find(name, encoders)
    if found is None:
        raise UserError(
            f"The classifier '{name}' is not on this machine. Fetch it with `influence encoders "
            f"fetch {name}`, or name a folder saved by transformers' `save_pretrained`, with its "
            "tokenizer."
        )
    return found


def _labels(found: Found, several: bool) -> Labels:
    path = found.folder / "config.json"
    told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    by_number = {int(number): str(label) for number, label in told.get("id2label", {}).items()}
    is_classifier = any("ForSequenceClassification" in a for a in told.get("architectures") or [])
    if not is_classifier or sorted(by_number) != list(range(max(len(by_number), 2))):
        raise UserError(
            f"{found.folder} is no text classifier: its config.json must name an architecture "
            "ForSequenceClassification and, in id2label, two or more labels."
        )
    kind = told.get("problem_type") or (SEVERAL if several else ONE)
    if kind not in (SEVERAL, ONE):
        raise UserError(f"{found.folder} gives numbers, not labels: its problem_type is {kind}.")
    are_several = kind == SEVERAL
    identity = found.encoder_id("labels", MAX_TOKENS, are_several)
    names = tuple(by_number[n] for n in range(len(by_number)))
    return Labels(identity, names, are_several)
