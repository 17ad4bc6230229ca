"""What a reverse proxy in front of the server changes: clients, addresses, cookies."""
