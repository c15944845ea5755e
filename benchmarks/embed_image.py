"""Pictures to vectors in the warehouse, against a bare loop over open_clip.

Ours: a Dagster run of content.image_embeddings over posts with these pictures: distinct ones
are found, decoded ahead of the encoder, encoded in batches that are kept, and loaded into the
warehouse. Peer: the same model loaded bare, and for each 32 of the same list, duplicates and
all: PIL opens, the model's own transforms, `encode_image`, unit length. Both load the model
within the clock, and import torch before it starts for the first. `encoded_ratio` counts only
what ours encoded, as if the list had no duplicates.
The model is ViT-B-32 with random weights (`--architecture` names another); the pictures are
drawn. Prints one JSON object on its last line; `--scale 0.1` takes fewer of them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl
from PIL import Image

from influence_assets.build import build_defs
from influence_assets.contracts import TABLES
from influence_assets.instance import open_instance
from influence_assets.settings import Settings
from influence_assets.storage.warehouse import WHOLE, Warehouse
from influence_assets.torch_door import device, import_torch, is_half

SEED = 7
DAY = date(2024, 1, 1)
PICTURES = 400
DISTINCT = 300
BATCH = 32


def draw(folder: Path, rows: int) -> list[Path]:
    """A list of pictures in an order drawn at random; a quarter of it stands there twice."""
    rng = np.random.default_rng(SEED)
    distinct = []
    for _ in range(max(1, rows * DISTINCT // PICTURES)):
        small = rng.integers(0, 255, (24, 24, 3), dtype=np.uint8)
        size = (int(rng.integers(640, 1081)), int(rng.integers(640, 1081)))
        smooth = np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC))
        grain = rng.integers(-8, 9, smooth.shape)
        image = Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))
        data = BytesIO()
        image.save(data, "JPEG", quality=85)
        path = folder / f"{hashlib.sha256(data.getvalue()).hexdigest()}.jpg"
        path.write_bytes(data.getvalue())
        distinct.append(path)
    again = rng.integers(0, len(distinct), rows - len(distinct))
    listed = distinct + [distinct[i] for i in again]
    return [listed[i] for i in rng.permutation(rows)]


def save_model(architecture: str, out: Path) -> Path:
    """Random weights of an architecture, in a file of their own."""
    torch = import_torch()
    import open_clip
    from safetensors.torch import save_file

    torch.manual_seed(SEED)
    weights = out / "weights.safetensors"
    save_file(open_clip.create_model(architecture).state_dict(), weights)
    return weights


def fill(warehouse: Warehouse, paths: list[Path]) -> None:
    """A post for each picture of the list, all of which can be read."""
    media = pl.DataFrame(
        {
            "media_id": [path.stem for path in paths],
            "platform": "bench",
            "post_id": [str(i) for i in range(len(paths))],
            "posted_date": DAY,
            "position": 1,
            "mime_type": "image/jpeg",
            "path": [path.name for path in paths],
        }
    )
    empty = TABLES["core.media"].schema.create_empty()
    rows = pl.concat([empty, media], how="diagonal_relaxed")
    warehouse.replace("core.media", rows, {str(DAY): "v"})
    known = TABLES["content.images"].schema.create_empty()
    read = (
        media.select(content_hash="media_id")
        .unique()
        .with_columns(
            measures_id=pl.lit("bench"), status=pl.lit("ok"), perceptual_hash=pl.lit("0" * 16)
        )
    )
    rows = pl.concat([known, read], how="diagonal_relaxed")
    warehouse.replace("content.images", rows, {WHOLE: "v"})


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, and of the processors: these say more where others use them too."""

    clock: float
    processor: float

    @classmethod
    def since(cls, clock: float, processor: float) -> Took:
        """From these readings until now."""
        return cls(time.perf_counter() - clock, time.process_time() - processor)


def ours(settings: Settings) -> tuple[Took, int]:
    """What a run of the asset took, and how many pictures it encoded."""
    defs = build_defs(settings)
    with open_instance(settings) as instance:
        started = time.perf_counter(), time.process_time()
        result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(["content", "image_embeddings"])],
            run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}},
        )
        took = Took.since(*started)
        assert result.success
        (event,) = result.get_asset_materialization_events()
        return took, int(event.materialization.metadata["pictures_encoded"].value)  # type: ignore[arg-type]


def peer(architecture: str, weights: Path, paths: list[Path]) -> Took:
    """What it took to load the model bare and to encode the list."""
    torch = import_torch()
    import open_clip

    started = time.perf_counter(), time.process_time()
    chosen = device("auto")
    half = is_half(chosen)
    model, _, preprocess = open_clip.create_model_and_transforms(
        architecture, pretrained=str(weights), device=chosen, precision="fp16" if half else "fp32"
    )
    model.eval()
    with torch.inference_mode():
        for start in range(0, len(paths), BATCH):
            pictures = [preprocess(Image.open(path)) for path in paths[start : start + BATCH]]
            stacked = torch.stack(pictures).to(chosen)
            model.encode_image(stacked.half() if half else stacked, normalize=True).cpu().numpy()
    return Took.since(*started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--architecture", default="ViT-B-32")
    options = parser.parse_args()
    mine, bare, again = [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        weights = save_model(options.architecture, Path(scratch))
        media = Path(scratch) / "media"
        media.mkdir()
        paths = draw(media, max(BATCH, int(PICTURES * options.scale)))
        for pair in range(options.pairs):
            home = Path(scratch) / f"home{pair}"
            home.mkdir()
            (home / "media").symlink_to(media)
            settings = Settings.from_env(
                {
                    "INFLUENCE_HOME": str(home),
                    "INFLUENCE_IMAGE_ENCODER": f"{options.architecture}:{weights}",
                }
            )
            fill(Warehouse(settings.warehouse), paths)
            seconds, encoded = ours(settings)
            mine.append(seconds)
            assert encoded == len(set(paths))
            seconds, encoded = ours(settings)
            again.append(seconds)
            assert encoded == 0
            bare.append(peer(options.architecture, weights, paths))
            print(f"pair {pair + 1}: {mine[-1]}, bare {bare[-1]}", file=sys.stderr)
    pairs = list(zip(mine, bare, strict=True))
    ratio = statistics.median(b.clock / m.clock for m, b in pairs)
    share = statistics.median(a.clock / m.clock for a, m in zip(again, mine, strict=True))
    by_processor = statistics.median(b.processor / m.processor for m, b in pairs)
    print(
        json.dumps(
            {
                "figure": "embed_image",
                "ratio": round(ratio, 3),
                "encoded_ratio": round(ratio * len(set(paths)) / len(paths), 3),
                "processor_ratio": round(by_processor, 3),
                "ours_s": round(statistics.median(m.clock for m in mine), 2),
                "peer_s": round(statistics.median(b.clock for b in bare), 2),
                "peer": "PIL, the model's transforms and encode_image by 32 on the same list",
                "images_per_s": round(statistics.median(len(paths) / m.clock for m in mine), 1),
                "second_run_share": round(share, 4),
                "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "rows": len(paths),
                "distinct": len(set(paths)),
            }
        )
    )


if __name__ == "__main__":
    main()
