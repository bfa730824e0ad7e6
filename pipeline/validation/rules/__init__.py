"""Schematron rules compiled to Python.

    from pipeline.validation.rules.ruleset import RuleSet

The passes, in their order: `reader` (rule file to intermediate form), `syntax` (XPath to a tree),
`typing` (static types), `codegen` (Python source), `cache` (kept compiled); at work then `automaton`
(which rules apply where, decided during the parse), `runtime` (tree and operators) and `engine`.
"""
