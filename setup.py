"""The C extension, which is optional: without a compiler the rules run in Python alone."""

import sys
from pathlib import Path

from setuptools import Extension, setup

_SOURCES = Path("pipeline/validation/rules/native")
_OPTIONS = [] if sys.platform == "win32" else ["-std=c11", "-O3", "-g0", "-fvisibility=hidden"]

setup(
    ext_modules=[
        Extension(
            "pipeline.validation.rules._native",
            sources=sorted(map(str, _SOURCES.glob("*.c"))),
            depends=sorted(map(str, _SOURCES.glob("*.h"))),
            define_macros=[("Py_LIMITED_API", "0x030B0000")],
            extra_compile_args=_OPTIONS,
            py_limited_api=True,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
