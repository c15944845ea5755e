"""The features once more, as loops over the posts: slow and plain."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

Row = dict[str, Any]
_WORD = re.compile(r"[^\W_'’]{2,}|[?!…]")


def features(frame: pl.DataFrame, maturity: timedelta) -> list[Row]:
    rows = sorted(
        frame.with_row_index("row").to_dicts(), key=lambda r: (r["posted_at"], r["post_id"])
    )
    for r in rows:
        r["y"] = None if r["outcome"] is None else math.log1p(r["outcome"])
        r["known"] = None if r["outcome"] is None else r["posted_at"] + maturity
        r["words"] = list(dict.fromkeys(_WORD.findall((r["text"] or "").lower())))
    for r in rows:
        past = [
            p
            for p in rows
            if p["known"] is not None
            and (p["known"] <= r["posted_at"] if maturity else p["known"] < r["posted_at"])
        ]
        _levels(r, past)
        _effects(r, [p for p in past if p["surprise"] is not None])
        _times(r, [p for p in rows if p["posted_at"] < r["posted_at"]])
        r["history_available_at"] = past[-1]["known"] if past else None
    return sorted(rows, key=lambda r: r["row"])


def ewm(values: list[float], half_life: float) -> float | None:
    if not values:
        return None
    weights = [0.5 ** ((len(values) - 1 - i) / half_life) for i in range(len(values))]
    return float(np.average(values, weights=weights))


def _ys(past: list[Row], *keep: Callable[[Row], bool]) -> list[float]:
    return [p["y"] for p in past if all(k(p) for k in keep)]


def _levels(r: Row, past: list[Row]) -> None:
    mine = lambda p: p["profile_id"] == r["profile_id"]  # noqa: E731
    same = lambda p: p["kind"] == r["kind"]  # noqa: E731
    everyone, own, kind = _ys(past), _ys(past, mine), _ys(past, mine, same)
    r["platform_level"] = level = float(np.median(everyone[-500:])) if everyone else None
    r["base"] = r["surprise"] = r["lift"] = None
    r["author_posts_known"] = math.log1p(min(len(own), 30))
    r["author_kind_posts_known"] = math.log1p(min(len(kind), 30))
    r["author_sd_20"] = float(np.std(own[-20:], ddof=1)) if len(own[-20:]) > 2 else None
    if level is None:
        return
    n, k = min(len(own), 30), min(len(kind), 30)
    author = (n * (ewm(own, 30) or 0) + 0.5 * level) / (n + 0.5)
    base = r["base"] = (k * (ewm(kind, 50) or 0) + 2 * author) / (k + 2)
    r["surprise"] = None if r["y"] is None else r["y"] - base
    r["lift"] = None if r["y"] is None else r["y"] - level
    r["author_level_vs_base"] = author - base
    r["author_last_vs_base"] = own[-1] - base if own else None
    r["author_mean_vs_base"] = float(np.mean(own)) - base if own else None
    r["author_median_20_vs_base"] = float(np.median(own[-20:])) - base if own else None
    r["author_recent_vs_base"] = ewm(own, 5) - base if own else None
    r["kind_mean_5_vs_base"] = float(np.mean(kind[-5:])) - base if kind else None
    r["platform_median_vs_base"] = level - base
    r["platform_kind_median_vs_base"] = (
        float(np.median(_ys(past, same)[-500:])) - base if _ys(past, same) else None
    )
    newest = [p for p in past if mine(p)]
    r["author_history_age_days"] = (
        math.log1p((r["posted_at"] - newest[-1]["posted_at"]) / timedelta(days=1))
        if newest
        else None
    )


def _shrunken(values: list[float], half_life: float) -> float:
    return (ewm(values, half_life) or 0.0) * len(values) / (len(values) + 5)


def _effects(r: Row, past: list[Row]) -> None:
    own = [p for p in past if p["profile_id"] == r["profile_id"]]
    last = [p["surprise"] for p in own[-5:]]
    r["author_surprise_5"] = float(np.mean(last)) if last else None
    r["platform_surprise_200"] = (
        float(np.mean([p["surprise"] for p in past[-200:]])) if past else None
    )
    cells: dict[str, Callable[[Row], Any]] = {
        "weekday": lambda p: p["posted_at"].weekday(),
        "hour": lambda p: p["posted_at"].hour // 4,
        "length": lambda p: None if p["text"] is None else int(math.log1p(len(p["text"]))),
        "mentioning": lambda p: bool(p["mentions"]),
        "tagging": lambda p: min(len(p["hashtags"]), 3),
    }
    for name, cell in cells.items():
        for scope, rows, half_life in (("author", own, 30), ("platform", past, 300)):
            alike = [p for p in rows if cell(p) == cell(r) and p["kind"] == r["kind"]]
            r[f"{scope}_{name}_effect"] = _shrunken([p["surprise"] for p in alike], half_life)
    for name, column in (("mention", "mentions"), ("hashtag", "hashtags"), ("word", "words")):
        for scope, rows in (("author", own), ("platform", past)):
            _items(r, rows, f"{scope}_{name}_effect", column, "surprise")
        _items(r, past, f"platform_{name}_level", column, "lift")
        most = [sum(i in p[column] for p in own) for i in set(r[column])]
        r[f"author_{name}_uses"] = math.log1p(max(most, default=0))


def _items(r: Row, past: list[Row], name: str, column: str, value: str) -> None:
    items = list(dict.fromkeys(r[column]))
    effects = [_shrunken([p[value] for p in past if i in p[column]], 30) for i in items]
    r[f"{name}_sum"] = sum(effects)
    r[f"{name}_mean"] = float(np.mean(effects)) if effects else 0.0


def _times(r: Row, earlier: list[Row]) -> None:
    own = [p for p in earlier if p["profile_id"] == r["profile_id"]]
    for name, hours in (("1h", 1), ("1d", 24), ("30d", 720)):
        since = r["posted_at"] - timedelta(hours=hours)
        r[f"posts_last_{name}"] = math.log1p(sum(p["posted_at"] >= since for p in own))
    before = own[-1] if own else None
    r["hours_since_post"] = (
        math.log1p((r["posted_at"] - before["posted_at"]) / timedelta(hours=1)) if before else None
    )
    r["previous_is_same_kind"] = float(r["kind"] == before["kind"]) if before else None
    r["previous_shared_mentions"] = (
        float(len(set(r["mentions"]) & set(before["mentions"]))) if before else None
    )
