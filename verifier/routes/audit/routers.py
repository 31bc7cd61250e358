"""All routers of the auditor's desk; each part adds its own."""

from __future__ import annotations

from verifier.routes.audit import (
    agencies,
    anomalies,
    checkpoints,
    citations,
    council,
    events,
    evidence_package,
    findings,
    manifests,
    records,
    registry,
    search,
    start,
    suffixes,
)

ROUTERS = (
    start.router,
    search.router,
    suffixes.first,
    records.router,
    events.router,
    agencies.router,
    council.router,
    registry.router,
    findings.router,
    anomalies.router,
    citations.router,
    manifests.router,
    checkpoints.router,
    evidence_package.router,
    # The last one: what ends in .csv or .json leads to the list of that name.
    suffixes.last,
)
"""In the order in which addresses are looked up."""
