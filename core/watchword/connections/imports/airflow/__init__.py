"""Airflow's exports, and its HTTP connections of other types."""
