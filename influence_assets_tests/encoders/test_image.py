"""The image encoder: its two sides, the picture as it is shown, and what it says without one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from influence_assets.encoders import golden
from influence_assets.encoders.decode import decoded, load_picture
from influence_assets.encoders.find import ALIASES, PACKAGED, find, home_folder
from influence_assets.encoders.image import (
    ImageEncoder,
    caption_encoder_id,
    image_encoder_id,
    load_image_encoder,
    logit_scale,
)
from influence_assets.errors import UserError
from influence_assets.torch_door import import_torch

TINY = "tiny-demo-clip"


def copied(tmp_path: Path, name: str = "mine") -> Path:
    return Path(shutil.copytree(PACKAGED[TINY], tmp_path / name))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> ImageEncoder:
    return load_image_encoder(TINY, tmp_path_factory.mktemp("home"), "cpu")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """More than two batches of pictures, each of another colour and size."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(1)
    for i in range(70):
        pixels = rng.integers(0, 255, (40 + i, 90 - i, 3), dtype=np.uint8)
        pixels[:, : 20 + i // 4] = (i * 3, 255 - i * 3, 128)
        Image.fromarray(pixels).save(folder / f"{i:02}.png")
    return sorted(folder.iterdir())


def test_pictures_are_encoded_as_bare_open_clip_does(
    encoder: ImageEncoder, pictures: list[Path]
) -> None:
    torch = import_torch()
    import open_clip

    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{PACKAGED[TINY]}")
    with torch.no_grad():
        stacked = torch.stack([preprocess(Image.open(path)) for path in pictures])
        bare = model.eval().encode_image(stacked).numpy()
    bare /= np.linalg.norm(bare, axis=1, keepdims=True)
    vectors = encoder.encode_images(pictures)
    assert vectors.dtype == np.float32
    assert np.abs(vectors - bare).max() < 1e-4
    assert logit_scale(TINY, Path()) == pytest.approx(model.logit_scale.exp().item(), rel=1e-3)


def test_texts_are_encoded_as_bare_open_clip_does(encoder: ImageEncoder) -> None:
    torch = import_torch()
    import open_clip

    source = f"local-dir:{PACKAGED[TINY]}"
    model, _, _ = open_clip.create_model_and_transforms(source)
    # More than a batch, one longer than the encoder reads, and an empty one.
    texts = [f"{n} loaves of bread" for n in range(40)] + ["word " * 200, ""]
    with torch.no_grad():
        bare = model.eval().encode_text(open_clip.get_tokenizer(source)(texts)).numpy()
    bare /= np.linalg.norm(bare, axis=1, keepdims=True)
    assert np.abs(encoder.encode_texts(texts) - bare).max() < 1e-4


def test_nothing_gives_no_rows(encoder: ImageEncoder) -> None:
    assert encoder.encode_images([]).shape == encoder.encode_texts([]).shape == (0, 32)


def test_the_ids_are_known_without_torch_and_each_side_has_its_own(encoder: ImageEncoder) -> None:
    assert encoder.encoder_id == image_encoder_id(TINY, Path())
    assert encoder.caption_encoder_id == caption_encoder_id(TINY, Path())
    assert encoder.encoder_id != encoder.caption_encoder_id
    assert encoder.encoder_id.split("/")[0] == encoder.caption_encoder_id.split("/")[0]


def test_a_picture_is_upright_and_its_first_frame(tmp_path: Path) -> None:
    wide = Image.new("RGB", (30, 10), "red")
    turned = Image.Exif()
    turned[0x0112] = 6  # shown a quarter turn clockwise
    wide.save(tmp_path / "turned.jpg", exif=turned)
    assert load_picture(tmp_path / "turned.jpg").size == (10, 30)
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("blue", "lime")]
    frames[0].save(tmp_path / "two.webp", save_all=True, append_images=frames[1:], lossless=True)
    assert load_picture(tmp_path / "two.webp").getpixel((0, 0)) == (0, 0, 255)
    # What is transparent is shown on white, not on what its bytes happen to hold.
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert load_picture(tmp_path / "clear.png").getpixel((0, 0)) == (255, 255, 255)
    Image.new("L", (8, 8), 7).save(tmp_path / "grey.png")
    assert load_picture(tmp_path / "grey.png").getpixel((0, 0)) == (7, 7, 7)


def test_batches_keep_the_order(pictures: list[Path]) -> None:
    sizes = list(decoded(pictures, lambda picture: picture.size, 32))
    assert [len(batch) for batch in sizes] == [32, 32, 6]
    assert [size for batch in sizes for size in batch] == [(90 - i, 40 + i) for i in range(70)]


def test_a_file_that_is_no_picture_is_named(encoder: ImageEncoder, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 no more")
    for name in ("broken.jpg", "gone.jpg"):
        with pytest.raises(UserError, match=f"{name} cannot be read"):
            encoder.encode_images([tmp_path / name])


def test_other_preparation_is_another_encoder_and_a_golden_vector_tells(tmp_path: Path) -> None:
    mine = copied(tmp_path)
    before = image_encoder_id(str(mine), tmp_path)
    told = json.loads((mine / "open_clip_config.json").read_text(encoding="utf-8"))
    told["preprocess_cfg"]["mean"] = [0.2, 0.2, 0.2]
    (mine / "open_clip_config.json").write_text(json.dumps(told), encoding="utf-8")
    assert image_encoder_id(str(mine), tmp_path) != before
    with pytest.raises(UserError, match="does not give what it should for a fixed image"):
        load_image_encoder(str(mine), tmp_path, "cpu")


def test_a_wrong_tokenizer_is_found_by_the_golden_text(tmp_path: Path) -> None:
    mine = copied(tmp_path)
    told = json.loads((mine / "golden.json").read_text(encoding="utf-8"))
    (mine / "golden.json").write_text(json.dumps(told | {"text": told["text"][::-1]}))
    with pytest.raises(UserError, match="for a fixed text"):
        load_image_encoder(str(mine), tmp_path, "cpu")


def test_the_golden_vectors_of_another_encoder_are_noted(tmp_path: Path) -> None:
    mine = copied(tmp_path)
    (mine / "golden.json").unlink()
    load_image_encoder(str(mine), tmp_path, "cpu")
    (noted,) = (tmp_path / "golden").iterdir()
    assert {"image", "text"} < set(json.loads(noted.read_text(encoding="utf-8")))


def test_the_default_is_found_by_its_short_name_and_by_its_repository(tmp_path: Path) -> None:
    assert find("ViT-B-32", tmp_path) is None
    copied(tmp_path, "laion--CLIP-ViT-B-32-laion2B-s34B-b79K")
    assert home_folder("ViT-B-32", tmp_path).is_dir()
    assert image_encoder_id("ViT-B-32", tmp_path).startswith("ViT-B-32@")
    assert image_encoder_id(ALIASES["ViT-B-32"], tmp_path).startswith("laion/CLIP")


def test_weights_alone_need_an_architecture_that_is_known(tmp_path: Path) -> None:
    torch = import_torch()
    import open_clip
    from safetensors.torch import save_file

    torch.manual_seed(1)
    weights = tmp_path / "weights.safetensors"
    bare = open_clip.create_model("ViT-S-32-alt")
    save_file(bare.state_dict(), weights)
    encoder = load_image_encoder(f"ViT-S-32-alt:{weights}", tmp_path, "cpu")
    assert encoder.encoder_id.startswith("ViT-S-32-alt@")
    assert encoder.dimensions == 256
    picture = golden.picture()
    Image.fromarray(np.asarray(picture)).save(tmp_path / "picture.png")
    alone = encoder.encode_images([tmp_path / "picture.png"])[0]
    assert alone @ encoder.encode_picture(picture) == pytest.approx(1, abs=1e-5)
    with pytest.raises(UserError, match="no architecture 'ViT-S-33'"):
        load_image_encoder(f"ViT-S-33:{weights}", tmp_path)
    # Its tokenizer would have to be asked of the hub.
    with pytest.raises(UserError, match="another repository"):
        load_image_encoder(f"ViT-B-16-SigLIP:{weights}", tmp_path)


def test_a_text_side_that_the_hub_would_be_asked_for_is_refused(tmp_path: Path) -> None:
    mine = copied(tmp_path)
    told = json.loads((mine / "open_clip_config.json").read_text(encoding="utf-8"))
    told["model_cfg"]["text_cfg"]["hf_model_name"] = "roberta-base"
    (mine / "open_clip_config.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(UserError, match="cannot be loaded from this machine alone"):
        load_image_encoder(str(mine), tmp_path)


def test_a_tokenizer_of_its_own_is_taken_from_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = find("all-MiniLM-L6-v2", tmp_path)
    assert text is not None
    mine = copied(tmp_path)
    (mine / "golden.json").unlink()
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        shutil.copy(text.folder / name, mine)
    told = json.loads((mine / "open_clip_config.json").read_text(encoding="utf-8"))
    told["model_cfg"]["text_cfg"]["hf_tokenizer_name"] = "some/repository"
    (mine / "open_clip_config.json").write_text(json.dumps(told), encoding="utf-8")
    tried = []

    def connect(_: object, address: object) -> None:
        tried.append(address)
        raise OSError("the network is cut")

    monkeypatch.setattr("socket.socket.connect", connect)
    assert load_image_encoder(str(mine), tmp_path, "cpu").encode_texts(["a dog"]).shape == (1, 32)
    assert tried == []


def test_pickled_weights_are_no_encoder(tmp_path: Path) -> None:
    mine = copied(tmp_path)
    (mine / "open_clip_model.safetensors").rename(mine / "open_clip_pytorch_model.bin")
    with pytest.raises(UserError, match=r"no \.safetensors"):
        load_image_encoder(str(mine), tmp_path)


def test_without_an_encoder_the_error_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="influence encoders fetch ViT-B-32"):
        load_image_encoder("ViT-B-32", tmp_path)


def test_a_text_encoder_is_no_image_encoder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"open_clip_config\.json"):
        load_image_encoder("all-MiniLM-L6-v2", tmp_path)
