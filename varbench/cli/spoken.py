"""What the package says of arguments, said of options: ``percent=True`` is ``--percent`` on the command line."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from varbench.report import Answer

#: An argument and, where one stands there, its value: a literal, or a word.
_SAID = re.compile(
    r"(?<![\w-])(?P<name>[a-z]\w*)="
    r"(?P<value>'[^']*'|\"[^\"]*\"|\[[^\]]*\]|-?[\w.][\w.+-]*(?:,[\w.+-]+)*)?(?P<dots>\.\.\.)?"
)
#: Arguments whose option has another name, or says the contrary.
_OTHERWISE = {"rng": "seed"}
_CONTRARY = {"greater_is_better": "lower_is_better"}


def in_options(text: str, command: click.Command) -> str:
    """Say of a command's options what a text says of the arguments of the function behind it.

    Parameters
    ----------
    text : str
        As the package writes it, for Python: ``name it with pred=``, ``missing='shared'``.
    command : click.Command
        Arguments that are none of its options stay as they are.

    Returns
    -------
    str
        ``name it with --pred``, ``--missing shared``.

    Examples
    --------
    >>> command = click.Command("x", params=[click.Option(["--n-test"]), click.Option(["--percent"], is_flag=True)])
    >>> in_options("n_test=-1: say n_test=, or percent=True", command)
    '--n-test -1: say --n-test, or --percent'
    """
    options = {
        str(one.name).rstrip("_"): one for one in command.params if isinstance(one, click.Option) and one.opts
    }

    def said(found: re.Match[str]) -> str:
        name = found["name"] if found["name"] in options else _OTHERWISE.get(found["name"], found["name"])
        value, dots = found["value"], found["dots"] or ""
        if name in _CONTRARY and value in ("True", "False"):
            name, value = _CONTRARY[name], str(value == "False")
        if name not in options:
            return found[0]
        option = options[name]
        spelled = max(option.opts, key=len)
        if option.is_flag and value in ("True", "False"):
            return spelled if value == "True" else f"no {spelled}"
        if value is None:
            return f"{spelled}{' ' if dots else ''}{dots}"
        end = "." * (value[0] not in "'\"[" and value.endswith("."))
        return f"{spelled} {_typed(value.removesuffix('.') if end else value)}{dots}{end}"

    return _SAID.sub(said, text)


def _typed(value: str) -> str:
    """Write a Python literal as it is typed: quotes only where a shell needs them, a list with commas."""
    if value[0] == "[":
        return ",".join(_typed(part.strip()) for part in value[1:-1].split(","))
    if value == "'...'":
        return "..."
    return shlex.quote(value[1:-1]) if value[0] in "'\"" else value


def answer_in_options(answer: Answer, command: click.Command) -> Answer:
    """Say of options what an answer's sentences and notes say of arguments."""

    def all_of(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(in_options(text, command) for text in texts)

    verdicts = []
    for one in answer.verdicts:
        said = replace(
            one.verdict,
            sentences=all_of(one.verdict.sentences),
            notes=all_of(one.verdict.notes),
            settle=in_options(one.verdict.settle, command),
        )
        verdicts.append(one._replace(facts=replace(one.facts, hints=all_of(one.facts.hints)), verdict=said))
    return replace(
        answer,
        sentences=all_of(answer.sentences),
        notices=all_of(answer.notices),
        settle=in_options(answer.settle, command),
        verdicts=tuple(verdicts),
    )
