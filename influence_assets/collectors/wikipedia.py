"""Wikipedia's lists as a collector: fetch what changed, keep the page, lay its list beside it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import UTC, datetime

import orjson

from influence_assets import __version__
from influence_assets.collectors.config import Wikipedia
from influence_assets.collectors.fetch import FetchError, Manners, Page, fetch
from influence_assets.collectors.ledger import Item
from influence_assets.collectors.most_followed import PageChangedError, read_list
from influence_assets.collectors.outcome import SAME_SITE, Counts, Outcome, State, combined
from influence_assets.collectors.places import write_whole
from influence_assets.collectors.programs import Job

SOURCE = "wikipedia_most_followed"


def collect_lists(config: Wikipedia, job: Job) -> Outcome:
    """Fetch each list that has changed; `new` counts the accounts of the new lists."""
    manners = Manners(
        config.attempts,
        config.backoff_s,
        config.patience_s,
        config.timeout_s,
        job.until,
        job.sleep,
    )
    parts: list[tuple[str, Outcome]] = []
    for number, (platform, url) in enumerate(config.addresses.items()):
        if parts and parts[-1][1].state in SAME_SITE:
            # They lie on one site: who asked us to go once means it.
            before = parts[-1][1]
            outcome = Outcome(before.state, message="not tried", next_attempt=before.next_attempt)
            parts.append((platform, outcome))
            continue
        if number:
            job.sleep(config.pause_s)
        parts.append((platform, _one_list(platform, url, config, job, manners)))
    return combined(parts)


def _one_list(platform: str, url: str, config: Wikipedia, job: Job, manners: Manners) -> Outcome:
    known = job.ledger.item(job.name, url)
    validators = json.loads(known.fingerprint) if known else {}
    headers = {"User-Agent": _user_agent(config.contact)}
    headers |= {name: value for name, value in validators.items() if value}
    try:
        page = fetch(url, headers, manners)
    except FetchError as trouble:
        return trouble.outcome
    if page is None:
        return Outcome(State.OK, Counts(known=1))
    sha256 = hashlib.sha256(page.body).hexdigest()
    if known and known.sha256 == sha256:
        job.ledger.landed(job.name, Item(url, _validators(page), sha256, known.landed_as), job.day)
        return Outcome(State.OK, Counts(known=1))
    return _land(platform, url, page, sha256, job)


def _land(platform: str, url: str, page: Page, sha256: str, job: Job) -> Outcome:
    """The page first: whatever its table has become, what was sent is kept."""
    now = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    folder = job.places.into
    stem = f"{platform}-{now:%Y-%m-%d}-{sha256[:8]}"
    write_whole(folder / f"{stem}.html", page.body)
    try:
        accounts = read_list(page.body.decode("utf-8", "replace"), platform, url, now)
    except PageChangedError as changed:
        return Outcome(State.FAILED, Counts(failed=1), str(changed))
    target = folder / f"{stem}.jsonl"
    write_whole(target, b"".join(orjson.dumps(asdict(a)) + b"\n" for a in accounts))
    landed = job.places.landed_as(target)
    job.ledger.landed(job.name, Item(url, _validators(page), sha256, landed), job.day)
    return Outcome(State.OK, Counts(new=len(accounts)))


def _validators(page: Page) -> str:
    """What to send next time, so that an unchanged page is not sent again."""
    return json.dumps({"If-None-Match": page.etag, "If-Modified-Since": page.last_modified})


def _user_agent(contact: str) -> str:
    """Wikipedia asks programs to say what they are and whom to tell when they misbehave."""
    about = f"; {contact}" if contact else ""
    return f"influence_assets/{__version__} (list reader{about}) python-urllib"
