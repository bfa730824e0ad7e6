"""What a user can ask for, verb_object; start reading at ``sync_documents``."""
