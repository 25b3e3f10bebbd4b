"""Emoji in one spelling: with the selector of its look where it needs one to be a picture, and nowhere else."""

import re
from typing import Final

_LOOK: Final = "\ufe0f"
# Those that are shown as text without the selector (Emoji_Presentation=No), unless a tone of skin follows.
_TEXTS: Final = re.compile(
    r"([\u00a9\u00ae\u203c\u2049\u2122-\u2319\u231c-\u23e8\u23ed-\u23ef\u23f1\u23f2\u23f4-\u25fc\u25ff-\u2613\u2616-\u2647"
    r"\u2654-\u267e\u2680-\u2692\u2694-\u26a0\u26a2-\u26a9\u26ac-\u26bc\u26bf-\u26c3\u26c6-\u26cd\u26cf-\u26d3\u26d5-\u26e9"
    r"\u26eb-\u26f1\u26f4\u26f6-\u26f9\u26fb\u26fc\u26fe-\u2704\u2706-\u2709\u270c-\u2727\u2729-\u274b\u274d\u274f-\u2752\u2756"
    r"\u2758-\u2794\u2798-\u27af\u27b1-\u27be\u2900-\u2b1a\u2b1d-\u2b4f\u2b51-\u2b54\u3030\u303d\u3297\u3299"
    r"\U0001f321\U0001f324-\U0001f32c\U0001f336\U0001f37d\U0001f396\U0001f397\U0001f399-\U0001f39b\U0001f39e\U0001f39f"
    r"\U0001f3cb-\U0001f3ce\U0001f3d4-\U0001f3df\U0001f3f3\U0001f3f5\U0001f3f7\U0001f43f\U0001f441\U0001f4fd\U0001f549\U0001f54a"
    r"\U0001f56f\U0001f570\U0001f573-\U0001f579\U0001f587\U0001f58a-\U0001f58d\U0001f590\U0001f5a5\U0001f5a8\U0001f5b1\U0001f5b2"
    r"\U0001f5bc\U0001f5c2-\U0001f5c4\U0001f5d1-\U0001f5d3\U0001f5dc-\U0001f5de\U0001f5e1\U0001f5e3\U0001f5e8\U0001f5ef\U0001f5f3"
    r"\U0001f5fa\U0001f6cb\U0001f6cd-\U0001f6cf\U0001f6e0-\U0001f6e5\U0001f6e9\U0001f6f0\U0001f6f3]|[0-9#*](?=\u20e3))"
    r"(?![\U0001f3fb-\U0001f3ff])"
)


def one_spelling(emoji: str) -> str:
    """Return an emoji as it is stored: however it was typed, the same picture is the same text."""
    return _TEXTS.sub(rf"\1{_LOOK}", emoji.replace(_LOOK, ""))
