"""What a document is and whether its rules hold: CPU only, no network.

As a library, see docs/validation.md::

    from pipeline.validation.checking import Checker

    report = Checker().check(body)
"""
