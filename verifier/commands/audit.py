"""The auditor's commands: `yinxin-verifier audit …`. Each area adds its own."""

from __future__ import annotations

import typer

from verifier.commands import anomalies, audit_run, evidence_package, funds, manifest

app = typer.Typer(help="Questions over the whole history: is it complete, was all of it allowed?", no_args_is_help=True)
audit_run.add_to(app)
evidence_package.add_to(app)
manifest.add_to(app)
anomalies.add_to(app)
funds.add_to(app)
