"""Code of the functions of XPath that are plain templates over their arguments."""

TEMPLATES = {
    "-": "negative({0})",
    "abs": "absolute({0})",
    "avg": "average({0})",
    "ceiling": "ceiling({0})",
    "codepoints-to-string": "from_codepoints({0})",
    "concat": "''.join(({0},))",
    "contains": "({1} in {0})",
    "distinct-values": "distinct_values({0})",
    "ends-with": "{0}.endswith({1})",
    "false": "False",
    "floor": "floor({0})",
    "lower-case": "{0}.lower()",
    "matches": "matches({0})",
    "max": "greatest({0})",
    "min": "least({0})",
    "normalize-space": "normalize_space({0})",
    "not": "(not {0})",
    "boolean": "{0}",
    "replace": "replace({0})",
    "reverse": "{0}[::-1]",
    "round": "round_half_up({0})",
    "starts-with": "{0}.startswith({1})",
    "string": "{0}",
    "string-length": "len({0})",
    "string-to-codepoints": "codepoints({0})",
    "substring": "substring({0})",
    "substring-after": "substring_after({0}, {1})",
    "substring-before": "substring_before({0}, {1})",
    "tokenize": "tokenize({0})",
    "translate": "translate({0})",
    "true": "True",
    "upper-case": "{0}.upper()",
}
"""``{0}`` is the first argument, or all of them where the function takes them as they come."""

TAKES_ALL = frozenset({"concat", "matches", "replace", "substring", "tokenize", "translate"})
NAMES = {
    "name": "lexical_name",
    "local-name": "local_name",
    "namespace-uri": "namespace_uri",
}
"""Functions of a node, by the function of the runtime."""
