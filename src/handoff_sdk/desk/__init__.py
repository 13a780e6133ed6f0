"""The application: it awaits the ports and decides nothing itself."""
