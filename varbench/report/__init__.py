"""The report of a cube: content apart from its forms.

:func:`report` gives what is said, :func:`write` puts it into files. The forms are in :data:`FORMS`.
"""

from __future__ import annotations

from varbench.report.content import Report, report
from varbench.report.files import FORMS, Form, check_forms, write

__all__ = ["FORMS", "Form", "Report", "check_forms", "report", "write"]
