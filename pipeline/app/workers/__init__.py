"""Several processes of one installation: a supervisor, and workers that share its dossiers."""
