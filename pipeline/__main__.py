"""``python -m pipeline`` is ``dossierpost``."""

from pipeline.cli.main import main

main()
