"""Which requests are traced."""

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace import sampling
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.span import TraceState
from opentelemetry.util.types import Attributes

from kit.middleware.requests import is_health_check
from kit.telemetry.settings import OpenTelemetrySettings


class WithoutHealthChecks(sampling.Sampler):
    """Drops the spans of health checks, which are many and which nobody reads, and asks another sampler for the rest.

    What happens during a health check is a child of its span, and is dropped with it by samplers that are parent-based.
    """

    def __init__(self, sampler: sampling.Sampler) -> None:
        self._sampler = sampler

    def should_sample(  # noqa: PLR0913, PLR0917 - of the base class
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> sampling.SamplingResult:
        if kind is SpanKind.SERVER and attributes and is_health_check(str(attributes.get("url.path"))):
            return sampling.SamplingResult(sampling.Decision.DROP)
        return self._sampler.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        return f"WithoutHealthChecks{{{self._sampler.get_description()}}}"


def sampler(settings: OpenTelemetrySettings) -> sampling.Sampler:
    """Return the sampler of `OTEL_TRACES_SAMPLER`."""
    known: dict[str, sampling.Sampler] = {
        "always_on": sampling.ALWAYS_ON,
        "always_off": sampling.ALWAYS_OFF,
        "traceidratio": sampling.TraceIdRatioBased(settings.traces_sampler_arg),
        "parentbased_always_on": sampling.DEFAULT_ON,
        "parentbased_always_off": sampling.DEFAULT_OFF,
        "parentbased_traceidratio": sampling.ParentBasedTraceIdRatio(settings.traces_sampler_arg),
    }
    return WithoutHealthChecks(known[settings.traces_sampler])
