"""What is said of a cube, or in answer to a question: content apart from its forms.

:func:`report` gives what a cube says, an :class:`Answer` is made by a question, :func:`write` puts either into files.
The forms are in :data:`FORMS`.
"""

from __future__ import annotations

from varbench.report.answer import Answer, Picture, Shown, plot_results
from varbench.report.content import Report, report
from varbench.report.files import FORMS, Form, check_forms, write
from varbench.report.protocol import Content

__all__ = [
    "FORMS",
    "Answer",
    "Content",
    "Form",
    "Picture",
    "Report",
    "Shown",
    "check_forms",
    "plot_results",
    "report",
    "write",
]
