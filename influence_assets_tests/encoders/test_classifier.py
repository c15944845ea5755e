"""Text classifiers: what transformers' own pipeline says, we say; what is none is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from influence_assets.encoders.classifier import classifier_labels, load_classifier
from influence_assets.errors import UserError
from influence_assets.torch_door import import_torch

SENTIMENT = ("negative", "neutral", "positive")
TEXTS = [
    "good", "Such a bad day, @user http", "", "rain " * 300, "the sun is out and all is well",
    "no", *(f"a text of {n} words " + "and more " * n for n in range(40)),
]  # fmt: skip


def make_classifier(folder: Path, labels: tuple[str, ...], **config: object) -> Path:
    """A tiny RoBERTa with random weights, and a tokenizer of its own that knows bytes."""
    torch = import_torch()
    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaConfig, RobertaForSequenceClassification, RobertaTokenizerFast

    folder.mkdir(parents=True)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    bytes_alone = ByteLevelBPETokenizer()
    bytes_alone.train_from_iterator(["good bad rain sun"], vocab_size=270, special_tokens=special)
    bytes_alone.save_model(str(folder))
    tokenizer = RobertaTokenizerFast.from_pretrained(str(folder), local_files_only=True)
    tokenizer.save_pretrained(str(folder))
    torch.manual_seed(3)
    shape = RobertaConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=140, pad_token_id=1, bos_token_id=0,
        eos_token_id=2, initializer_range=0.4, id2label=dict(enumerate(labels)),
        label2id={label: n for n, label in enumerate(labels)}, **config,
    )  # fmt: skip
    RobertaForSequenceClassification(shape).save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def feeling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_classifier(tmp_path_factory.mktemp("models") / "feeling", SENTIMENT)


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "topics"
    labels = ("music", "sports", "news", "food")
    return make_classifier(folder, labels, problem_type="multi_label_classification")


def bare_pipeline(folder: Path) -> Any:
    """transformers' own way."""
    import_torch()
    from transformers import pipeline

    return pipeline("text-classification", model=str(folder), tokenizer=str(folder), device="cpu")


def by_pipeline(folder: Path) -> np.ndarray:
    bare = bare_pipeline(folder)
    numbers = json.loads((folder / "config.json").read_text(encoding="utf-8"))["label2id"]
    names = sorted(numbers, key=numbers.__getitem__)
    found = bare(TEXTS, top_k=None, truncation=True, max_length=128)
    return np.array([[{r["label"]: r["score"] for r in row}[n] for n in names] for row in found])


@pytest.mark.parametrize("name", ["feeling", "topics"])
def test_probabilities_are_those_of_the_pipeline(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue(name)
    found = load_classifier(str(folder), tmp_path, "cpu").probabilities(TEXTS)
    assert found.shape[0] == len(TEXTS)
    assert np.abs(found - by_pipeline(folder)).max() < 1e-5
    assert found.std(axis=0).min() > 0.005  # a classifier that says the same of all is no test
    sums = found.sum(axis=1)
    assert (np.abs(sums - 1) < 1e-5).all() == (name == "feeling")


def test_what_is_known_without_loading(feeling: Path, topics: Path, tmp_path: Path) -> None:
    labels = classifier_labels(str(feeling), tmp_path)
    assert (labels.names, labels.are_several) == (SENTIMENT, False)
    assert labels.classifier_id.startswith("feeling@")
    assert load_classifier(str(feeling), tmp_path, "cpu").labels == labels
    # Where the configuration does not say, who asks does; and it is another classifier then.
    several = classifier_labels(str(feeling), tmp_path, several=True)
    assert several.are_several
    assert several.classifier_id != labels.classifier_id
    assert classifier_labels(str(topics), tmp_path).are_several
    # The golden probabilities are those of the weights, for both.
    load_classifier(str(feeling), tmp_path, "cpu", several=True)


def test_its_golden_probabilities_are_noted_and_checked(feeling: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(feeling, tmp_path / "mine"))
    load_classifier(str(mine), tmp_path, "cpu")
    (noted,) = (tmp_path / "golden").iterdir()
    assert len(json.loads(noted.read_text(encoding="utf-8"))["labels"]) == 3
    # Other merges of the tokenizer: other tokens of the same text.
    tokenizer = json.loads((mine / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    words = sorted(vocabulary, key=vocabulary.__getitem__)
    turned = words[:5] + words[5:][::-1]
    tokenizer["model"]["vocab"] = {word: n for n, word in enumerate(turned)}
    (mine / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    with pytest.raises(UserError, match="does not give what it should for a fixed text"):
        load_classifier(str(mine), tmp_path, "cpu")


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="classifier 'nobody/nothing' is not on this machine"):
        load_classifier("nobody/nothing", tmp_path)


def test_pickled_weights_alone_are_refused(feeling: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copytree(feeling, tmp_path / "mine"))
    torch = import_torch()
    (mine / "model.safetensors").unlink()
    torch.save({}, mine / "pytorch_model.bin")
    with pytest.raises(UserError, match=r"no \.safetensors weights"):
        load_classifier(str(mine), tmp_path, "cpu")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architectures": ["RobertaForMaskedLM"]}, "is no text classifier"),
        ({"id2label": {"0": "one"}}, "two or more labels"),
        ({"id2label": {"0": "one", "2": "two"}}, "two or more labels"),
        ({"problem_type": "regression"}, "gives numbers, not labels"),
    ],
)
def test_what_is_no_classifier_is_refused(
    feeling: Path, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    mine = Path(shutil.copytree(feeling, tmp_path / "mine"))
    told = json.loads((mine / "config.json").read_text(encoding="utf-8"))
    (mine / "config.json").write_text(json.dumps(told | change), encoding="utf-8")
    with pytest.raises(UserError, match=message):
        classifier_labels(str(mine), tmp_path)
