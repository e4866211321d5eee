"""Which services are due, and the pipeline that builds them. Python's standard library and git, nothing to install."""
