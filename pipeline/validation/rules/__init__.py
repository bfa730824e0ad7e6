"""Schematron rules compiled to Python.

    from pipeline.validation.rules.ruleset import RuleSet

The passes in their order: `reader` (rule file to intermediate form), `syntax` (XPath to a tree),
`typing` (static types), `codegen` (Python source), `cache` (kept compiled). Then, at work:
`automaton` (which rules apply where), `runtime` (tree and operators) and `engine`.
"""
