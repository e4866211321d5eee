"""The page and API that a visitor sees."""
