"""The UBL schemas as tables, which C code checks a document with while it is parsed.

The stages are those of a small compiler:

    reader      XSD files -> declarations: elements, types, attributes
    content     the content model of a type -> a deterministic automaton over child elements
    tables      all of it, numbered -> bytes
    checker     bytes and a document -> accepted with its facts, or nothing

The checker only ever accepts. What it does not accept it says nothing about: such a document goes
to lxml, whose verdict and messages count. So nothing here needs to be complete, but all that is
accepted must be what lxml accepts.
"""
