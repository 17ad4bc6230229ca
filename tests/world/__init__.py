"""The world's pictures, films and networks, made small by code: one builder a case, one table an entry."""
