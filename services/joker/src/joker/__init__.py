"""A random joke, by language, category and id."""
