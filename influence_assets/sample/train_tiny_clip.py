"""Train the tiny CLIP of the demo: `python -m influence_assets.sample.train_tiny_clip --out DIR`.

A contrastive model (Radford et al. 2021) on pictures and captions of the sample world, in
open_clip's own format. It knows that world and nothing else. Pictures of one subject are taken
as half right for the words of another subject of its topic, so that words of the topic alone
find them all.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import random
import time
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from influence_assets.encoders import golden
from influence_assets.encoders.find import GOLDEN
from influence_assets.encoders.image import CONFIG, WEIGHTS, ImageEncoder, load_image_encoder
from influence_assets.sample.pictures import draw_picture
from influence_assets.sample.vocabulary import topics
from influence_assets.sample.world import draw_world
from influence_assets.torch_door import import_torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "tiny-demo-clip"

CONFIGURATION: dict[str, dict[str, Any]] = {
    "model_cfg": {
        "embed_dim": 32,
        "vision_cfg": {
            "image_size": 48,
            "layers": 2,
            "width": 64,
            "head_width": 32,
            "patch_size": 8,
            "mlp_ratio": 2.0,
            "pool_type": "avg",
        },
        # The words of open_clip's own tokenizer, each with a short vector.
        "text_cfg": {
            "context_length": 77,
            "vocab_size": 49408,
            "width": 24,
            "heads": 2,
            "layers": 2,
            "mlp_ratio": 2.0,
        },
    },
    "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
}

WORDS = {
    "fitness": ("a gym", "sport", "running", "a person who exercises", "muscles"),
    "food": ("a meal", "bread", "vegetables", "fruit", "a dish", "cooking", "a kitchen"),
    "travel": ("a journey", "the sea", "a beach", "mountains", "a train", "a landscape", "a city"),
    "beauty": ("cosmetics", "make-up", "skin care", "hair", "perfume"),
    "fashion": ("clothes", "a dress", "shoes", "an outfit", "jewellery", "a handbag"),
    "politics": ("a speech", "a crowd", "a demonstration", "a politician"),
    "football": ("a stadium", "a ball", "a football match", "a team"),
    "tech": ("a computer", "a screen", "a phone", "software", "code"),
    "finance": ("a chart", "money", "a bank"),
    "books": ("a book", "reading", "a library", "a page of text"),
    "gaming": ("a video game", "a screenshot of a game", "a console"),
    "music": ("a concert", "a guitar", "a musician", "a stage"),
    "workshop": ("tools", "wood", "furniture", "something made by hand"),
    "science": ("a laboratory", "a diagram", "space", "an experiment"),
}
"""What people would say of a topic's pictures, beside the words of its posts."""

TEMPLATES = ("{}", "a photo of {}", "a picture of {}", "a post about {}")

PICTURES_EACH = 48
STEPS = 1_500
PEAK_RATE = 3e-3
WARM_UP = 100
OWN_SHARE = 0.7
"""Of what a picture should match: its subject; the topic's other subjects share the rest."""

README = """# tiny-demo-clip

**For demonstration and tests only.** A CLIP of {parameters:,} parameters in open_clip's format. It
was trained on a processor in some minutes, on pictures that a program drew (colour gradients
with shapes) and on the captions of the sample world. Of photographs it knows nothing: its vectors,
its tags and its agreement of text and picture mean something on the sample world alone.

Made by `python -m influence_assets.sample.train_tiny_clip --out FOLDER --seed {seed}`. Its words
are those of open_clip's tokenizer (MIT licence).
"""

logger = logging.getLogger("influence_assets")


@dataclass(frozen=True)
class Lesson:
    """What there is to learn from: for each subject of each topic its pictures and its words.

    Attributes:
        topic: number of the topic of each subject.
        pictures: JPEG bytes by subject.
        captions: texts of posts by subject.
        words: phrases by subject, of the subject and of its topic.
    """

    topic: NDArray[np.int64]
    pictures: list[list[bytes]]
    captions: list[list[str]]
    words: list[list[str]]


def draw_lesson(seed: int, pictures_each: int = PICTURES_EACH) -> Lesson:
    """Draw pictures and captions of every subject, as the sample world of this seed has them."""
    data, _ = draw_world(seed, 12, 16)
    pencil = random.Random(seed * 100 + 31)
    texts: dict[tuple[str, int], list[str]] = {}
    for topic, subject, text in data.posts.select("topic", "subject", "text").iter_rows():
        texts.setdefault((topic, subject), []).append(text)
    lesson = Lesson(np.repeat(np.arange(len(topics())), _subjects()), [], [], [])
    for name, topic in topics().items():
        for number, subject in enumerate(topic.subjects):
            drawn = [draw_picture(topic, number, pencil) for _ in range(pictures_each)]
            lesson.pictures.append(drawn)
            lesson.captions.append(texts[name, number])
            things = [thing for own in subject.things.values() for thing in own]
            lesson.words.append([*things, subject.hashtag, *_words_of(name)])
    return lesson


def _subjects() -> list[int]:
    return [len(topic.subjects) for topic in topics().values()]


def _words_of(topic: str) -> list[str]:
    """Of the topic itself, so often that its name is well known."""
    return [*[topic] * 4, *topics()[topic].hashtags, *WORDS[topic] * 2]


def train(lesson: Lesson, seed: int, steps: int = STEPS) -> Any:
    """Train a model and return it."""
    torch = import_torch()
    import open_clip

    torch.manual_seed(seed)
    threads = torch.get_num_threads()
    # More threads add up in another order, and for so little they only wait for each other.
    torch.set_num_threads(1)
    model = open_clip.CLIP(**deepcopy(CONFIGURATION["model_cfg"]))
    tokenizer = open_clip.get_tokenizer("ViT-B-32")
    drawn = _prepared(lesson)
    texts = (tokenizer(step) for step in _texts(lesson, seed, steps))
    seen = _learn(model, drawn, texts, torch.from_numpy(_wanted(lesson.topic)), steps)
    with torch.no_grad():
        # What stands for words that were never seen is noise.
        model.token_embedding.weight[~seen] = 0
    torch.set_num_threads(threads)
    return model.eval()


def _learn(model: Any, drawn: Any, texts: Iterable[Any], wanted: Any, steps: int) -> Any:
    """Take the steps, each with a picture and a text of each subject; return the words seen."""
    torch = import_torch()
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1, (step + 1) / WARM_UP) * (1 + math.cos(math.pi * step / steps)) / 2,
    )
    seen = torch.zeros(model.token_embedding.num_embeddings, dtype=torch.bool)
    for step, tokens in enumerate(texts):
        seen[tokens] = True
        chosen = torch.randint(drawn.shape[1], (len(drawn),))
        lost = _loss(model, drawn[torch.arange(len(drawn)), chosen], tokens, wanted)
        optimizer.zero_grad()
        lost.backward()
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, math.log(100))
        if step % 100 == 0 or step == steps - 1:
            logger.info(f"step {step + 1:,} of {steps:,}: loss {lost.item():.3f}")
    return seen


def _loss(model: Any, images: Any, tokens: Any, wanted: Any) -> Any:
    """How far the likeness of pictures and texts is from what it should be, both ways."""
    entropy = import_torch().nn.functional.cross_entropy
    pictures = model.encode_image(images, normalize=True)
    words = model.encode_text(tokens, normalize=True)
    logits = model.logit_scale.exp() * pictures @ words.T
    return (entropy(logits, wanted) + entropy(logits.T, wanted)) / 2


def _prepared(lesson: Lesson) -> Any:
    """The pictures as the model takes them: (subject, picture, 3, height, width)."""
    torch = import_torch()
    import open_clip

    size = CONFIGURATION["model_cfg"]["vision_cfg"]["image_size"]
    prepare = open_clip.image_transform(size, is_train=False, **CONFIGURATION["preprocess_cfg"])
    return torch.stack(
        [torch.stack([prepare(_opened(data)) for data in own]) for own in lesson.pictures]
    )


def _opened(data: bytes) -> Any:
    from PIL import Image

    return Image.open(BytesIO(data)).convert("RGB")


def _wanted(topic: NDArray[np.int64]) -> NDArray[np.float32]:
    """What each picture should match, one of each subject; rows sum to 1."""
    same = (topic[:, None] == topic[None, :]).astype(np.float32)
    own = np.eye(len(topic), dtype=np.float32)
    others = same - own
    shared = np.maximum(others.sum(axis=1, keepdims=True), 1)
    return np.asarray(OWN_SHARE * own + (1 - OWN_SHARE) * others / shared, dtype=np.float32)


def _texts(lesson: Lesson, seed: int, steps: int) -> Iterator[list[str]]:
    """For each step a text of each subject: a caption as often as words alone."""
    choice = random.Random(seed)
    for _ in range(steps):
        yield [
            choice.choice(captions)
            if choice.random() < 0.5
            else choice.choice(TEMPLATES).format(choice.choice(words))
            for captions, words in zip(lesson.captions, lesson.words, strict=True)
        ]


def save(model: Any, out: Path, seed: int) -> None:
    """Write the folder: configuration, weights in half precision, golden vectors, and a note."""
    torch = import_torch()
    from safetensors.torch import save_file

    out.mkdir(parents=True, exist_ok=True)
    (out / GOLDEN).unlink(missing_ok=True)
    halves = {n: t.to(torch.float16).contiguous() for n, t in model.state_dict().items()}
    save_file(halves, out / WEIGHTS, metadata={"format": "pt"})
    (out / CONFIG).write_text(json.dumps(CONFIGURATION, indent=2) + "\n", encoding="utf-8")
    parameters = sum(p.numel() for p in model.parameters())
    note = README.format(parameters=parameters, seed=seed)
    (out / "README.md").write_text(note, encoding="utf-8")
    with TemporaryDirectory() as home:
        encoder = load_image_encoder(str(out), Path(home), "cpu")
    vectors: dict[golden.Side, NDArray[np.float32]] = {
        "image": encoder.encode_picture(golden.picture()),
        "text": encoder.encode_texts([golden.TEXT])[0],
    }
    golden.write(out / GOLDEN, NAME, vectors)


def judge(encoder: ImageEncoder, lesson: Lesson) -> dict[str, float]:
    """How well an encoder knows a world: shares of the right topic among 14.

    Returns:
        tagged: pictures whose nearest "a photo of TOPIC" is that of their topic. found: of the
        ten pictures nearest to a caption, those of its topic. subject_found: those of its subject.
    """
    subjects = np.arange(len(lesson.topic))
    shown = np.repeat(subjects, [len(own) for own in lesson.pictures])
    told = np.repeat(subjects, [len(own) for own in lesson.captions])
    with TemporaryDirectory() as folder:
        paths = []
        for number, data in enumerate(p for own in lesson.pictures for p in own):
            paths.append(Path(folder) / f"{number}.jpg")
            paths[-1].write_bytes(data)
        pictures = encoder.encode_images(paths)
    names = encoder.encode_texts([f"a photo of {name}" for name in topics()])
    captions = encoder.encode_texts([text for own in lesson.captions for text in own])
    nearest = shown[np.argsort(-(captions @ pictures.T), axis=1, kind="stable")[:, :10]]
    right = lesson.topic[nearest] == lesson.topic[told][:, None]
    return {
        "tagged": float(((pictures @ names.T).argmax(axis=1) == lesson.topic[shown]).mean()),
        "found": float(right.mean()),
        "subject_found": float((nearest == told[:, None]).mean()),
    }


def main() -> None:
    """Train, write the folder, and say how well it does on another world."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    logger.setLevel(logging.INFO)
    started = time.monotonic()
    model = train(draw_lesson(options.seed), options.seed, options.steps)
    save(model, options.out, options.seed)
    with TemporaryDirectory() as home:
        encoder = load_image_encoder(str(options.out), Path(home), "cpu")
    found = judge(encoder, draw_lesson(options.seed + 1, 10))
    logger.info(f"{time.monotonic() - started:.0f} s; on another world: {found}")


if __name__ == "__main__":
    main()
