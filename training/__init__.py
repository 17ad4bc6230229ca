"""Scenes and training of the bundled text-line detector; pure, no Django."""
