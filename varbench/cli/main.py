"""The commands by name, each loaded when it is used, and what becomes of an error."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from varbench.cli.spoken import in_options
from varbench.errors import RunsFailed, VarbenchError, unknown

#: Command to its module and the line that ``varbench --help`` shows; modules are imported when a command is used.
COMMANDS: dict[str, tuple[str, str]] = {
    "study": ("varbench.cli.study", "Run a study, or what is missing of it, and report it."),
    "compare": (
        "varbench.cli.compare",
        "Is one procedure better: from a run, scores, predictions, or by running them.",
    ),
    "evaluate": ("varbench.cli.evaluate", "One trained model: every metric with its interval."),
    "decompose": ("varbench.cli.variance", "Where the variance comes from: split, seeds, tuning..."),
    "plan": ("varbench.cli.variance", "How many runs, patients, splits and seeds the next study needs."),
    "claim": ("varbench.cli.claim", "What a reviewer can say of a published figure."),
    "calibrate": ("varbench.cli.claim", "Error rates, power and coverage of the methods, by simulation."),
    "checklist": ("varbench.cli.checklist", "What journals ask for, filled from a run."),
    "audit": (
        "varbench.cli.audit",
        "A table and its split: copies, leaks, sites, time, what its size can show.",
    ),
    "report": (
        "varbench.cli.report",
        "Write the report of a cube again, in other forms or with other metrics.",
    ),
    "list": ("varbench.cli.listing", "List studies, data sets or metrics."),
    "show": ("varbench.cli.listing", "Show a study: question, procedures, sources, parameters."),
    "check": ("varbench.cli.listing", "Say what a study's procedures leak, without running them."),
    "data": ("varbench.cli.data", "List, show, fetch and verify data sets."),
    "export": ("varbench.cli.report", "Write a cube as NetCDF, for R and others."),
}

EXIT_USER, EXIT_RUNS_FAILED, EXIT_INTERRUPTED = 2, 3, 130


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            raise click.UsageError(unknown("command", cmd_name, COMMANDS))
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Have a mistake told in the words of who made it: of options, not of arguments."""
        try:
            return super().invoke(ctx)
        except VarbenchError as error:
            if ctx.invoked_subcommand is not None:
                command = self.get_command(ctx, ctx.invoked_subcommand)
                error.args = (in_options(str(error), command or self),)
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from varbench import __version__

        click.echo(f"varbench {__version__}")
        ctx.exit()


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--version", is_flag=True, callback=_version, expose_value=False, is_eager=True, help="Show the version."
)
def commands() -> None:
    """Is a reported gain real?

    varbench runs learning procedures many times while it varies seeds and splits, keeps every score, and says what
    the scores support. Begin with: varbench study oversampling --preset quick
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows the program's name; ``sys.argv`` by default.

    Returns
    -------
    int
        0 where all went well, 2 for a mistake on the user's side, 3 where runs failed, 130 after Ctrl-C. Anything
        else is ours: it keeps its traceback, and Python exits with 1.
    """
    try:
        result = commands.main(
            args=None if arguments is None else list(arguments), prog_name="varbench", standalone_mode=False
        )
    except RunsFailed as error:
        click.echo(f"varbench: {error}", err=True)
        return EXIT_RUNS_FAILED
    except VarbenchError as error:
        click.echo(f"varbench: {error}", err=True)
        return EXIT_USER
    except click.ClickException as error:
        error.show()
        return EXIT_USER
    except (click.Abort, KeyboardInterrupt):
        click.echo("varbench: stopped; what was done is kept, and the same command goes on", err=True)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe has gone; Python would complain while it closes
        return 0
    return result if isinstance(result, int) else 0
