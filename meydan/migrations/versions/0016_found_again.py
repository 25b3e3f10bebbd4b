"""Messages are found by signs, pictures and scripts without spaces too; an emoji has one spelling."""

import sqlalchemy as sa
from alembic import op

from meydan.platform.emoji import one_spelling
from meydan.platform.turkish import words

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_AT_ONCE = 1_000
_WORD_LENGTH = 128


# What is looked for goes through today's `words` and `one_spelling`, so what was written before does too, whatever they
# made of it when this was written. Who changes one of them adds a migration that computes the columns anew.
def upgrade() -> None:
    connection = op.get_bind()
    after = 0
    page = sa.text("SELECT pk, content, folded FROM messages WHERE pk > :after ORDER BY pk LIMIT :limit")
    while rows := connection.execute(page, {"after": after, "limit": _AT_ONCE}).all():
        after = rows[-1].pk
        fresh = [(pk, " ".join(word[:_WORD_LENGTH] for word in words(content)), folded) for pk, content, folded in rows]
        changed = [{"pk": pk, "folded": folded} for pk, folded, before in fresh if folded != before]
        if changed:
            connection.execute(sa.text("UPDATE messages SET folded = :folded WHERE pk = :pk"), changed)
    for (emoji,) in connection.execute(sa.text("SELECT DISTINCT emoji FROM reactions")).all():
        spelled = {"old": emoji, "new": one_spelling(emoji)}
        if spelled["old"] != spelled["new"]:
            connection.execute(
                sa.text(
                    "DELETE FROM reactions WHERE emoji = :old AND EXISTS (SELECT 1 FROM reactions AS other WHERE "
                    "other.message_id = reactions.message_id AND other.user_id = reactions.user_id "
                    "AND other.emoji = :new)"
                ),
                spelled,
            )
            connection.execute(sa.text("UPDATE reactions SET emoji = :new WHERE emoji = :old"), spelled)


def downgrade() -> None:
    """Leave the words: an older version finds by them what it found before."""
