"""What a display name looks like, computed anew: letters that are not drawn are left out of it."""

from meydan.migrations.looks import see_again

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    see_again()


def downgrade() -> None:
    """Leave them: they are computed anew when a name next changes."""
