"""The HTML frame of every page that the playground shows in a browser."""

from fastapi.responses import HTMLResponse

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>watchword playground</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem }}
button, input, select {{ font: inherit; padding: .4rem .6rem; margin-right: .6rem }}
button {{ padding: .4rem 1.6rem }}
</style>
</head>
<body>
<h1>watchword playground</h1>
{content}
</body>
</html>
"""
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def page(content: str, status: int = 200) -> HTMLResponse:
    """Return a page that can't be framed and that loads nothing. The caller has escaped `content`."""
    return HTMLResponse(_PAGE.format(content=content), status, _HEADERS)
