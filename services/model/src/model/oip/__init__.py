"""The Open Inference Protocol v2 over REST, with the binary tensor data extension.

https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol
"""

from .routes import install, router

__all__ = ["install", "router"]
