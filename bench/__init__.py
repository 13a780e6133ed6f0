"""Side-by-side benchmarks: ``python -m bench [NAME ...] [--json]``. Each measures beside its anchor in the same run."""
