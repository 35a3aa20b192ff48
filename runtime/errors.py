"""The one error type that a user may see."""


class PlanError(Exception):
    """Something the user can mend, or the answer "no".

    ``where`` is a path in a file (``brief.yaml: audience[0].people``), a host or a
    command; ``hint`` says how to mend it. ``exit_code`` follows DESIGN: 1 mend it,
    2 usage or a bug, 3 it worked and the answer is no.
    """

    def __init__(self, message: str, *, where: str = "", hint: str = "", exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message
