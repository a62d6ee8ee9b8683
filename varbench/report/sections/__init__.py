"""The sections of a report, a function a section; None where there is nothing to say."""
