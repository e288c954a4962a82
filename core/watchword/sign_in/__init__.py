"""Sign-ins of a person: the library calls behind `watchword login` and `watchword logout`."""
