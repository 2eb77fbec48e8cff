"""The shop's records written back as files, in the forms that ``store.imports`` reads."""

from .run import ExportReport, export_records

__all__ = ["ExportReport", "export_records"]
