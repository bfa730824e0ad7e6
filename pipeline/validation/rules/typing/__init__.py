"""Static typing: syntax trees to typed trees, where names are resolved and casts explicit."""
