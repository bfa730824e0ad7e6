"""Webhooks: hubs that tell over HTTP that there is news. An event wakes, and does nothing else."""
