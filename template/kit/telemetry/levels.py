"""Counters that go up and down with each request, without the work that the SDK has with each change."""

from collections.abc import Iterable
from functools import cache, partial
from threading import Lock
from typing import Any

from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Meter, Observation, UpDownCounter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.util.types import Attributes


class Level(UpDownCounter):
    """An up-down counter that adds numbers, and is looked at when metrics are collected."""

    def __init__(self, meter: Meter, name: str, unit: str = "", description: str = "") -> None:
        super().__init__(name, unit, description)
        self._values: dict[frozenset[tuple[str, Any]], float] = {}
        self._lock = Lock()
        meter.create_observable_up_down_counter(name, [self._look], unit, description)

    def add(self, amount: float, attributes: Attributes = None, context: Context | None = None) -> None:
        del context
        key = frozenset((attributes or {}).items())
        with self._lock:
            self._values[key] = self._values.get(key, 0) + amount

    def _look(self, _options: CallbackOptions) -> Iterable[Observation]:
        with self._lock:
            return [Observation(value, dict(key)) for key, value in self._values.items()]


class Meters(MeterProvider):
    """The SDK's provider of meters, whose up-down counters are levels."""

    def get_meter(self, *arguments: Any, **options: Any) -> Meter:
        meter = super().get_meter(*arguments, **options)
        if "create_up_down_counter" not in vars(meter):  # each name has one level, whoever asks for it
            vars(meter)["create_up_down_counter"] = cache(partial(Level, meter))
        return meter
