"""Logging for the whole process: structlog, the standard library and the server write lines of the same format."""

import json
import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import orjson
import structlog
from structlog.contextvars import get_contextvars, merge_contextvars
from structlog.processors import ExceptionRenderer, TimeStamper, add_log_level
from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_logger_name
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor

from kit.log_files import DailyFile
from kit.server.start import StartError
from kit.settings import Environment, Settings

__all__ = ["configure_logging"]

SERVER_LOGGERS = ("_granian", "uvicorn", "uvicorn.error")
SERVER_ACCESS_LOGGERS = ("granian.access", "uvicorn.access")  # our own middleware logs each request
HANDLER_FIELDS = ("message", "asctime", "color_message")  # these add them to a record
TALKATIVE_LOGGERS = ("httpx2",)  # kit/http_client logs each call itself, without its URL

read_extra = ExtraAdder()


def configure_logging(settings: Settings) -> None:
    """Send the lines of all loggers to standard output, and to files in `LOG_DIR` if it is set."""
    sink: Sink = StandardOutput()
    if settings.log_dir:
        sink = Tee(sink, _daily_file(settings.log_dir, settings.app_name))
    foreign: list[Processor] = [_add_extra, merge_contextvars, add_log_level, add_logger_name, TimeStamper("iso")]
    rendering = _rendering(settings)
    structlog.configure(
        processors=[_add_context, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        logger_factory=lambda *name: LineLogger(sink, *name),
        cache_logger_on_first_use=True,
    )
    handler = LineHandler(sink)
    handler.setFormatter(
        ProcessorFormatter(
            processors=[ProcessorFormatter.remove_processors_meta, *rendering, _decode],
            foreign_pre_chain=foreign,
        )
    )
    _configure_standard_library(handler, settings.log_level)


def _daily_file(folder: Path, name: str) -> DailyFile:
    try:
        return DailyFile(folder, name)
    except OSError as error:
        raise StartError(f"LOG_DIR: {folder} is not writable: {error.strerror}") from error


class Sink(Protocol):
    """A destination of log lines, as bytes."""

    def write(self, line: bytes, /) -> object: ...

    def flush(self) -> object: ...


class StandardOutput:
    """Looks up `sys.stdout` for each line, because tests replace it while loggers live on."""

    def write(self, line: bytes) -> None:
        sys.stdout.buffer.write(line)

    def flush(self) -> None:
        sys.stdout.buffer.flush()


class Tee:
    """Writes each line to several sinks."""

    def __init__(self, *sinks: Sink) -> None:
        self._sinks = sinks

    def write(self, line: bytes) -> None:
        for sink in self._sinks:
            sink.write(line)

    def flush(self) -> None:
        for sink in self._sinks:
            sink.flush()


class LineLogger(structlog.BytesLogger):
    """Writes structlog's lines directly, without going through the standard library."""

    def __init__(self, sink: Sink, name: str = "app") -> None:
        super().__init__(cast("BinaryIO", sink))
        self.name = name


class LineHandler(logging.Handler):
    """Sends the records of the standard library to the same sink as structlog's lines."""

    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._sink.write(self.format(record).encode(errors="backslashreplace") + b"\n")
            self._sink.flush()
        except Exception:  # noqa: BLE001 - a faulty log line must not stop the library that writes it
            self.handleError(record)


def _rendering(settings: Settings) -> list[Processor]:
    log_format = settings.log_format or ("console" if settings.environment is Environment.LOCAL else "json")
    if log_format == "console":
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        return [renderer, _encode]
    return [JsonLine(show_locals=settings.debug)]


class JsonLine:
    """Renders a line in one step: most have no exception, and structlog's processors for each part cost more."""

    def __init__(self, *, show_locals: bool) -> None:
        self._tracebacks = ExceptionRenderer(ExceptionDictTransformer(show_locals=show_locals))

    def __call__(self, logger: Any, method: str, event: EventDict) -> bytes:
        return _dumps(self._tracebacks(logger, method, event) if "exc_info" in event else event)


def _dumps(event: EventDict) -> bytes:
    try:
        return orjson.dumps(event, default=repr)
    except TypeError:  # a number as a key, an integer over 64 bits, a lone surrogate: do not lose the line
        with suppress(TypeError, ValueError):  # a tuple as a key, a value that contains itself
            return json.dumps(event, default=repr).encode()
        plain = {key: value if isinstance(value, str) else repr(value) for key, value in event.items()}
        return json.dumps(plain).encode()


def _add_context(logger: Any, method: str, event: EventDict) -> EventDict:
    """Add what each line has, in one step: a line costs less than with one of structlog's processors for each part."""
    timestamp = f"{datetime.now(UTC).isoformat()[:-6]}Z"
    return {**get_contextvars(), **event, "level": method, "logger": logger.name, "timestamp": timestamp}


def _add_extra(logger: Any, method: str, event: EventDict) -> EventDict:
    """Add what `extra={…}` of the standard library has; it does not replace the message."""
    extra = read_extra(logger, method, {"_record": event["_record"]})
    return {**{name: value for name, value in extra.items() if name not in HANDLER_FIELDS}, **event}


def _encode(_logger: Any, _method: str, line: Any) -> bytes:
    return line.encode(errors="backslashreplace")


def _decode(_logger: Any, _method: str, line: Any) -> str:
    return line.decode()


def _configure_standard_library(handler: logging.Handler, level: str) -> None:
    logging.root.handlers = [handler]
    logging.root.setLevel(level)
    logging.captureWarnings(capture=True)
    for name in (*SERVER_LOGGERS, *SERVER_ACCESS_LOGGERS):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name in SERVER_LOGGERS
    for name in TALKATIVE_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
