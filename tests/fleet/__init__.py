"""Airflow as it runs in production: scheduler, workers, databases and broker, each in its own process."""
