class PlanError(Exception):
    """Something that the plan cannot work with. The message names the file and says what to do."""
