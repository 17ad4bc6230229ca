"""The world's files at every entry of one real server, with a worker and the command beside it."""
