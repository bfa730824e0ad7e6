"""Dossierpost: start reading at ``pipeline.usecases.sync_documents``."""

__version__ = "0.1.0"
