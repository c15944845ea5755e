"""What was planted, kept apart from the exports: to be found again, never to be read in.

Belongs here: writing and loading the truth. Does not: planting it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from influence_assets.sample.communities import events_frame, truth_frame
from influence_assets.sample.exports.files import FLAGGED, Data, Fault, Written
from influence_assets.sample.popularity import COEFFICIENTS, EVENING_HOURS_UTC, NOISE_SD
from influence_assets.sample.vocabulary import topics

FOLDER = "truth"


@dataclass(frozen=True)
class Truth:
    """The planted truth of a sample world.

    Attributes:
        communities: platform, profile_id, week_start, community: where each profile belongs.
        events: platform, week_start, event, communities, whole: what communities live through
            (see `communities.events_frame`).
        drivers: feature, coefficient (what it adds to log1p of the final likes).
        posts: platform, post_id, profile_id, subject, pull (hot, plain, cold), in_degree_before,
            log_likes: what is known of a post's popularity.
        files: path (below landing), records, broken (number of records to be quarantined),
            flagged (number of counts to be flagged).
        faults: path, row_number (from 1, header not counted), fault.
        noise_sd: standard deviation of the noise in log1p of the final likes.
        evening_hours_utc: the hours of the driver is_evening.
    """

    communities: pl.DataFrame
    events: pl.DataFrame
    drivers: pl.DataFrame
    posts: pl.DataFrame
    files: pl.DataFrame
    faults: pl.DataFrame
    noise_sd: float
    evening_hours_utc: tuple[int, ...]


def write_truth(
    out: Path, data: Data, popularity: pl.DataFrame, written: Iterable[Written], weeks: int
) -> None:
    """Write the truth below `out`/truth."""
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    truth_frame(data.profiles, weeks).write_parquet(folder / "communities.parquet")
    _posts(data, popularity).write_parquet(folder / "posts.parquet")
    events = events_frame(weeks).with_columns(pl.col("week_start").cast(pl.String))
    document = {
        "seed": data.seed,
        "weeks": weeks,
        "events": events.to_dicts(),
        "drivers": COEFFICIENTS,
        "noise_sd": NOISE_SD,
        "evening_hours_utc": EVENING_HOURS_UTC,
        "files": [_file_entry(file) for file in sorted(written, key=lambda f: f.path)],
    }
    text = json.dumps(document, indent=1)
    (folder / "truth.json").write_bytes(text.encode("utf-8"))


def _file_entry(file: Written) -> dict[str, Any]:
    entry: dict[str, Any] = {"path": file.path, "records": file.records}
    if file.faults:
        entry["faults"] = dict(sorted(Counter(fault for _, fault in file.faults).items()))
        entry["faulty_rows"] = [{"row_number": row, "fault": fault} for row, fault in file.faults]
    return entry


def _posts(data: Data, popularity: pl.DataFrame) -> pl.DataFrame:
    subjects = {t.name: [s.name for s in t.subjects] for t in topics().values()}
    pairs = data.posts.select("topic", "subject").iter_rows()
    return data.posts.select(
        "platform",
        "post_id",
        data.profiles["profile_id"].gather(data.posts["author"]).alias("profile_id"),
        pl.Series("subject", [subjects[topic][index] for topic, index in pairs]),
        *popularity.select("pull", "in_degree_before", "log_likes").get_columns(),
    )


def _fault_counts(faults: dict[Fault, int]) -> dict[str, int]:
    flagged = sum(count for fault, count in faults.items() if fault in FLAGGED)
    return {"broken": sum(faults.values()) - flagged, "flagged": flagged}


def load_truth(out: Path) -> Truth:
    """Load the truth of the world that was written to `out`."""
    folder = out / FOLDER
    document = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    events = [
        {**event, "week_start": date.fromisoformat(event["week_start"])}
        for event in document["events"]
    ]
    files = [
        {"path": f["path"], "records": f["records"], **_fault_counts(f.get("faults", {}))}
        for f in document["files"]
    ]
    faults = [
        {"path": f["path"], **row} for f in document["files"] for row in f.get("faulty_rows", ())
    ]
    return Truth(
        communities=pl.read_parquet(folder / "communities.parquet"),
        events=pl.DataFrame(events),
        drivers=pl.DataFrame(
            {"feature": document["drivers"].keys(), "coefficient": document["drivers"].values()}
        ),
        posts=pl.read_parquet(folder / "posts.parquet"),
        files=pl.DataFrame(files),
        faults=pl.DataFrame(faults),
        noise_sd=document["noise_sd"],
        evening_hours_utc=tuple(document["evening_hours_utc"]),
    )
