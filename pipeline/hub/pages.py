"""The hub's few HTML pages: they work without script, on a phone, and with a screen reader."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from aiohttp import web

STYLE = """
:root { color-scheme: light dark; --accent: #0b57a4; --on-accent: #fff; --bad: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --accent: #9ecbff; --on-accent: #0b1d30; --bad: #ffb4ab }
}
* { box-sizing: border-box }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; padding: 1rem }
main { max-width: 26rem; margin: 6vh auto 0; overflow-wrap: anywhere }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem }
ul { padding-left: 1.25rem }
label { display: block; font-weight: 600; margin: 1rem 0 .25rem }
input, button { font: inherit; width: 100%; border-radius: .4rem }
input { padding: .6rem .7rem; border: 1px solid #767676 }
button { font-weight: 600; padding: .7rem; margin-top: 1rem; cursor: pointer }
button { border: 1px solid var(--accent); background: transparent; color: inherit }
button[value=allow] { background: var(--accent); color: var(--on-accent); margin-top: 1.5rem }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
[role=alert] { border-left: .3rem solid var(--bad); padding: .5rem .75rem; color: var(--bad) }
.code { font: 600 1.25rem/1 ui-monospace, monospace; letter-spacing: .08em }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

SCOPE_TEXTS = {
    "sync": "read its dossiers, fetch their documents and report which were placed",
    "manage": "change dossiers and accounting packages, and add documents",
}


def page(
    title: str, content: str, *, status: int = 200, form_targets: str = "'self'"
) -> web.Response:
    """An HTML page around ``content``, which is markup already.

    ``form_targets`` are the origins a form may lead to: browsers hold redirects after it to that.
    """
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{content}</main></body></html>"
    )
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action {form_targets};"
        " frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        # no-referrer would make browsers send "Origin: null" with the form
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }
    return web.Response(
        status=status, text=body, content_type="text/html", charset="utf-8", headers=headers
    )


def message(title: str, text: str, *, status: int = 200) -> web.Response:
    """A page that only says something."""
    return page(title, f"<p>{escape(text)}</p>", status=status)


def permission(office: str, scope: str) -> str:
    """What the manager is asked to allow, as markup."""
    texts = [escape(SCOPE_TEXTS[one]) for one in scope.split()]
    asks = f"A program asks for access to <strong>{escape(office)}</strong>, to"
    if len(texts) == 1:
        return f"<p>{asks} {texts[0]}.</p>"
    items = "".join(f"<li>{text}</li>" for text in texts)
    return f"<p>{asks}</p><ul>{items}</ul>"


def account_fields(user: str) -> str:
    """The two fields of a sign-in, as markup."""
    return (
        '<label for="user">User name</label>'
        '<input id="user" name="user" autocomplete="username" autocapitalize="none"'
        f' spellcheck="false" maxlength="200" value="{escape(user)}">'
        '<label for="password">Password</label>'
        '<input id="password" name="password" type="password" maxlength="500"'
        ' autocomplete="current-password">'
    )


def form(action: str, hidden: Mapping[str, str], fields: str, *, denial: str) -> str:
    """A form with its two buttons, as markup; ``fields`` is markup already."""
    inputs = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden.items()
    )
    return (
        f'<form method="post" action="{escape(action)}">{inputs}{fields}'
        '<button name="decision" value="allow">Sign in and allow</button>'
        f'<button name="decision" value="deny">{escape(denial)}</button></form>'
    )


def alert(text: str | None) -> str:
    """What went wrong, as markup that a screen reader reads at once; nothing for None."""
    return "" if text is None else f'<p role="alert">{escape(text)}</p>'
