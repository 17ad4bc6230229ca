"""The pages of jobs, and the words on them."""
