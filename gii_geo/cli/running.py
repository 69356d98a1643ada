"""A run, from what was asked to its files and summary."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from gii_geo.cli.choose import tell_command
from gii_geo.cli.terminal import open_stdout, say, show_progress

if TYPE_CHECKING:
    from gii_geo.result import Result
    from gii_geo.settings import Settings


PASSED_ON: Final[Any] = {
    "add_help_option": False,
    "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True},
    "options_metavar": "JOB.toml [OPTIONS]",
}
"""How a command is declared that reads its words, `--help` among them, by itself."""


def run(
    sources: object,
    settings: "Settings",
    context: dict[str, Any],
    out: Path,
    *,
    radii_km: list[float],
    log: str,
) -> None:
    """Run the method, write the files and print the summary."""
    from gii_geo import export, pipeline  # noqa: PLC0415  # --help stays quick
    from gii_geo.sweep import check_radii  # noqa: PLC0415

    export.check_out(out)
    check_radii(radii_km)
    with show_progress(log) as tell:
        result = pipeline.find_regions(sources, settings, **context, progress=tell)
        result.provenance["command"] = tell_command(sys.argv[1:])
        _write(result, out, radii_km, tell)


def repeat(path: Path, out: Path, duckdb: dict[str, Any] | None, *, log: str) -> None:
    """Do a run again."""
    from gii_geo import export  # noqa: PLC0415  # --help stays quick
    from gii_geo.repeat import read_command, repeat_run  # noqa: PLC0415

    export.check_out(out)
    with show_progress(log) as tell:
        result, radii_km = repeat_run(path, duckdb=duckdb, progress=tell)
        result.provenance["command"] = read_command(path)
        _write(result, out, radii_km, tell)


def _write(result: "Result", out: Path, radii_km: list[float], tell: Any) -> None:  # noqa: ANN401
    """Write the files of a run and print the summary."""
    from gii_geo import export  # noqa: PLC0415  # --help stays quick
    from gii_geo.cli.summary import print_summary  # noqa: PLC0415

    console = open_stdout()
    if not len(result.regions):  # what became of the rows, before it may be refused
        print_summary(result, console)
    export.spare_good(out, result.regions)
    tell("writing files")
    files = result.write(out, radii_km=radii_km)
    if len(result.regions):
        print_summary(result, console)
    what = "files" if len(result.regions) else "files, valid and empty,"
    listed = "  ".join(file.name for file in files)
    say(f"\n{len(files)} {what} in {out.absolute()}:", f"  {listed}")


def regenerate(context: typer.Context) -> None:
    """Make the regions anew from a settings file, for a scheduler: the batch job."""
    from gii_geo.batch.command import main  # noqa: PLC0415  # --help stays quick

    raise typer.Exit(main(context.args, name="gii-geo regenerate"))
