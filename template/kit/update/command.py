"""`python -m kit update --check`."""

import click

from kit.update.changes import changes_in
from kit.update.trial import TrialError, commit_of, has_uncommitted_changes, run_tests, trial, update_in, version_in


@click.command(epilog="The exit status is 0 if the update is clean, 1 if not, and 2 if it could not be tried.")
@click.option("--check", is_flag=True, help="Try the update, and change nothing here.")
@click.option("--test", is_flag=True, help="Run the tests of the updated service too.")
@click.option("--data", multiple=True, metavar="QUESTION=ANSWER", help="Another answer, as for `copier update`.")
@click.option("--vcs-ref", metavar="REVISION", help="A version, or :current: to keep it, as for `copier update`.")
def update(data: tuple[str, ...], vcs_ref: str | None, *, check: bool, test: bool) -> None:
    """List what an update would change, and where it would conflict with your changes.

    The update runs in a temporary clone of the last commit.
    """
    if not check:
        raise click.UsageError("Add --check to try the update. `uvx copier update --defaults` makes it.")
    try:
        is_clean = _try(data, vcs_ref, test=test)
    except TrialError as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(2) from None
    if not is_clean:
        raise SystemExit(1)


def _try(data: tuple[str, ...], vcs_ref: str | None, *, test: bool) -> bool:
    """Try the update, print what it changes, and return whether it is clean."""
    commit = commit_of()
    click.echo(f"Checked: the commit {commit:.10}{', without your uncommitted changes' * has_uncommitted_changes()}")
    with trial(commit) as folder:
        before = version_in(folder)
        update_in(folder, data, vcs_ref)
        click.echo(f"Template: {before} → {version_in(folder)}")
        changes = changes_in(folder)
        click.echo(str(changes))
        if not test:
            return not changes.conflicting
        if changes.conflicting:
            click.echo("The tests did not run, because of the conflicts.")
            return False
        return run_tests(folder)
