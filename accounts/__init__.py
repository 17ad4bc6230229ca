"""Users: who asks, their pages, roles and limits. Stands below jobs and streams and knows neither."""
