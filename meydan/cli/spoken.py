"""Commands whose help and refusals are whole in the language of this run: what the library says itself is English."""

from typing import Any, Final

import typer
from typer._click import Context
from typer._click.exceptions import BadParameter, MissingParameter, NoSuchOption, UsageError
from typer.core import TyperCommand, TyperGroup, TyperOption

from meydan.cli.language import say

_PANELS: Final = {
    "ARGUMENTS_PANEL_TITLE": "arguments",
    "OPTIONS_PANEL_TITLE": "options",
    "COMMANDS_PANEL_TITLE": "commands",
    "ERRORS_PANEL_TITLE": "error",
    "DEFAULT_STRING": "default",
    "ENVVAR_STRING": "variable",
    "REQUIRED_LONG_STRING": "required",
    "RICH_HELP": "try",
    "ABORTED_TEXT": "aborted",
}


def _translate() -> None:
    """Give the library's pages their words; the module that draws them is loaded only when there is one to draw."""
    from typer import rich_utils

    for constant, key in _PANELS.items():
        setattr(rich_utils, constant, say(f"help.{key}"))


def _in_words(refused: UsageError) -> UsageError:
    """Return the refusal in the language of this run."""
    _translate()
    match refused:
        case MissingParameter(param=param) if param is not None:
            words = say("help.missing", name=param.get_error_hint())
        case BadParameter(param=param) if param is not None:
            words = say("help.unsuitable", name=param.get_error_hint())
        case NoSuchOption(option_name=name):
            words = say("help.no_option", name=name)
        case _:
            return refused
    return UsageError(words, refused.ctx)


class _Spoken:
    """What commands and groups of them share."""

    def get_help_option(self, ctx: Context) -> TyperOption | None:
        option: TyperOption | None = super().get_help_option(ctx)  # type: ignore[misc]  # of the class it is mixed into
        if option is not None:
            option.help = say("help.help")
        return option

    def get_usage(self, ctx: Context) -> str:
        _translate()
        usage: str = super().get_usage(ctx)  # type: ignore[misc]
        for said, key in (("Usage:", "usage"), ("[OPTIONS]", "some_options"), ("COMMAND [ARGS]...", "a_command")):
            usage = usage.replace(said, say(f"help.{key}"), 1)
        return usage

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        try:
            rest: list[str] = super().parse_args(ctx, args)  # type: ignore[misc]
        except UsageError as refused:
            raise _in_words(refused) from None
        return rest


class SpokenCommand(_Spoken, TyperCommand):
    """One command."""


class SpokenGroup(_Spoken, TyperGroup):
    """A command that has others under it."""

    def resolve_command(self, ctx: Context, args: list[str]) -> Any:
        """Return which command is meant."""
        if self.get_command(ctx, args[0]) is None:
            _translate()
            raise UsageError(say("help.no_command", name=args[0]), ctx)
        return super().resolve_command(ctx, args)


def commands(name: str | None = None, *, about: str | None = None) -> typer.Typer:
    """Return a group to which commands are added."""
    return _Commands(
        name=name,
        help=about,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        cls=SpokenGroup,
    )


class _Commands(typer.Typer):
    def command(self, name: str | None = None, **options: Any) -> Any:
        return super().command(name, **{"cls": SpokenCommand, **options})
