"""Names of languages, in English and in the language itself."""

NAMES = {
    "cs": ("Czech", "Čeština"),
    "de": ("German", "Deutsch"),
    "en": ("English", "English"),
    "es": ("Spanish", "Español"),
    "eu": ("Basque", "Euskara"),
    "fr": ("French", "Français"),
    "gl": ("Galician", "Galego"),
    "hu": ("Hungarian", "Magyar"),
    "it": ("Italian", "Italiano"),
    "lt": ("Lithuanian", "Lietuvių"),
    "pl": ("Polish", "Polski"),
    "ru": ("Russian", "Русский"),
    "sv": ("Swedish", "Svenska"),
}


def names(code: str) -> tuple[str, str]:
    """The English and the native name; the code itself for a language that pyjokes gained since."""
    return NAMES.get(code, (code, code))
