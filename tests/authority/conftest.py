from tests.chat.conftest import settings

__all__ = ["settings"]
