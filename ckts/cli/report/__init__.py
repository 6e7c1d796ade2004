"""A report of a cross-validation: one HTML file without anything outside."""

from ckts.cli.report.contents import make_report

__all__ = ["make_report"]
