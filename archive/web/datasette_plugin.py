"""What makes Datasette this archive's front: our pages, our words in its templates, and the fence around its SQL."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlencode

from datasette import Response
from datasette.app import Datasette
from datasette.utils.asgi import Request
from jinja2 import Environment
from markupsafe import Markup
from pluggy import HookimplMarker

from archive.web.asgi import Scope
from archive.web.http import Answer, File, Page, PageRequest, Redirect
from archive.web.i18n import dates as moments
from archive.web.i18n.language import COOKIE, Language, chosen_language
from archive.web.index_refresher import Indexer
from archive.web.pages.article import picture_address
from archive.web.pages.files import style_version
from archive.web.queries import Entry
from archive.web.routes import ASSETS, PAGES, SQL, Site, answer, failed
from archive.web.security.access import HEADERS, POLICY
from archive.web.security.refusals import refusal

hookimpl: Final = HookimplMarker("datasette")

_YEAR: Final = 365 * 86_400
_PICTURES: Final = {**HEADERS, "content-security-policy": POLICY.format(pictures="'self' https:")}
View = Callable[[Request], Awaitable[Response]]


class Front:
    """The plugin. One archive per process."""

    __name__ = "archive.web"
    """The package in which Datasette finds our templates."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._indexer = Indexer(site.data)

    @hookimpl
    def register_routes(self, datasette: Datasette) -> list[tuple[str, View]]:
        """Our pages; and nothing but SQL is left to Datasette's own."""
        pages = [(f"^{path}$", self._view(datasette, partial(answer, page))) for path, page in PAGES.items()]
        assets = [(f"^{path}$", self._asset(datasette, page)) for path, page in ASSETS.items()]
        return [*pages, *assets, (f"^(?!{SQL}).*$", self._asset(datasette, _not_found))]

    @hookimpl
    def prepare_jinja2_environment(self, env: Environment) -> None:
        """What our templates do with what they are given."""
        env.filters["by_day"] = _by_day
        env.filters["bytes"] = _bytes
        env.filters["trusted"] = Markup

    @hookimpl
    def extra_template_vars(self, request: Request | None) -> dict[str, Any]:
        """What our templates, and Datasette's in our frame, speak with."""
        return self._words(request)

    @hookimpl
    async def handle_exception(self, datasette: Datasette, request: Request, exception: Exception) -> Response:
        """A page of ours for what Datasette refuses; what nobody foresaw goes to the log."""
        asked = self._page_request(request)
        status, problem = refusal(asked.language, exception)
        if status == 500:
            traceback.print_exception(exception)
        if request.path.endswith(".json"):
            return Response.json({"ok": False, "error": problem, "status": status}, status=status)
        if status == 400 and "sql" in asked.args:
            context = {"error": problem, "query": {"sql": asked.args["sql"]}}
            return await self._response(datasette, request, Page(template="query.html", context=context, status=400))
        return await self._response(datasette, request, failed(asked, status, problem))

    @hookimpl
    async def forbidden(self, datasette: Datasette, request: Request, message: str) -> Response:
        """A page of ours for what Datasette forbids."""
        return await self._response(datasette, request, failed(self._page_request(request), 403, ""))

    async def form(self, datasette: Datasette, scope: Scope) -> str:
        """The page that asks for the password."""
        context = {"to": scope.get("qqnews.to") or _asked_for(scope), "problem": scope.get("qqnews.problem")}
        made: str = await datasette.render_template("login.html", context, request=_request(scope))
        return made

    async def problem(self, datasette: Datasette, scope: Scope, status: int, key: str) -> str:
        """A page that says what is wrong; ``key``: of ``words``."""
        asked = self._page_request(request := _request(scope))
        page = failed(asked, status, asked.language.say(key))
        made: str = await datasette.render_template(page.template, dict(page.context), request=request)
        return made

    def _view(self, datasette: Datasette, page: Callable[[PageRequest], Answer]) -> View:
        async def view(request: Request) -> Response:
            found = await asyncio.to_thread(page, self._page_request(request))
            return await self._response(datasette, request, found)

        return view

    def _asset(self, datasette: Datasette, page: Callable[[PageRequest], Answer]) -> View:
        """What is there already, and waits for nothing."""

        async def view(request: Request) -> Response:
            return await self._response(datasette, request, page(self._page_request(request)))

        return view

    def _page_request(self, request: Request) -> PageRequest:
        return PageRequest(
            data=self._site.data,
            language=_language(request),
            args={name: request.args[name] for name in request.args},
            places=request.url_vars,
            origin=f"{request.scheme}://{request.host}",
            unchanged_since=request.headers.get("if-none-match", ""),
            resolve=self._site.resolve,
            next_due=self._site.next_due,
            index=self._indexer.state,
        )

    async def _response(self, datasette: Datasette, request: Request, found: Answer) -> Response:
        if isinstance(found, Redirect):
            return Response.redirect(found.path)
        if isinstance(found, File):
            return Response(found.content, found.status, dict(found.headers), found.content_type)
        html = await datasette.render_template(found.template, dict(found.context), request=request)
        response = Response.html(html, found.status, headers=dict(_PICTURES) if found.pictures else {})
        if request.args.get("lang") in list(Language):
            response.set_cookie(COOKIE, request.args["lang"], max_age=_YEAR, httponly=True, samesite="lax")
        return response

    def _words(self, request: Request | None) -> dict[str, Any]:
        language = _language(request) if request else Language.EN
        return {
            "say": language.say,
            "language": language,
            "switch": _switched(request, language.other) if request else "/",
            "style": f"/static/site.css?{style_version()}",
            "minute": moments.minute,
            "day_of": moments.day,
            "clock": moments.clock,
            "picture_address": picture_address,
            "can_log_out": bool(request and request.scope.get("qqnews.can_log_out")),
        }


def _language(request: Request) -> Language:
    args = {name: request.args[name] for name in request.args}
    remembered = request.scope.get("qqnews.language", "")
    return chosen_language(args, remembered, request.headers.get("accept-language", ""))


def _switched(request: Request, language: Language) -> str:
    """This page's address in the other language."""
    args = [(name, value) for name in request.args for value in request.args.getlist(name) if name != "lang"]
    return "?" + urlencode([*args, ("lang", language.value)])


def _by_day(entries: Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
    """Articles in their order, put together by the day of publishing."""
    return [(day, list(group)) for day, group in groupby(entries, key=lambda entry: moments.day(entry.published_at))]


def _bytes(number: int) -> str:
    """A size for people: ``1.5 GB``."""
    size, units = float(number), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    for larger in units:
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.0f} {unit}" if unit in ("B", "kB") or size >= 100 else f"{size:.1f} {unit}"


def _asked_for(scope: Scope) -> str:
    """The path and the query of a request, as they came."""
    path: str = scope.get("raw_path", b"/").decode("ascii")
    query: str = scope["query_string"].decode("latin-1")
    return path + (f"?{query}" if query else "")


def _request(scope: Scope) -> Request:
    """A request that Datasette has not seen."""
    return Request({**scope, "csrftoken": lambda: ""}, None)


def _not_found(asked: PageRequest) -> Answer:
    return failed(asked, 404, asked.language.say("not found"))
