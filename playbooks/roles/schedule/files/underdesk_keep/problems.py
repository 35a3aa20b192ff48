"""What keeps a backup or a drill from being made, in one line."""


class KeepError(Exception):
    """It cannot be done; what is kept is as it was."""


class NotNowError(KeepError):
    """There is nothing to back up, or it may be half: that is nobody's fault."""
