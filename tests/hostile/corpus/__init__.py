"""What a stranger may send, made from a seed: every maker takes a `Random` and says the same again."""
