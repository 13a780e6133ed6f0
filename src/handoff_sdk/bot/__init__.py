"""The bot kit: handlers that read as straight lines, and the runtime that lets them survive everything."""
