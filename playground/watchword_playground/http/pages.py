"""The HTML frame of every page that the playground shows in a browser."""

from collections.abc import Sequence

from fastapi.responses import HTMLResponse

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>watchword playground</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: {width}rem; margin: 4rem auto; padding: 0 1rem }}
pre {{ font-size: .9rem; overflow-x: auto; padding: .8rem; border: 1px solid; border-radius: .3rem }}
section {{ margin: 2.5rem 0 }}
button, input, select {{ font: inherit; padding: .4rem .6rem; margin-right: .6rem }}
button {{ padding: .4rem 1.6rem }}
</style>
</head>
<body>
<h1>watchword playground</h1>
{content}
{scripts}
</body>
</html>
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; frame-ancestors 'none'"

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
}


def page(content: str, status: int = 200, *, scripts: Sequence[str] = (), wide: bool = False) -> HTMLResponse:
    """Return a page that can't be framed, and loads only the playground's own scripts, given by their paths.

    The caller has escaped `content`.
    """
    tags = "\n".join(f'<script src="{path}" defer></script>' for path in scripts)
    html = _PAGE.format(content=content, scripts=tags, width=48 if wide else 32)
    return HTMLResponse(html, status, _HEADERS)
