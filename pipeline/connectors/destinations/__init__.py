"""Where documents are placed."""
