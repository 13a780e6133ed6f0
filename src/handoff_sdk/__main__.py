"""``python -m handoff_sdk`` is the ``handoff`` command."""

from handoff_sdk.cli import main

if __name__ == "__main__":
    main()
