"""The weekly network of one platform: pure functions on its directed weighted ties.

A frame of ties has the columns source_id, target_id and weight, each pair once and none of a
profile to itself. Results have a row for each profile, in profile order. Nothing depends on
the order of the rows, and randomness is seeded, so the same ties give the same rows.
"""
