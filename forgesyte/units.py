"""Units that settings and messages share."""

MEGABYTE = 1024 * 1024
# In a second.
MILLISECONDS = 1000
