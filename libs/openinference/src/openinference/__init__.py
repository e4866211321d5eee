"""The Open Inference Protocol v2 over REST, with the binary tensor data extension, around any model.

https://kserve.github.io/website/docs/concepts/architecture/data-plane/v2-protocol
"""

from .routes import install, router
from .runtime import Runtime
from .tensors import Inputs, Tensor, Value, Values

__all__ = ["Inputs", "Runtime", "Tensor", "Value", "Values", "install", "router"]
