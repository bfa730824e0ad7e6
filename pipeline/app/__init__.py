"""Composition root: the only package that names concrete connectors.

Each module composes one thing and imports only what that needs, so that ``dossierpost status``,
which monitors call every half minute, loads no server, no parser and no HTTP client.
"""
