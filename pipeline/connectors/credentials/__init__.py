"""Where secrets and tokens are kept."""
