"""What a document is and whether its rules hold: CPU only, no network."""
