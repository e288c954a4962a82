"""The demo behind `make demo`: one stored connection, one Airflow DAG, one Dagster job, one revoked key."""
