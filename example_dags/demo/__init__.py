"""The demo behind `make demo`: one connection document, one Airflow DAG, one Dagster job, one revoked key."""
