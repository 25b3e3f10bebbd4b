"""What a display name looks like, computed anew: capitals of other scripts and dressed letters are seen through."""

from meydan.migrations.looks import see_again

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    see_again()


def downgrade() -> None:
    """Leave them: they are computed anew when a name next changes."""
