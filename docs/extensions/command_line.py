"""The directive `command`: what a command's `--help` says, as the installed package says it."""

import os
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive

COLUMNS = 84
"""What a page of the site shows of a line on a desk."""


def read_help(command: str) -> str:
    """Ask a command such as "gii-geo run" for its help, as wide as a page."""
    os.environ["COLUMNS"] = os.environ["TERMINAL_WIDTH"] = str(COLUMNS)
    from typer.testing import CliRunner  # noqa: PLC0415  # it reads the width as it loads

    from gii_geo.cli import app  # noqa: PLC0415

    name, *words = command.split()
    said = CliRunner().invoke(app, [*words, "--help"], prog_name=name, terminal_width=COLUMNS)
    if said.exit_code:
        msg = f"Invalid command {command}. Must be one of gii-geo's; {said.output}"
        raise ValueError(msg)
    return said.output


class Command(Directive):
    """Show the help of a command."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Write a literal block."""
        text = read_help(self.arguments[0])
        return [nodes.literal_block(text, text, language="text")]


def setup(app: Any) -> dict[str, bool]:  # noqa: ANN401
    """Tell Sphinx of the directive."""
    app.add_directive("command", Command)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
