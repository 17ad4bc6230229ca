"""The operators' view of the running server: sessions, jobs, loaded networks, memory."""
