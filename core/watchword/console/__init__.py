"""The console: web pages on which a person builds, signs in, validates and watches connections.

One app serves every host: `app.create_app` takes a `host.Host`, which says who is asking, where connections
are kept and what this person may do. FastAPI and Jinja2 come with the extra `watchword[console]`.
"""
