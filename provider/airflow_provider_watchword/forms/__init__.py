"""Airflow's connection forms, derived from the fields of the core: one of all methods, and one for each."""
