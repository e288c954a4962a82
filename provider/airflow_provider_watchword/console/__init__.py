"""The console inside Airflow: the pages of `watchword.console`, for the people and connections of Airflow.

`host.AirflowHost` says who is asking, what they may do, and where connections are kept. Airflow's API server
serves the pages through the plugin. They need the extra `watchword[console]`.
"""

PATH = "watchword"
"""Where the pages are below the address of the API server, without slashes."""
