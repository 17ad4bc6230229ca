"""Checks that the packages of the server are installed whole: `python -m forgesyte.installation`.

Needs nothing but the standard library, since any other package may be the broken one.
"""
