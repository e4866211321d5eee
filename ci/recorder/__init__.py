"""Writes to the default branch which image of a service runs. Python's standard library and git, nothing to install."""
