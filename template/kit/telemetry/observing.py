"""How the parts of the service are observed: from outside, so that a service without telemetry has no line of it."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import wraps
from time import perf_counter
from typing import Any

from opentelemetry import context, metrics, trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode

NAME = "kit"
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LONG_SECONDS = (0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600)
NO_TRACE = 1  # the id of a trace that nobody records: a parent that is not sampled has no spans
UNSEEN = trace.set_span_in_context(NonRecordingSpan(SpanContext(NO_TRACE, span_id=1, is_remote=False)), Context())

Attributes = dict[str, str | int | float | bool]
Function = Callable[..., Any]


def tracer() -> trace.Tracer:
    return trace.get_tracer(NAME)


def meter() -> metrics.Meter:
    return metrics.get_meter(NAME)


@contextmanager
def replaced(owner: Any, name: str, around: Callable[[Function], Function]) -> Generator[None]:
    """Replace a function of a class or a module by the one that `around` makes of it, until the end of the block."""
    original = getattr(owner, name)
    setattr(owner, name, wraps(original)(around(original)))
    try:
        yield
    finally:
        setattr(owner, name, original)


def in_span(name: str) -> Callable[[Function], Function]:
    """Return what traces a context manager for `async with`, from its start to its end."""
    spans = tracer()

    def around(entered: Callable[..., AbstractAsyncContextManager[Any]]) -> Function:
        @asynccontextmanager
        async def traced(*arguments: Any, **options: Any) -> AsyncGenerator[Any]:
            with spans.start_as_current_span(name, record_exception=False, set_status_on_exception=False):
                async with entered(*arguments, **options) as value:
                    yield value

        return traced

    return around


def unseen(function: Function) -> Function:
    """Leave a coroutine function out of all traces: what the kit does for itself, many times a second."""

    async def work_unseen(*arguments: Any, **options: Any) -> Any:
        token = context.attach(UNSEEN)
        try:
            return await function(*arguments, **options)
        finally:
            context.detach(token)

    return work_unseen


class Calls:
    """Traces and measures calls to something else, such as a server."""

    def __init__(self, metric: str, description: str) -> None:
        self.tracer = tracer()
        self._duration = meter().create_histogram(
            metric, unit="s", description=description, explicit_bucket_boundaries_advisory=SECONDS
        )

    @contextmanager
    def call(self, name: str, attributes: Attributes, **only_in_span: str | int) -> Generator[Span]:
        """Trace and measure the block; an error is counted, and raised."""
        started = perf_counter()
        with self.tracer.start_as_current_span(
            name,
            kind=SpanKind.CLIENT,
            attributes={**attributes, **only_in_span},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as error:
                self.end(started, attributes | fail(span, error))
                raise
            self.end(started, attributes)

    def end(self, started: float, attributes: Attributes) -> None:
        """Measure a call that has ended."""
        self.measure(perf_counter() - started, attributes)

    def measure(self, seconds: float, attributes: Attributes) -> None:
        self._duration.record(seconds, attributes)


def fail(span: Span, error: BaseException) -> Attributes:
    """Mark a span as failed, without the message of the error, which can contain values; return what it got."""
    attributes: Attributes = {"error.type": type(error).__name__}
    span.set_attributes(attributes)
    span.set_status(StatusCode.ERROR)
    return attributes
