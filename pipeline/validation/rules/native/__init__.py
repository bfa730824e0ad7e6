"""The native engine: a compiled program run by C, without the interpreter's lock.

What it runs is the same program that the Python engine runs. The module that `codegen` writes is
read as a tree, and each expression in it becomes an operation of a table (`expressions`,
`functions`); the tables are one string of bytes (`tables`, `assembly`) that the C module
``pipeline.validation.rules._native`` loads. So both engines evaluate the same things in the same
order, and what C does not do exactly it leaves to Python, document by document.

| C file | what it is |
|---|---|
| `parse.c`, `names.c`, `tree.c` | expat, namespaces, and the tree |
| `automaton.c` | which rules apply where |
| `program.c`, `operations.h` | the tables, checked as they are loaded |
| `expression.c`, `evaluate.c` | operations; functions and rules |
| `builtins*.c` | the functions of the runtime |
| `report.c` | paths, lines and values of what failed |
| `module.c` | the only file that knows Python |
"""
