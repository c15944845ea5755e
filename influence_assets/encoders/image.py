"""Image encoders of open_clip: loading one, and what it makes of pictures and of texts.

Both sides share a space: the vector of a picture is near that of words which fit it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from influence_assets.encoders import golden
from influence_assets.encoders.decode import decoded
from influence_assets.encoders.find import Found, architecture_config, find
from influence_assets.errors import UserError
from influence_assets.torch_door import device, import_torch, is_half

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIG, WEIGHTS = "open_clip_config.json", "open_clip_model.safetensors"

BATCH = 32
BATCH_ON_GPU = 64

PREPARED = "first frame, upright, RGB"
"""How a file becomes a picture, before the encoder's own preparation. Part of its id."""


@dataclass(frozen=True)
class ImageEncoder:
    """A loaded encoder.

    Attributes:
        encoder_id: its name with checksums of its weights and its preparation of pictures.
        caption_encoder_id: the same of texts.
        dimensions: length of a vector, of either side.
    """

    encoder_id: str
    caption_encoder_id: str
    dimensions: int
    _model: Any
    _preprocess: Any
    _tokenizer: Any
    _device: str
    _batch: int

    def encode_images(self, paths: Sequence[str | Path]) -> NDArray[np.float32]:
        """Unit vectors of the pictures in these files, one row a file, in the given order.

        Files are decoded ahead of the encoder, so that neither waits for the other.

        Raises:
            UserError: a file is not there or is no picture.
        """
        # Closed at once where the encoder fails, so that nothing is decoded for nobody.
        with closing(decoded(paths, self._preprocess, self._batch)) as pictures:
            return self._vectors(self._images(batch) for batch in pictures)

    def encode_picture(self, picture: Any) -> NDArray[np.float32]:
        """Unit vector of a Pillow picture."""
        vector: NDArray[np.float32] = self._images([self._preprocess(picture)])[0]
        return vector

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, one row a text, in the given order. Long texts are cut."""
        batches = (texts[i : i + self._batch] for i in range(0, len(texts), self._batch))
        return self._vectors(self._texts(batch) for batch in batches)

    def _vectors(self, batches: Iterator[NDArray[np.float32]]) -> NDArray[np.float32]:
        return np.vstack([np.empty((0, self.dimensions), np.float32), *batches])

    def _images(self, pictures: Sequence[Any]) -> NDArray[np.float32]:
        torch = import_torch()
        dtype = torch.float16 if is_half(self._device) else torch.float32
        with torch.inference_mode():
            stacked = torch.stack(list(pictures)).to(device=self._device, dtype=dtype)
            return _as_array(self._model.encode_image(stacked, normalize=True))

    def _texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        torch = import_torch()
        with torch.inference_mode():
            tokens = self._tokenizer(list(texts)).to(self._device)
            return _as_array(self._model.encode_text(tokens, normalize=True))


def image_encoder_id(name: str, encoders: Path) -> str:
    """The `encoder_id` that `load_image_encoder` would give, without loading torch.

    Raises:
        UserError: there is no such encoder on this machine.
    """
    return _image_id(_found(name, encoders))


def caption_encoder_id(name: str, encoders: Path) -> str:
    """The `caption_encoder_id` that `load_image_encoder` would give, without loading torch.

    Raises:
        UserError: there is no such encoder on this machine.
    """
    return _caption_id(_found(name, encoders))


def logit_scale(name: str, encoders: Path) -> float:
    """What the encoder was trained to multiply cosines by before it compares, without torch.

    Raises:
        UserError: there is no such encoder on this machine, or its weights do not say.
    """
    from safetensors import safe_open

    found = _found(name, encoders)
    weights = found.checkpoint or found.folder / WEIGHTS
    with safe_open(str(weights), framework="np") as tensors:
        if "logit_scale" not in tensors.keys():  # noqa: SIM118  # no dictionary
            raise UserError(f"{weights} has no logit_scale, so it is no whole CLIP of open_clip.")
        return float(np.exp(tensors.get_tensor("logit_scale").astype(np.float64).ravel()[0]))


def load_image_encoder(name: str, encoders: Path, wanted: str = "auto") -> ImageEncoder:
    """Load an encoder from this machine and check the golden vectors of both sides.

    Args:
        name: a folder, the name of one that was fetched or came with this package, or an
            architecture with weights: `ViT-B-32:weights.safetensors`.
        encoders: the home's folder of encoders.
        wanted: the device, or `auto`.

    Raises:
        UserError: it is not on this machine, cannot be loaded from it alone, or is not what it
            was.
    """
    found = _found(name, encoders)
    source, own_tokens = _source(found)
    import_torch()  # first: open_clip needs a torchvision that can be imported
    import open_clip

    chosen = device(wanted)
    model, _, preprocess = open_clip.create_model_and_transforms(
        source,
        pretrained=str(found.checkpoint) if found.checkpoint else None,
        precision="fp16" if is_half(chosen) else "fp32",
        device=chosen,
        pretrained_text=False,
        require_pretrained=True,
    )
    model.eval()
    local = {"local_files_only": True} if own_tokens else {}
    encoder = ImageEncoder(
        _image_id(found),
        _caption_id(found),
        dimensions(found),
        model,
        preprocess,
        open_clip.get_tokenizer(source, **local),
        chosen,
        BATCH_ON_GPU if is_half(chosen) else BATCH,
    )
    golden.check(found, "image", encoder.encode_picture(golden.picture()), encoders)
    golden.check(found, "text", encoder.encode_texts([golden.TEXT])[0], encoders)
    return encoder


def missing_default(name: str) -> str:
    """What to say where the encoder that nobody chose is not on this machine."""
    return (
        f"The default image encoder {name} is not on this machine, so pictures have no vectors and "
        f"no tags. Fetch it with `influence encoders fetch {name}` (about 600 MB), or set "
        "INFLUENCE_IMAGE_ENCODER to a folder saved by open_clip, or to none."
    )


def _image_id(found: Found) -> str:
    return found.encoder_id("image", PREPARED)


def _caption_id(found: Found) -> str:
    return found.encoder_id("caption")


def _as_array(vectors: Any) -> NDArray[np.float32]:
    return np.asarray(vectors.float().cpu().numpy(), dtype=np.float32)


def _found(name: str, encoders: Path) -> Found:
    found = find(name, encoders)
    if found is None:
        raise UserError(
            f"The image encoder '{name}' is not on this machine. Fetch it with `influence encoders "
            f"fetch {name}`, or set INFLUENCE_IMAGE_ENCODER to a folder saved by open_clip, to "
            "tiny-demo-clip (for demonstration only), or to none."
        )
    if found.checkpoint is None and not all(
        (found.folder / n).is_file() for n in (CONFIG, WEIGHTS)
    ):
        raise UserError(
            f"The folder {found.folder} does not hold {CONFIG} and {WEIGHTS}, so it is no image "
            "encoder of open_clip. Name its architecture, as in ViT-B-32:weights.safetensors, or "
            "fetch a repository that has both files."
        )
    return found


def _model_config(found: Found) -> dict[str, Any]:
    bare = architecture_config(found.architecture)
    place = bare if found.checkpoint else found.folder / CONFIG
    told: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return dict(told.get("model_cfg", told))


def dimensions(found: Found) -> int:
    """Length of a vector, without loading the encoder."""
    return int(_model_config(found)["embed_dim"])


def _source(found: Found) -> tuple[str, bool]:
    """How open_clip names it, and whether a tokenizer of its own lies in its folder.

    Raises:
        UserError: open_clip would ask the hub for a part of it.
    """
    text = _model_config(found)["text_cfg"]
    own_tokens = bool(text.get("hf_tokenizer_name"))
    is_siglip = "siglip" in found.architecture.lower()
    if text.get("hf_model_name") or (found.checkpoint and (own_tokens or is_siglip)):
        raise UserError(
            f"The image encoder {found.name} takes its text side or its tokenizer from another "
            "repository, so it cannot be loaded from this machine alone. Choose one that open_clip "
            "saved whole, such as ViT-B-32."
        )
    return found.architecture if found.checkpoint else f"local-dir:{found.folder}", own_tokens
