"""What validation says: a sentence, and the place in the definition that it is about."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; `where` is a path such as `nodes[detect].params.conf` or `pipeline`."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"

    def as_dict(self) -> dict[str, str]:
        """The JSON form."""
        return {"where": self.where, "message": self.message}
