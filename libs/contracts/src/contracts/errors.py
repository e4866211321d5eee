"""What is wrong with a contract itself."""


class ContractError(Exception):
    """A contract that cannot be made or read; the message names the file or the call, and the field."""
