"""Figures that call for a second look at a profile: pure functions on frames, one platform each.

None of them is a verdict: each says what was observed, what was to be expected, and on how
much that rests. What else can lead to the same figures stands in `docs/authenticity.md`.
"""
