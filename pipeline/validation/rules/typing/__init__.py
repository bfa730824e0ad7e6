"""Static typing: syntax trees to typed trees, in which names are resolved and casts are explicit."""
