"""What generated code runs on: the light tree, and the operators and functions of XPath."""
