"""The group of commands `python -m kit new`; each kind of part has its `command.py`."""

import click

from kit.discovery import modules


class Kinds(click.Group):
    """Says which kinds there are when one is missing, since a kind comes with the answer that it needs."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            raise click.UsageError(
                f"Name one of {', '.join(sorted(self.commands))}, not '{args[0]}'. Others come with "
                "other answers, for which `uvx copier update --vcs-ref :current:` asks again.",
                ctx,
            )
        return super().resolve_command(ctx, args)


new = Kinds(
    "new",
    help="Write a new part of the service, with its tests.",
    commands=[module.command for module in modules("new/*/command.py")],
)
