"""The entry that workspace.yaml names. Nothing else belongs here: see `build`."""

from influence_assets.build import build_defs

defs = build_defs()
