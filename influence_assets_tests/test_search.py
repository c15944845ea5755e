"""Search by meaning: nearest vectors, filters before the k are taken, and what is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from rich.console import Console
from typer.testing import CliRunner

from influence_assets.assets.content import text_embeddings_recipe
from influence_assets.cli import app
from influence_assets.cli_search import print_hits
from influence_assets.errors import UserError
from influence_assets.search import Query, search
from influence_assets.settings import Settings
from influence_assets.storage.vectors import load_vectors
from influence_assets.storage.versions import expected_versions
from influence_assets.storage.warehouse import Warehouse, record_version
from influence_assets_tests.sql_making import MON, NEXT, TUE, noon, post, put

F32 = npt.NDArray[np.float32]
LENGTH = 6


def angle(degrees: float) -> list[float]:
    """A unit vector so far from the first axis, and no 384 numbers long."""
    turn = np.radians(degrees)
    return [float(np.cos(turn)), float(np.sin(turn)), *[0.0] * (LENGTH - 2)]


@dataclass(frozen=True)
class StandIn:
    """An encoder to which every text is as far from the first axis as the number in it."""

    encoder_id: str = "e1"

    def encode(self, texts: Sequence[str]) -> F32:
        return np.array([angle(float(t.split()[-1])) for t in texts], np.float32)

    def encode_texts(self, texts: Sequence[str]) -> F32:
        return self.encode(texts)

    def encode_images(self, paths: Sequence[Path]) -> F32:
        return self.encode([p.stem for p in paths])


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def vectors(**at: float) -> pl.DataFrame:
    return pl.DataFrame(
        {"content_hash": list(at), "vector": np.array([angle(d) for d in at.values()], np.float32)}
    )


def said(post_id: str, text: str | None, day: date = MON, **more: Any) -> dict[str, Any]:
    return post(day, post_id) | {"text": text, "url": f"https://x/{post_id}"} | more


POSTS = (
    said("a", "beach 10"),
    said("b", "forest 80", profile_id="bob"),
    said("c", "beach 10", TUE, profile_id="bob"),
    said("d", "harbour 30", NEXT, platform="y"),
    said("e", None), said("f", "  "),
    said("g", "not encoded 1"),
)  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings.from_env({"INFLUENCE_HOME": str(tmp_path)})
    warehouse = Warehouse(settings.warehouse, 5)
    with warehouse.connect() as tables:
        put(tables, "core.posts", *POSTS)
        week = {"week_start": MON, "platform": "x", "community_id": "2024-01-01/bob",
                "group_id": "g", "community_size": 1, "membership_strength": 1.0,
                "partition_modularity": 0.5, "partition_stability": 1.0}  # fmt: skip
        known = set(tables.execute("FROM graph.communities_weekly").pl().columns)
        # Ann was in it a week before the last.
        rows = [week | {"profile_id": p, "week_start": w}
                for p, w in (("bob", MON), ("bob", NEXT), ("ann", MON))]  # fmt: skip
        put(tables, "graph.communities_weekly",
            *({c: v for c, v in row.items() if c in known} for row in rows))  # fmt: skip
    texts = {hashed(t): float(t.split()[-1]) for t in ("beach 10", "forest 80", "harbour 30")}
    # One of a text that no post has any more.
    load_vectors(warehouse, "content.text_embeddings", "e1", vectors(**texts, gone=0.0))
    return settings


def found(settings: Settings, query: Query) -> list[tuple[str, int]]:
    hits = search(settings, query, StandIn(), StandIn())["hits"]
    return [(hit["post_id"], hit["posts"]) for hit in hits]


def test_the_nearest_first_each_text_once_with_its_newest_post(settings: Settings) -> None:
    told = search(settings, Query("0"), StandIn())
    assert [(h["post_id"], h["posts"]) for h in told["hits"]] == [("c", 2), ("d", 1), ("b", 1)]
    scores = [h["score"] for h in told["hits"]]
    assert scores == pytest.approx(np.cos(np.radians([10, 30, 80])), abs=1e-6)
    first = told["hits"][0]
    assert (first["platform"], first["profile_id"], first["text"]) == ("x", "bob", "beach 10")
    assert (first["posted_at"], first["url"]) == (noon(TUE), "https://x/c")
    assert (told["in"], told["encoder"]) == ("texts", "e1")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        # The k are taken of what passes: the best of all is not among them.
        ({"platform": "y", "k": 1}, [("d", 1)]),
        ({"since": NEXT, "k": 1}, [("d", 1)]),
        # Of a text the newest post that passes, and the number of those that do.
        ({"until": MON}, [("a", 1), ("b", 1)]),
        ({"since": MON, "until": TUE, "k": 1}, [("c", 2)]),
        ({"community": "2024-01-01/bob"}, [("c", 1), ("b", 1)]),
        ({"community": "2024-01-01/bob", "until": MON}, [("b", 1)]),
        ({"platform": "y", "until": TUE}, []),
    ],
)
def test_filters_apply_before_the_k_are_taken(
    settings: Settings, filters: dict[str, Any], expected: list[tuple[str, int]]
) -> None:
    assert found(settings, replace(Query("0"), **filters)) == expected


def test_against_numpy_with_equal_scores_by_hash(settings: Settings) -> None:
    rng = np.random.default_rng(4)
    turns = rng.integers(0, 90, 300).tolist()
    rows = [said(f"p{n:03d}", f"t{n} {t}") for n, t in enumerate(turns)]
    warehouse = Warehouse(settings.warehouse, 5)
    with warehouse.connect() as tables:
        put(tables, "core.posts", *rows)
    own = {hashed(r["text"]): float(t) for r, t in zip(rows, turns, strict=True)}
    load_vectors(warehouse, "content.text_embeddings", "e1", vectors(**own))
    known = own | {hashed("beach 10"): 10, hashed("forest 80"): 80, hashed("harbour 30"): 30}
    best = sorted(known, key=lambda h: (abs(known[h] - 45), h))[:40]
    hits = search(settings, Query("45", k=40), StandIn())["hits"]
    # Two degrees above are as far as two below, but for the last digit.
    assert [abs(known[h["content_hash"]] - 45) for h in hits] == [abs(known[h] - 45) for h in best]


def test_posts_that_came_in_since(settings: Settings) -> None:
    warehouse, recipe = Warehouse(settings.warehouse, 5), text_embeddings_recipe(settings)
    with warehouse.connect() as tables:
        record_version(tables, "core.posts", MON.isoformat(), "1", 1, "run")
    assert search_is_up_to_date(settings) is False
    with warehouse.connect() as tables:
        record_version(tables, recipe.table, "", expected_versions(tables, recipe)[""], 1, "run")
    assert search_is_up_to_date(settings) is True


def search_is_up_to_date(settings: Settings) -> bool:
    told: bool = search(settings, Query("0"), StandIn())["is_up_to_date"]
    return told


def with_pictures(settings: Settings) -> None:
    warehouse = Warehouse(settings.warehouse, 5)
    shown = [("a", 1, "m1"), ("a", 2, "m1"), ("c", 1, "m1"), ("b", 1, "m2")]
    rows = [
        {"platform": "x", "post_id": p, "position": n, "media_id": m * 32, "posted_date": MON,
         "mime_type": "image/png", "path": f"{m}.png"}
        for p, n, m in shown
    ]  # fmt: skip
    with warehouse.connect() as tables:
        put(tables, "core.media", *rows)
        tables.execute("CREATE OR REPLACE TABLE content.image_embeddings (content_hash VARCHAR, "
                       f"encoder_id VARCHAR, vector FLOAT[{LENGTH}])")  # fmt: skip
        tables.executemany(
            "INSERT INTO content.image_embeddings VALUES (?, 'e1', ?)",
            [("m1" * 32, angle(20)), ("m2" * 32, angle(60)), ("m3" * 32, angle(0))],
        )


def test_pictures_by_words_by_a_picture_and_by_both(settings: Settings, tmp_path: Path) -> None:
    with_pictures(settings)
    assert found(settings, Query("0", among="images")) == [("c", 2), ("b", 1)]
    picture = tmp_path / "80.png"
    picture.touch()
    assert found(settings, Query(image=picture, among="images")) == [("b", 1), ("c", 2)]
    both = search(settings, Query("0", picture, "images"), None, StandIn())
    # Half-way between the two: 40 degrees, as far from one as from the other.
    assert [h["score"] for h in both["hits"]] == pytest.approx([np.cos(np.radians(20))] * 2)
    assert both["hits"][0]["media_path"] in ("m1.png", "m2.png")
    assert both["is_up_to_date"] is None


@pytest.mark.parametrize(
    ("query", "what"),
    [
        (Query(""), "what to look for"),
        (Query("0", platform="z"), "There are posts of: x, y"),
        (Query("0", community="nobody"), "community 'nobody'"),
        (Query("0", since=NEXT, until=MON), "before"),
        (Query("0", Path("nowhere.png"), "images"), "no file nowhere.png"),
        (Query("0", Path("nowhere.png"), "texts"), "cannot be compared"),
        (Query("0", among="images"), "images of posts has a vector"),
    ],
)
def test_what_cannot_be_looked_for(settings: Settings, query: Query, what: str) -> None:
    with pytest.raises(UserError, match=what):
        search(settings, query, StandIn(), StandIn())


def test_vectors_of_another_encoder(settings: Settings) -> None:
    with pytest.raises(UserError, match="of the text encoder e1, and the chosen one is e2"):
        search(settings, Query("0"), StandIn("e2"))
    with_pictures(settings)
    with pytest.raises(UserError, match="INFLUENCE_IMAGE_ENCODER"):
        search(settings, Query("0", among="images"), None, StandIn("e2"))
    # Found out by its id, before a model is loaded.
    with pytest.raises(UserError, match="the chosen one is all-MiniLM-L6-v2@"):
        search(settings, Query("0"))


def test_no_vectors_and_no_warehouse(tmp_path: Path) -> None:
    settings = Settings.from_env({"INFLUENCE_HOME": str(tmp_path)})
    with pytest.raises(UserError, match="no warehouse"):
        search(settings, Query("0"), StandIn())
    with Warehouse(settings.warehouse).connect():
        pass
    with pytest.raises(UserError, match="None of the texts"):
        search(settings, Query("0"), StandIn())


def test_what_is_printed(settings: Settings) -> None:
    long = "[red] 5 " + "word " * 40 + "5"
    warehouse = Warehouse(settings.warehouse, 5)
    with warehouse.connect() as tables:
        put(tables, "core.posts", said("z", long, url=None))
    load_vectors(warehouse, "content.text_embeddings", "e1", vectors(**{hashed(long): 5.0}))
    console = Console(width=220, record=True)
    told = search(settings, Query("0"), StandIn())
    print_hits(told, console)
    lines = console.export_text().splitlines()
    assert lines[0].split() == ["score", "platform", "profile", "date", "text"]
    assert lines[1].split()[:5] == ["0.996", "x", "ann", "2024-01-01", "[red]"]
    assert lines[1].rstrip().endswith("…")
    assert "beach 10 (in 2 posts)" in lines[2] and lines[3].split() == ["https://x/c"]
    print_hits(told | {"hits": [], "is_up_to_date": False}, console)
    text = console.export_text()
    assert "No post passes these filters." in text and "influence build" in text


def test_the_command_with_the_real_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from influence_assets.encoders.text import load_text_encoder

    monkeypatch.setenv("INFLUENCE_HOME", str(tmp_path))
    settings = Settings.from_env()
    encoder = load_text_encoder(settings.text_encoder, settings.encoders, "cpu")
    texts = ["A loaf of sourdough, fresh from the oven", "The match ended in a draw", "New shoes"]
    warehouse = Warehouse(settings.warehouse, 5)
    with warehouse.connect() as tables:
        put(
            tables,
            "core.posts",
            *(said(f"p{n}", t, MON + timedelta(n)) for n, t in enumerate(texts)),
        )
    rows = pl.DataFrame(
        {"content_hash": [hashed(t) for t in texts], "vector": encoder.encode(texts)}
    )
    load_vectors(warehouse, "content.text_embeddings", encoder.encoder_id, rows)
    done = CliRunner().invoke(app, ["search", "home-made bread", "--k", "2", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["hits"][0]["post_id"] == "p0" and len(told["hits"]) == 2
    assert told["encoder"] == encoder.encoder_id
    shown = CliRunner().invoke(app, ["search", "football", "--since", "2024-01-02"])
    assert "The match ended" in shown.stdout and "sourdough" not in shown.stdout
    with pytest.raises(UserError, match="Write texts or images"):
        CliRunner().invoke(app, ["search", "x", "--in", "sounds"], catch_exceptions=False)
