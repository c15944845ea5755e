"""What the fields of an unknown export may be: by their names, else by their values.

Names are compared as words, without case, accents and marks: `createdAt`, `created_at` and
`Created At` are one. Belongs here: guessing. Does not: writing the guesses down (`draft`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator
from dataclasses import dataclass

import polars as pl

from influence_assets.sources.times import times

_PHRASES = {
    "source_id": "source, source id, source user, source node, from, from id, from user, src, "
    "follower, follower id, sender, id 1, user 1, node 1, von, de",
    "target_id": "target, target id, target user, target node, to, to id, to user, dst, followed, "
    "followed id, followee, receiver, id 2, user 2, node 2, nach, an, vers",
    "post_id": "id, id str, post id, tweet id, status id, video id, media id, item id, photo id, "
    "submission id, message id, object id, content id, publication id, aweme id, pid, pk, uuid, "
    "guid, code, shortcode, key, nr, no, post nr, post no, post number, beitrag id, beitrags id, "
    "beitragsnummer, publicacion id, publicacao id",
    "profile_id": "user, user id, user name, username, handle, screen name, login, alias, author, "
    "author id, author name, account, account id, account name, profile, profile id, profile name, "
    "channel, channel id, channel name, channel title, owner, owner id, owner username, page, "
    "page id, page name, creator, creator id, creator name, member, blogger, influencer, konto, "
    "kontoname, nutzer, nutzername, benutzer, benutzername, kanal, profil, seite, autor, auteur, "
    "compte, utilisateur, page nom, usuario, nombre de usuario, cuenta, perfil, conta, autore, "
    "utente",
    "display_name": "full name, display name, real name, nick name, nickname, name, nom, nombre, "
    "nome, anzeigename",
    "read_time": "observed at, read at, scraped at, scrape date, scraped on, collected at, "
    "collection date, retrieved at, retrieved on, fetched at, crawled at, snapshot date, as of, "
    "abgerufen am",
    "time": "date, time, timestamp, day, week, date time, datetime, created, created at, "
    "created on, created utc, created time, create time, creation date, creation time, published, "
    "published at, publish date, publish time, publication date, posted, posted at, posted on, "
    "post date, post time, date posted, time posted, taken at, taken at timestamp, uploaded at, "
    "upload date, upload time, datum, zeit, zeitpunkt, zeitstempel, tag, erstellt, erstellt am, "
    "veroffentlicht, veroffentlicht am, veroffentlichungsdatum, date de publication, publie le, "
    "heure, fecha, fecha de publicacion, publicado, publicado el, data, data de publicacao, "
    "publicado em, data di pubblicazione",
    "text": "text, full text, caption, caption text, content, body, selftext, message, tweet, "
    "post, post text, title, description, desc, beitrag, beitragstext, nachricht, inhalt, titel, "
    "beschreibung, bildunterschrift, texte, contenu, legende, texto, contenido, mensaje, leyenda, "
    "titulo, descripcion, mensagem, legenda, descricao, testo, didascalia, titolo",
    "hashtags": "hashtag, hashtags, hash tags, tags, schlagworte, etiquetas",
    "mentions": "mention, mentions, mentioned users, user mentions, erwahnungen, menciones",
    "url": "url, link, permalink, permalink url, post url, post link, web url, enlace, lien",
    "language": "lang, language, sprache, langue, idioma, lingua",
}
"""Names by what they mean; the first meaning wins a field."""

_COUNTS = {
    "views": "view, video view, play, video play, impression, watch, aufruf, wiedergabe, "
    "impressionen, vue, visualizacion, visualizacione, reproduccion, reproduccione, visualizacao, "
    "visualizacoe, reproducoe, visualizzazioni",
    "likes": "like, favorite, favourite, fav, reaction, digg, heart, upvote, gefallt mir, "
    "gefallt mir angabe, gefallt mir angaben, j aime, mention j aime, me gusta, curtida, mi piace",
    "comments": "comment, reply, replie, antwort, antworten, kommentar, kommentare, commentaire, "
    "reponse, comentario, respuesta, resposta, commenti",
    "shares": "share, retweet, repost, reblog, boost, teilung, teilungen, geteilt, mal geteilt, "
    "partage, compartido, compartilhamento, condivisioni",
    "saves": "save, saved, bookmark, gespeichert, enregistrement, guardado, salvamento, salvataggi",
    "followers": "follower, subscriber, fan, abonnent, abonnenten, abonne, seguidor, seguidore, "
    "suscriptore, inscrito, iscritti",
    "following": "following, followee, friend, folgt, abonnement, seguido, seguindo, siguiendo",
}
"""Names of counts, without a plural `s` and without words such as `number of`."""

_FILLERS = re.compile(
    r"\b(counts?|total|num(ber)?|n|no|nr|of|nb|anzahl|zahl|nombre|numero|de|des|der|die|the|stats?"
    r"|statistics|public|metrics?|amount|sum|edge|by|all)\b"
)

_PATTERNS = (
    "iso", "twitter", "rfc2822", "epoch", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M",
    "%m/%d/%Y", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%Y%m%d",
)  # fmt: skip

_NUMBER = re.compile(r"-?\d[\d.,\s]*\s*[kKmMbB]?")
_HANDLE = re.compile(r"@?[\w.\-]{2,40}")
_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Field:
    """A field of the first records: its path, its values as text, and how many records it has."""

    name: str
    values: list[str]
    records: int


@dataclass(frozen=True)
class Guess:
    """What a field may be, and whether its `name` or its `values` say so."""

    field: Field
    by: str


def guesses_of(fields: list[Field]) -> dict[str, Guess]:
    """The best field for each meaning; a field has one meaning.

    Meanings are columns of the contracts, and `time` and `read_time` for when something
    happened and when it was read.
    """
    found: dict[str, Guess] = {}
    # `id` goes before `user.id` and `caption.from.id`.
    waiting = sorted(fields, key=lambda f: f.name.count("."))
    for field in list(waiting):
        meaning = _meaning(field, found)
        if meaning is not None:
            found[meaning] = Guess(field, "name")
            waiting.remove(field)
    if not {"source_id", "target_id"} <= set(found):
        # One of them alone is something else: the followers of a profile, say.
        for end in ("source_id", "target_id"):
            if end in found:
                field = found.pop(end).field
                other = _count_named(field)
                waiting += [field] if other is None or other in found else []
                if other is not None:
                    found.setdefault(other, Guess(field, "name"))
        _add_by_values(found, waiting)
    return found


def time_patterns(field: Field) -> list[str]:
    """The patterns that read nine in ten of the values, as times of our age."""
    texts = pl.Series(field.values, dtype=pl.String)
    found = []
    for pattern in _PATTERNS:
        read = times(texts, pattern)
        years = read.dt.year().drop_nulls()
        if len(years) >= 0.9 * len(texts) and bool(years.is_between(1995, 2100).all()):
            found.append(pattern)
    return found


def is_count(field: Field) -> bool:
    """Whether nine in ten values are numbers."""
    return sum(_NUMBER.fullmatch(v) is not None for v in field.values) >= 0.9 * len(field.values)


def _meaning(field: Field, found: Container[object]) -> str | None:
    for words in _spellings(field.name):
        for meaning, phrases in _PHRASES.items():
            if meaning not in found and words in phrases.split(", ") and _can_be(field, meaning):
                return meaning
    count = _count_named(field)
    return count if count not in found else None


def _count_named(field: Field) -> str | None:
    if not is_count(field):
        return None
    for words in _spellings(field.name):
        kept = _FILLERS.sub("", words).split()
        stem = " ".join(w.removesuffix("s") if len(w) > 3 else w for w in kept)
        for meaning, phrases in _COUNTS.items():
            if stem in phrases.split(", "):
                return meaning
    return None


def _can_be(field: Field, meaning: str) -> bool:
    """Whether the values do not speak against what the name says."""
    if meaning in ("time", "read_time"):
        return bool(time_patterns(field))
    if meaning in ("text", "display_name"):
        return not is_count(field)
    return True


def _spellings(name: str) -> Iterator[str]:
    """A name as words, then the end of its path, and the end with what is above it."""
    steps = [_words(step) for step in name.split(".")]
    yield " ".join(steps)
    if len(steps) > 1:
        yield " ".join(steps[-2:])
        yield steps[-1]


def _words(name: str) -> str:
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    plain = unicodedata.normalize("NFKD", split).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z]+|\d+", plain.lower()))


def _add_by_values(found: dict[str, Guess], waiting: list[Field]) -> None:
    """What no name told: a time, then what is unique, then the longest text, then a handle."""
    _take(found, waiting, "time", (f for f in waiting if not is_count(f) and time_patterns(f)))
    _take(found, waiting, "url", (f for f in waiting if _all(_ADDRESS, f)))
    texts = [f for f in waiting if _mean_words(f) >= 2]
    _take(found, waiting, "text", iter(sorted(texts, key=_mean_words, reverse=True)))
    if "text" in found or set(_COUNTS) - {"followers", "following"} & set(found):
        _take(found, waiting, "post_id", (f for f in waiting if _is_unique(f)))
    _take(found, waiting, "profile_id", (f for f in waiting if _all(_HANDLE, f) and _repeats(f)))


def _take(
    found: dict[str, Guess], waiting: list[Field], meaning: str, fitting: Iterator[Field]
) -> None:
    if meaning not in found and (field := next(fitting, None)) is not None:
        found[meaning] = Guess(field, "values")
        waiting.remove(field)


def _all(pattern: re.Pattern[str], field: Field) -> bool:
    return all(pattern.fullmatch(v.strip()) for v in field.values)


def _mean_words(field: Field) -> float:
    return sum(v.count(" ") for v in field.values) / len(field.values) + 1


def _is_unique(field: Field) -> bool:
    return (
        len(set(field.values)) == len(field.values) == field.records >= 2
        and _all(re.compile(r"[\w:/=.\-]+"), field)
        and not all("." in v or "," in v for v in field.values)
    )


def _repeats(field: Field) -> bool:
    """Whether an account can be meant: words that come again, or that begin with @."""
    if all(v.startswith("@") for v in field.values):
        return True
    return not is_count(field) and 1 < len(set(field.values)) < len(field.values)
