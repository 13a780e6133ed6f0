"""The vocabulary: every noun and command of the desk, defined once, frozen."""
