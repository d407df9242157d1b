"""Starts what sends spans and metrics, in each worker, and observes the parts of the service while it runs."""

from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager

from fastapi import APIRouter, FastAPI

from kit.discovery import modules
from kit.settings import Settings, get_settings
from kit.telemetry.logs import traced_lines
from kit.telemetry.providers import Sender, end, periodic_reader, resource, start_metering, start_tracing
from kit.telemetry.scrape.page import MetricsPage
from kit.telemetry.settings import OpenTelemetrySettings, TelemetrySettings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    settings = get_settings(app, OpenTelemetrySettings)
    if not (settings.sends_traces or settings.sends_metrics or settings.shows_metrics):
        yield  # nobody looks: nothing is measured
        return
    service = get_settings(app, Settings)
    about = resource(settings, service)
    page = MetricsPage(settings, service.app_name) if settings.shows_metrics else None
    senders = list[Sender]()
    readers = [page.reader] if page else []
    with ExitStack() as stack:
        if settings.sends_traces:
            senders.append(start_tracing(settings, about))
            stack.enter_context(traced_lines())
        if settings.sends_metrics:
            reader, sender = periodic_reader(settings)
            readers, senders = [*readers, reader], [*senders, sender]
        start_metering(readers, about)
        for module in modules("telemetry/observed/*.py"):
            stack.enter_context(module.observed(app))
        if page:
            page.start()
        try:
            yield
        finally:
            if page:
                await page.stop()
            await end(senders, get_settings(app, TelemetrySettings).shutdown_timeout)


router = APIRouter(lifespan=lifespan)
