"""Webhooks out: posting to URLs that users wrote, without reaching what is not theirs."""
