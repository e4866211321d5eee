"""`python -m model` serves."""

import servicekit

from .app import create_app
from .settings import Settings


def main() -> None:
    """Run the service until it is told to stop."""
    servicekit.main(Settings, create_app)


if __name__ == "__main__":
    main()
