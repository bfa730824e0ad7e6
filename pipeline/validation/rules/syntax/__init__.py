"""XPath 2.0 text to a syntax tree."""
