"""Hostile messages, made from a seed: every maker takes a `Random` and gives the same again."""
