"""What every room stands on: errors, subprocesses, the printer, files, locks."""
