"""What the README and CONTRIBUTING tell a user to type is what varbench takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from varbench.cli.main import commands

ROOT = Path(__file__).parents[1]
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")}
#: Command lines, in blocks and in the text; the words in capitals stand for a user's own.
LINES = sorted(
    {line for text in TEXTS.values() for line in re.findall(r"\bvarbench (?:[a-z]+)(?: [^`\n]+)?", text)}
)
COMMANDS = [line for line in LINES if line.split()[1] in commands.list_commands(click.Context(commands))]


def test_the_readme_names_commands() -> None:
    assert len(COMMANDS) > 10


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_is_understood(line: str) -> None:
    words = shlex.split(line.partition("  ")[0])[1:]
    command: click.Command = commands
    context = click.Context(commands, info_name="varbench")
    while isinstance(command, click.Group) and words:
        name = words.pop(0)
        found = command.get_command(context, name)
        assert found is not None, f"there is no command {name}"
        command, context = found, click.Context(found, parent=context, info_name=name)
    given, rest, _ = command.make_parser(context).parse_args(args=words)
    assert not rest, f"{rest} is left over"
    assert given or not words


def test_the_python_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    code = "\n".join(re.findall(r"```python\n(.*?)```", TEXTS["README.md"], flags=re.DOTALL))
    smaller = code.replace("repeats=20, jobs=2", "repeats=2").replace("Classifier()", "Classifier(5)")
    assert smaller.count("repeats=2)") == smaller.count("Classifier(5)") == 1
    names: dict[str, object] = {}
    exec(compile(smaller, "README.md", "exec"), names)
    assert "randomoversampler" in capsys.readouterr().out.lower()
    assert names["cube"].sizes["procedure"] == 2
    assert names["answer"].headline
