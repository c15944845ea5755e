"""influence_assets: from social-media exports to influence, communities and predictions."""

__version__ = "0.1.0"
