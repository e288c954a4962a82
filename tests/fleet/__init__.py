"""Airflow as fleets run it: a scheduler, workers, databases and a broker, each a process of its own."""
