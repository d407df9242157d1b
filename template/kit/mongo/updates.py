"""Updates that change `updated_at` only when another field changes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

Expression = dict[str, Any]
Pipeline = list[Expression]


def later(now: datetime) -> Expression:
    """Return the new `updated_at`: `now`, but at least a millisecond later than the old one."""
    return {"$max": [now, {"$add": ["$updated_at", 1]}]}


def set_if_changed(fields: Mapping[str, Any], touched: Expression) -> Pipeline:
    """Return an update that sets the fields and those that a change touches, if any field differs.

    MongoDB compares what it stores: a missing field is not null, and the order in a nested document counts.
    """
    return _replace(fields, _unless_same(touched))


def insert_or_set_if_changed(
    key: Mapping[str, Any], fields: Mapping[str, Any], touched: Expression, first: Mapping[str, Any]
) -> Pipeline:
    """Return the same for an upsert by this key; a new document gets the fields and those of `first`."""
    is_bare: Expression = {"$eq": ["$$ROOT", {"$literal": key}]}
    inserts: Expression = is_bare if "_id" in key else {"$eq": [{"$type": "$_id"}, "missing"]}
    new: Expression = {"$mergeObjects": [{"$literal": first}, "$$merged"]}
    return _replace(fields, {"$cond": [inserts, new, _unless_same(touched)]})


def _unless_same(touched: Expression) -> Expression:
    return {"$cond": [{"$ne": ["$$ROOT", "$$merged"]}, {"$mergeObjects": ["$$merged", touched]}, "$$ROOT"]}


def _replace(fields: Mapping[str, Any], result: Expression) -> Pipeline:
    merged: Expression = {"$mergeObjects": ["$$ROOT", {"$literal": fields}]}
    return [{"$replaceWith": {"$let": {"vars": {"merged": merged}, "in": result}}}]
