"""Side-by-side benchmarks: ``python -m bench [NAME ...] [--json] [--small]``. Each has its anchor in the same run."""
