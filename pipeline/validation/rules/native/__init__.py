"""The native engine: a compiled program run by C, without the interpreter's lock.

What it runs is the same program that the Python engine runs. The module that `codegen` writes is
read as a tree, and each expression in it becomes an operation of a table (`expressions`,
`functions`); the tables are one string of bytes (`tables`, `assembly`) that the C module
``pipeline.validation.rules._native`` loads. So both engines evaluate the same things in the same
order, and what C does not do exactly it leaves to Python, document by document.

| C files | what they are |
|---|---|
| `scan` and its kin | reads XML of the plain kind |
| `parse`, `names`, `tree` | namespaces, and the tree |
| `automaton` | which rules apply where |
| `program`, `program_code`, `program_rows` | the tables, checked as they are loaded |
| `expression`, `expression_nodes`, `expression_loops` | operations |
| `evaluate` | functions and rules |
| `builtins` and its kin | the functions of the runtime |
| `report` | paths, lines and values of what failed |
| `text`, `decimal`, `number`, `date`, `pattern` and their kin | values |
| `structure` and its kin | schemas: see `pipeline.validation.structure` |
| `module` and `structure_module` | the only files that know Python |
"""
