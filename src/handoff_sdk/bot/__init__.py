"""The bot kit: handlers that talk to customers. ``Bot`` and ``Chat`` are its faces."""
