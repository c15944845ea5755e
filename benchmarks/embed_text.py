"""Texts to vectors in the warehouse, against a bare `SentenceTransformer.encode`.

Ours: a Dagster run of content.text_embeddings over posts with these texts: distinct ones are
found, encoded in batches that are kept, and loaded into the warehouse. Peer: the same model
loaded bare and given the same list, duplicates and all, cut at the same length. Both load
the model and import torch before the clock starts for the first.
The texts are captions of the sample world, or a column of a file: `--texts posts.csv.gz
--column text`. Prints one JSON object on its last line; `--scale 0.1` takes a part of them.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path

import dagster as dg
import polars as pl

from influence_assets.build import build_defs
from influence_assets.contracts import TABLES
from influence_assets.encoders.find import find
from influence_assets.encoders.text import MAX_TOKENS
from influence_assets.instance import open_instance
from influence_assets.sample.world import draw_world
from influence_assets.settings import Settings
from influence_assets.storage.warehouse import Warehouse
from influence_assets.torch_door import device, import_torch, is_half

SEED = 7
DAY = date(2024, 1, 1)


def sample_texts() -> pl.Series:
    """Captions of the sample world, a third of them twice."""
    data, _ = draw_world(SEED, 26, 12)
    texts = data.posts["text"]
    return pl.concat([texts, texts.sample(fraction=1 / 3, seed=SEED)])


def texts_of(path: Path | None, column: str, scale: float) -> list[str]:
    """The texts in an order drawn at random, without blank ones."""
    texts = sample_texts() if path is None else pl.read_csv(path, infer_schema=False)[column]
    texts = texts.drop_nulls()
    texts = texts.filter(texts.str.strip_chars() != "")
    return texts.sample(max(64, int(len(texts) * scale)), shuffle=True, seed=SEED).to_list()


def fill(warehouse: Warehouse, texts: list[str]) -> None:
    """A post for each text."""
    empty = TABLES["core.posts"].schema.create_empty()
    posts = (
        pl.DataFrame({"text": texts})
        .with_row_index("post_id")
        .with_columns(
            pl.col("post_id").cast(pl.String),
            pl.lit("bench").alias("platform"),
            pl.lit("p").alias("profile_id"),
            pl.lit(datetime(2024, 1, 1)).alias("posted_at"),
            pl.lit(DAY).alias("posted_date"),
            pl.lit(True).alias("is_posted_at_known"),
        )
    )
    warehouse.replace(
        "core.posts", pl.concat([empty, posts], how="diagonal_relaxed"), {str(DAY): "v"}
    )


def ours(settings: Settings) -> tuple[float, int]:
    """Seconds of a run of the asset, and how many texts it encoded."""
    defs = build_defs(settings)
    key = dg.AssetKey(["content", "text_embeddings"])
    with open_instance(settings) as instance:
        started = time.perf_counter()
        result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=[key],
            run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}},
        )
        took = time.perf_counter() - started
        assert result.success
        (event,) = result.get_asset_materialization_events()
        return took, int(event.materialization.metadata["texts_encoded"].value)  # type: ignore[arg-type]


def peer(folder: Path, texts: list[str]) -> float:
    """Seconds to load the model bare and to encode the list."""
    from sentence_transformers import SentenceTransformer

    started = time.perf_counter()
    model = SentenceTransformer(str(folder), device=device("auto"), local_files_only=True)
    if is_half(device("auto")):
        model.half()
    model.max_seq_length = MAX_TOKENS
    model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--column", default="text")
    options = parser.parse_args()
    texts = texts_of(options.texts, options.column, options.scale)
    import_torch()
    mine, bare, again = [], [], []
    for pair in range(options.pairs):
        with tempfile.TemporaryDirectory() as home:
            settings = Settings.from_env({"INFLUENCE_HOME": home})
            found = find(settings.text_encoder, settings.encoders)
            assert found is not None
            fill(Warehouse(settings.warehouse), texts)
            seconds, encoded = ours(settings)
            mine.append(seconds)
            assert encoded == len(set(texts))
            seconds, encoded = ours(settings)
            again.append(seconds)
            assert encoded == 0
        bare.append(peer(found.folder, texts))
        print(f"pair {pair + 1}: {mine[-1]:.1f} s, bare {bare[-1]:.1f} s", file=sys.stderr)
    print(
        json.dumps(
            {
                "figure": "embed_text",
                "ratio": round(
                    statistics.median(b / m for m, b in zip(mine, bare, strict=True)), 3
                ),
                "ours_s": round(statistics.median(mine), 2),
                "peer_s": round(statistics.median(bare), 2),
                "peer": "SentenceTransformer.encode on the same list",
                "texts_per_s": round(len(texts) / statistics.median(mine)),
                "second_run_share": round(
                    statistics.median(a / m for a, m in zip(again, mine, strict=True)), 4
                ),
                "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "rows": len(texts),
                "distinct": len(set(texts)),
            }
        )
    )


if __name__ == "__main__":
    main()
