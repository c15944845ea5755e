"""Posts that are copies of each other: by their words, by their pictures.

Belongs here: which texts and pictures are alike, and which posts hang together by them. Does not:
what is made of it (cascades of copied texts in `domain.spread`, splits in `domain.popularity`).
"""
