"""`python -m frontend`."""

import servicekit

from .app import create_app
from .settings import Settings


def main() -> None:
    """Serve until told to stop."""
    servicekit.main(Settings, create_app)


if __name__ == "__main__":
    main()
