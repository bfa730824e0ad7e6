"""Messages of the embedded rules in other languages than that of the rule file."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = ("en", "nl", "fr", "de")
_FILE = Path(__file__).parent / "rules" / "peppol_bis_3.messages.toml"


def messages_in(language: str) -> Mapping[str, str]:
    """Message by rule id; empty for English, which the rule file itself is written in."""
    if language == LANGUAGES[0]:
        return {}
    by_rule = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {rule: texts[language] for rule, texts in by_rule.items()}
