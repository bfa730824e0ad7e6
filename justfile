# Every task of the project. `./run TASK` sets up .venv first; inside it, `just TASK` is the same.

[private]
default:
    @just --list

# The demo: an embedded hub, 200 dossiers, about 1,000 documents, placed in ./dossierpost-demo
demo *args:
    @dossierpost demo {{args}}

# Lint, types, layers and all tests
test *args: lint types layers
    pytest -q -n 2 {{args}}

lint:
    ruff format --check .
    ruff check .
    codespell pipeline tests benchmarks docs README.md CHANGELOG.md
    vulture
    deptry pipeline

types:
    mypy

layers:
    lint-imports

# Renew docs/configuration.md and deploy/env.example from the settings
docs:
    python -c 'from pathlib import Path; from pipeline.settings.reference import write_reference; write_reference(Path("."))'

# The benchmarks; --quick takes a minute
bench *args:
    python -m benchmarks {{args}}

# Run dossierpost itself: ./run version
[no-exit-message]
version:
    @dossierpost version

# Renew requirements.lock from pyproject.toml
lock:
    uv lock --upgrade
    uv export --quiet --no-emit-project --all-groups --format requirements-txt --no-header --output-file requirements.lock
