"""The rules, pure: no clock, no I/O, no awaiting. Given the same inputs they decide the same."""
