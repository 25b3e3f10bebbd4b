"""`meydan telegram`: what is done with Telegram from a terminal."""

from meydan.cli import telegram_fake, telegram_login, telegram_run, telegram_sessions
from meydan.cli.language import say
from meydan.cli.spoken import commands

app = commands("telegram", about=say("telegram.help"))
app.command("fake", help=say("telegram_fake.help"))(telegram_fake.fake)
app.command("login", help=say("telegram_login.help"))(telegram_login.login)
app.command("run", help=say("telegram_run.help"))(telegram_run.run)
app.command("sessions", help=say("telegram_sessions.help"))(telegram_sessions.sessions)
app.command("export", help=say("telegram_sessions.export_help"))(telegram_sessions.export)
