"""One line of what was looked at."""

from dataclasses import dataclass

from runtime.errors import PlanError


@dataclass(frozen=True)
class Finding:
    """One line of ``plan doctor``; ``mend`` is empty where nothing has to be mended."""

    subject: str
    said: str
    mend: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing has to be mended."""
        return not self.mend

    @property
    def problem(self) -> PlanError:
        """The same, for a command that cannot go on."""
        return PlanError(self.said, where=self.subject, hint=self.mend)
