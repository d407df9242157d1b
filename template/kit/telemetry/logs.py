"""The ids of the trace and of the span in each line of the log."""

import logging
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from opentelemetry import trace
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from kit.telemetry.observing import NO_TRACE


@contextmanager
def traced_lines() -> Generator[None]:
    """Add `trace_id` and `span_id` to the lines that are written inside a span."""
    chains = list(_chains())
    for chain in chains:
        chain.insert(0, add_trace)
    try:
        yield
    finally:
        for chain in chains:
            chain.remove(add_trace)


def add_trace(_logger: Any, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid and context.trace_id != NO_TRACE:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def _chains() -> Iterator[list[Processor]]:
    """Yield the processors of structlog's loggers, and those of the standard library's; loggers share these lists."""
    yield structlog.get_config()["processors"]
    for handler in logging.root.handlers:
        if isinstance(handler.formatter, ProcessorFormatter) and handler.formatter.foreign_pre_chain:
            yield handler.formatter.foreign_pre_chain  # pyright: ignore[reportReturnType] - the kit gives it a list
