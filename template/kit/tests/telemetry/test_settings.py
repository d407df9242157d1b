"""Which values of the settings are refused."""

import pytest
from pydantic import ValidationError

from kit.settings import Environment
from kit.telemetry.settings import OpenTelemetrySettings, pairs


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"exporter_otlp_protocol": "grpc"}, "must be http/protobuf"),
        ({"bsp_max_queue_size": 10}, "must not be above OTEL_BSP_MAX_QUEUE_SIZE"),
        ({"traces_sampler_arg": 0.1}, "only OTEL_TRACES_SAMPLER=traceidratio or parentbased_traceidratio reads it"),
    ],
)
def test_what_would_be_ignored_is_a_fault(values: dict[str, object], fault: str) -> None:
    settings = OpenTelemetrySettings.model_validate(values)
    assert [fault in each for each in settings.faults(Environment.LOCAL)] == [True]


@pytest.mark.parametrize(
    "values",
    [
        {"metrics_exporter": "none,otlp"},
        {"metrics_exporter": "jaeger"},
        {"exporter_otlp_headers": "secret"},
        {"exporter_otlp_endpoint": "collector:4317"},
        {"traces_sampler": "sometimes"},
        {"traces_sampler_arg": 2},
    ],
)
def test_what_is_no_value_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        OpenTelemetrySettings.model_validate(values)


def test_lists_and_pairs_are_written_with_commas() -> None:
    settings = OpenTelemetrySettings.model_validate(
        {"metrics_exporter": "otlp, prometheus", "exporter_otlp_headers": "a=1, b=2=3"}
    )
    assert settings.metrics_exporter == ("otlp", "prometheus")
    assert pairs(settings.exporter_otlp_headers) == {"a": "1", "b": "2=3"}
    assert "2=3" not in repr(settings)


def test_nothing_is_sent_or_shown_by_default() -> None:
    settings = OpenTelemetrySettings.model_validate({})
    assert (settings.sends_traces, settings.sends_metrics, settings.shows_metrics) == (False, False, False)
