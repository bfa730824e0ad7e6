"""What the documents of an installation are looked into with; nothing of it is loaded here."""

from pathlib import Path

from pipeline.settings import Settings
from pipeline.validation.recipe import Recipe
from pipeline.validation.rule_files import RulePlaces, RuleSetName


def rule_places(settings: Settings) -> RulePlaces:
    """Where this installation looks for rule files.

    Fetched ones lie beside the state and in no cache, so that nobody tidies them away: other
    rules, other verdicts.
    """
    return RulePlaces(settings.rules_dir, fetched_folder(settings))


def recipe_of(settings: Settings) -> Recipe:
    """What documents are looked into with, with the rule files that are there now.

    Raises:
        ConfigurationError: a rule file cannot be read.
    """
    places = rule_places(settings)
    return Recipe(
        rule_files=tuple(places.find(ruleset) for ruleset in RuleSetName),
        cache=compiled_folder(settings),
        max_bytes=settings.max_document_bytes,
    )


def compiled_folder(settings: Settings) -> Path:
    """Where compiled rules are kept."""
    return settings.cache_dir / "rules"


def fetched_folder(settings: Settings) -> Path:
    """Where `dossierpost rules fetch` puts rule files."""
    return settings.state_dir / "rules"
