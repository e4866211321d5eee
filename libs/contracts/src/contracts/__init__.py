"""What a service uses of another's API, pinned by the one that uses it and held by the one that provides it."""

from .compare import breaks, broken
from .cut import cut
from .errors import ContractError
from .stand_in import stand_in

__all__ = ["ContractError", "breaks", "broken", "cut", "stand_in"]
