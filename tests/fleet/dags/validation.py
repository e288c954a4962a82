"""The file with which a deployment enables `watchword validate --on worker`, as the docs show it."""

from airflow_provider_watchword.validation_dag import dag

__all__ = ["dag"]
