"""What bytes look like, by their beginning: to tell who sent something else than a picture."""

from __future__ import annotations

import re

HEAD_BYTES = 4_096
"""So much of a file is looked at."""

_BEGINNINGS = (
    (b"GIF87a", "a GIF"),
    (b"GIF89a", "a GIF"),
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"II*\x00", "a TIFF"),
    (b"MM\x00*", "a TIFF"),
    (b"II+\x00", "a TIFF"),
    (b"8BPS", "a Photoshop file"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"\xff\x0a", "a JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000"),
    (b"\x8aMNG", "an MNG"),
    (b"\x1f\x8b", "a gzip file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"#!", "a script"),
    (b"OggS", "a sound or video"),
    (b"ID3", "a sound"),
    (b"FLV\x01", "a video"),
    (b"\x1aE\xdf\xa3", "a video"),
)

_STILL_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1", b"hevc")
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free")
_SCRIPT = re.compile(rb"<script|javascript:|\beval\(|\bfunction\b|=>", re.IGNORECASE)


def looks_like(head: bytes) -> str:
    """What a file is, by its first HEAD_BYTES, with its article."""
    if picture := picture_format(head):
        return {"jpeg": "a JPEG", "png": "a PNG", "webp": "a WebP"}[picture]
    if head[4:8] in _BOXES:
        is_still = head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS
        return "an AVIF or HEIC" if is_still else "a video"
    if head[:4] == b"RIFF":
        return "a video" if head[8:12] == b"AVI " else "a sound"
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "a BMP"
    for beginning, name in _BEGINNINGS:
        if head.startswith(beginning):
            return name
    return _text(head)


def picture_format(head: bytes) -> str:
    """`jpeg`, `png` or `webp` by the magic bytes; empty for anything else."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return ""


def video_type(head: bytes) -> str:
    """`video/mp4` or `video/webm` by the beginning; empty for anything else."""
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm"
    return "video/mp4" if head[4:8] in _BOXES and looks_like(head) == "a video" else ""


def _text(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n\0").lower()
    if not text:
        return "blanks"
    if b"<svg" in text:
        return "an SVG"
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<!--")):
        return "a web page"
    if text.startswith(b"<?php"):
        return "a script"
    if text.startswith(b"<"):
        return "XML"
    if any(byte < 9 or 13 < byte < 32 for byte in head):
        return "unknown bytes"
    if _SCRIPT.search(text):
        return "a script"
    return "JSON" if text[:1] in (b"{", b"[") else "text"
