"""Failures on order: what goes wrong, for whom, and how often."""

import random
from enum import StrEnum

import msgspec


class Failure(StrEnum):
    """What can be made to go wrong."""

    ERROR_401 = "error_401"  # although the token is good
    ERROR_404 = "error_404"  # as for a method that the server does not know
    ERROR_429 = "error_429"  # with the rule's seconds as `retry_after`
    ERROR_500 = "error_500"
    ERROR_502 = "error_502"
    DROP_BEFORE = "drop_before"  # the connection breaks and nothing was done
    DROP_AFTER = "drop_after"  # it was done, and the connection breaks before the answer
    SLOW = "slow"


class Rule(msgspec.Struct, forbid_unknown_fields=True):
    """The next `count` matching requests fail, or each does with `probability`. `bot` 0 and `chat` 0: any."""

    kind: Failure
    count: int = 0
    probability: float = 0.0
    bot: int = 0
    chat: int = 0
    method: str = ""
    seconds: float = 5.0


class Failures:
    """The rules that hold now; the first that matches decides."""

    def __init__(self, seed: int | None = None) -> None:
        self.rules: list[Rule] = []
        self._random = random.Random(seed)  # noqa: S311  # a dice, not a secret

    def add(self, rule: Rule) -> None:
        """Let things go wrong."""
        self.rules.append(rule)

    def clear(self) -> None:
        """Let everything go well again."""
        self.rules.clear()

    def next(self, bot_id: int, chat_id: int, method: str) -> Rule | None:
        """Return what happens to this request, and count it."""
        for rule in self.rules:
            if (
                rule.bot in (0, bot_id)
                and rule.chat in (0, chat_id)
                and rule.method.casefold() in ("", method.casefold())
                and (rule.count > 0 or self._random.random() < rule.probability)
            ):
                if rule.count > 0:
                    rule.count -= 1
                    if not rule.count and not rule.probability:
                        self.rules.remove(rule)
                return rule
        return None
