"""Why a picture is not taken: a rule that can be counted, and a sentence for who looks at it."""

from __future__ import annotations

RULES = {
    "empty": "the file has no bytes",
    "too_many_bytes": "the file is larger than is taken",
    "not_a_picture": "the bytes are no JPEG, PNG or WebP, whatever the name says",
    "bytes_before": "a picture begins only behind other bytes",
    "bytes_behind": "the file goes on behind the end of the picture",
    "truncated": "the file ends before the picture does, or a part claims bytes that are not there",
    "bad_checksum": "a part of a PNG is not what its checksum says",
    "malformed": "the parts do not make a picture of its format",
    "unsupported": "a kind of JPEG or PNG that hardly any program reads",
    "too_many_pixels": "the header promises more pixels than are decoded",
    "too_many_frames": "an animation of more frames than are read",
    "too_many_parts": "the file is cut into more parts than any program writes",
    "too_much_metadata": "metadata that is large, or that grows large when it is unpacked",
    "undecodable": "the picture cannot be decoded",
    "out_of_memory": "decoding takes more memory than it may",
    "too_slow": "decoding takes more time than it may",
    "decoder_died": "the process that decodes it ended",
    "gone": "the file is not in the media folder",
    "altered": "the bytes in the media folder are not those that were stored",
}
"""Every rule, with what it says."""


class Refused(Exception):  # noqa: N818 - it says what became of the picture
    """A picture that is not taken.

    Attributes:
        rule: one of RULES.
        message: what is wrong with this one.
    """

    def __init__(self, rule: str, message: str = "") -> None:
        assert rule in RULES
        self.rule = rule
        self.message = message or RULES[rule]
        super().__init__(self.message)
