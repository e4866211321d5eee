"""English names of the languages, for people."""

NAMES = {
    "cs": "Czech",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "eu": "Basque",
    "fr": "French",
    "gl": "Galician",
    "hu": "Hungarian",
    "it": "Italian",
    "lt": "Lithuanian",
    "pl": "Polish",
    "ru": "Russian",
    "sv": "Swedish",
}


def name(code: str) -> str:
    """The English name, or the code itself for a language that is not in the table."""
    return NAMES.get(code, code)
