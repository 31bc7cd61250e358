"""The clerks' desk: orders, rehearsals, uploads, tasks, documents, holders, clients, webhooks, rights, the lane.

Revision: 0004, after 0003. Made 2026-11-23.
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from issuer.tables.models import Big

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FIRST = (
    ("certificate_id", sqlmodel.sql.sqltypes.AutoString()),
    ("leaf", sa.LargeBinary()),
    ("held", sa.LargeBinary()),
)
# In the order in which they can be dropped: whoever refers to another goes first.
_TABLES = (
    "webhook_delivery",
    "holder_visit",
    "status_target",
    "order_entry",
    "limited_copy",
    "known_track",
    "inspection_due",
    "inspection",
    "holder_link",
    "document",
    "certified_files",
    "certificate_warning",
    "rehearsal",
    "batch_comment",
    "access_token",
    "webhook",
    "preference",
    "order_part",
    "client_use",
    "client_secret",
    "client_day",
    "appointment",
    "webhook_follower",
    "upload",
    "task",
    "statuses_followed",
    "status_order",
    "remembered_columns",
    "remembered_answer",
    "nonce_floor",
    "lost_batch",
    "lane_condition",
    "key_epoch",
    "enquiry",
    "client",
)


def upgrade() -> None:  # noqa: PLR0915 — one statement for each table and index
    """Make the tables, and have a change of status name several certificates."""
    op.create_table(
        "client",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("agency", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("scopes", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("types", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("fields", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("networks", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("daily_cap", sa.Integer(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("created_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("revoked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("last_used_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
        sa.UniqueConstraint("public_id", name=op.f("uq_client_public_id")),
    )
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_client_agency"), ["agency"], unique=False)

    op.create_table(
        "enquiry",
        sa.Column("state_digest", sa.LargeBinary(), nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("verifier", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("next_page", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("state_digest", name=op.f("pk_enquiry")),
    )
    with op.batch_alter_table("enquiry", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_enquiry_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "key_epoch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("master_mark", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_epoch")),
    )
    op.create_table(
        "lane_condition",
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("trouble", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("detail", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("since", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("head_number", Big(), nullable=True),
        sa.Column("head_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("sender", name=op.f("pk_lane_condition")),
    )
    op.create_table(
        "lost_batch",
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.Integer(), nullable=False),
        sa.Column("certificate_type", sa.Integer(), nullable=False),
        sa.Column("type_version", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("block_number", Big(), nullable=False),
        sa.Column("found_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("root", "agency", name=op.f("pk_lost_batch")),
    )
    op.create_table(
        "nonce_floor",
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("following", Big(), nullable=False),
        sa.Column("noted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sender", name=op.f("pk_nonce_floor")),
    )
    op.create_table(
        "remembered_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asker", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remembered_answer")),
        sa.UniqueConstraint("asker", "key_digest", name=op.f("uq_remembered_answer_asker_key_digest")),
    )
    with op.batch_alter_table("remembered_answer", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_remembered_answer_taken_at"), ["taken_at"], unique=False)

    op.create_table(
        "remembered_columns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency", sa.Integer(), nullable=False),
        sa.Column("certificate_type", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("headers", sa.LargeBinary(), nullable=False),
        sa.Column("choices", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remembered_columns")),
        sa.UniqueConstraint(
            "agency", "certificate_type", "headers", name=op.f("uq_remembered_columns_agency_certificate_type_headers")
        ),
    )
    op.create_table(
        "status_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency", sa.Integer(), nullable=False),
        sa.Column("verb", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("lift", sa.Boolean(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("changing", sa.Integer(), nullable=False),
        sa.Column("drafted_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("proposed_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("proposed_key", sa.LargeBinary(), nullable=True),
        sa.Column("proposed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("decided_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("comment", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_order")),
    )
    with op.batch_alter_table("status_order", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_status_order_agency"), ["agency"], unique=False)
        batch_op.create_index(op.f("ix_status_order_state"), ["state"], unique=False)

    op.create_table(
        "statuses_followed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("block_number", Big(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statuses_followed")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("agency", sa.Integer(), nullable=False),
        sa.Column("login", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("failure", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("failure_text", sa.LargeBinary(), nullable=True),
        sa.Column("cancel_wanted", sa.Boolean(), nullable=False),
        sa.Column("worker", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("heartbeat_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_task_agency"), ["agency"], unique=False)
        batch_op.create_index(op.f("ix_task_state"), ["state"], unique=False)

    op.create_table(
        "upload",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("agency", sa.Integer(), nullable=False),
        sa.Column("login", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("certificate_type", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("look", sa.LargeBinary(), nullable=False),
        sa.Column("choices", sa.LargeBinary(), nullable=True),
        sa.Column("judged", sa.LargeBinary(), nullable=True),
        sa.Column("batches", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("forgotten_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_upload_agency"), ["agency"], unique=False)

    op.create_table(
        "webhook_follower",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("history_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_follower")),
    )
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("officer", sa.LargeBinary(), nullable=False),
        sa.Column("capabilities", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("nonce", Big(), nullable=False),
        sa.Column("deadline", Big(), nullable=False),
        sa.Column("consenters", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("signatures", sa.LargeBinary(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("block_number", Big(), nullable=True),
        sa.Column("block_hash", sa.LargeBinary(), nullable=True),
        sa.Column("block_timestamp", Big(), nullable=True),
        sa.Column("failure", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_appointment_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_appointment_agency"), ["agency"], unique=False)
        batch_op.create_index(op.f("ix_appointment_person_id"), ["person_id"], unique=False)
        batch_op.create_index(op.f("ix_appointment_state"), ["state"], unique=False)

    op.create_table(
        "client_day",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("service", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_client_day_client_id_client")),
        sa.PrimaryKeyConstraint("client_id", "day", "service", name=op.f("pk_client_day")),
    )
    op.create_table(
        "client_secret",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("created_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("last_used_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_client_secret_client_id_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_secret")),
        sa.UniqueConstraint("digest", name=op.f("uq_client_secret_digest")),
    )
    with op.batch_alter_table("client_secret", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_client_secret_client_id"), ["client_id"], unique=False)

    op.create_table(
        "client_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("service", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("cause", sa.LargeBinary(), nullable=True),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_client_use_client_id_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_use")),
    )
    with op.batch_alter_table("client_use", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_client_use_client_id"), ["client_id"], unique=False)

    op.create_table(
        "order_part",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"], ["status_change.id"], name=op.f("fk_order_part_change_id_status_change")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["status_order.id"], name=op.f("fk_order_part_order_id_status_order")),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_order_part")),
    )
    with op.batch_alter_table("order_part", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_order_part_order_id"), ["order_id"], unique=False)

    op.create_table(
        "preference",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("toured_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_preference_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_preference")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.LargeBinary(), nullable=False),
        sa.Column("host", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("events", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_secret_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("paused_because", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_webhook_client_id_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    with op.batch_alter_table("webhook", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_webhook_client_id"), ["client_id"], unique=False)

    op.create_table(
        "access_token",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("secret_id", sa.Integer(), nullable=False),
        sa.Column("scopes", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["secret_id"], ["client_secret.id"], name=op.f("fk_access_token_secret_id_client_secret")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_access_token")),
    )
    with op.batch_alter_table("access_token", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_access_token_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(op.f("ix_access_token_secret_id"), ["secret_id"], unique=False)

    op.create_table(
        "batch_comment",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("who", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_comment_batch_id_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_comment")),
    )
    with op.batch_alter_table("batch_comment", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_batch_comment_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "rehearsal",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("took_s", sa.Float(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Integer(), nullable=False),
        sa.Column("findings", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_rehearsal_batch_id_batch")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_rehearsal")),
    )
    op.create_table(
        "certificate_warning",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("detail", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_certificate_warning_certificate_id_certificate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_warning")),
    )
    with op.batch_alter_table("certificate_warning", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_certificate_warning_certificate_id"), ["certificate_id"], unique=False)

    op.create_table(
        "certified_files",
        sa.Column("certificate_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_certified_files_certificate_id_certificate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_certified_files")),
    )
    op.create_table(
        "document",
        sa.Column("certificate_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_document_certificate_id_certificate")
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_document")),
    )
    op.create_table(
        "holder_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("pickup_index", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("revoked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_holder_link_certificate_id_certificate")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holder_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_holder_link_digest")),
    )
    with op.batch_alter_table("holder_link", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_holder_link_certificate_id"), ["certificate_id"], unique=False)
        batch_op.create_index(op.f("ix_holder_link_pickup_index"), ["pickup_index"], unique=False)

    op.create_table(
        "inspection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("agency", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("result", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("inspector", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("next_due", sa.Date(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_inspection_certificate_id_certificate")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
    )
    with op.batch_alter_table("inspection", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_inspection_agency"), ["agency"], unique=False)
        batch_op.create_index(op.f("ix_inspection_certificate_id"), ["certificate_id"], unique=False)

    op.create_table(
        "inspection_due",
        sa.Column("certificate_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("agency", sa.Integer(), nullable=False),
        sa.Column("certificate_type", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_inspection_due_certificate_id_certificate")
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_inspection_due")),
    )
    with op.batch_alter_table("inspection_due", schema=None) as batch_op:
        batch_op.create_index(
            op.f("ix_inspection_due_agency_due_certificate_type"), ["agency", "due", "certificate_type"], unique=False
        )

    op.create_table(
        "known_track",
        sa.Column("certificate_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("track", sa.Integer(), nullable=False),
        sa.Column("from_hour", sa.Integer(), nullable=False),
        sa.Column("until_hour", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_known_track_certificate_id_certificate")
        ),
        sa.PrimaryKeyConstraint("certificate_id", "track", name=op.f("pk_known_track")),
    )
    with op.batch_alter_table("known_track", schema=None) as batch_op:
        batch_op.create_index(
            op.f("ix_known_track_track_from_hour_until_hour_certificate_id"),
            ["track", "from_hour", "until_hour", "certificate_id"],
            unique=False,
        )

    op.create_table(
        "limited_copy",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("certificate_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("made_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("cose", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_limited_copy_certificate_id_certificate")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limited_copy")),
    )
    with op.batch_alter_table("limited_copy", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_limited_copy_certificate_id"), ["certificate_id"], unique=False)
        batch_op.create_index(op.f("ix_limited_copy_made_on"), ["made_on"], unique=False)

    op.create_table(
        "order_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_order_entry_certificate_id_certificate")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["status_order.id"], name=op.f("fk_order_entry_order_id_status_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_entry")),
        sa.UniqueConstraint("order_id", "certificate_id", name=op.f("uq_order_entry_order_id_certificate_id")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_entry_order_id_position")),
    )
    with op.batch_alter_table("order_entry", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_order_entry_certificate_id"), ["certificate_id"], unique=False)

    op.create_table(
        "status_target",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("held", sa.LargeBinary(), nullable=False),
        sa.Column("grounds", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("fk_status_target_certificate_id_certificate")
        ),
        sa.ForeignKeyConstraint(
            ["change_id"], ["status_change.id"], name=op.f("fk_status_target_change_id_status_change")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_target")),
        sa.UniqueConstraint("change_id", "position", name=op.f("uq_status_target_change_id_position")),
    )
    with op.batch_alter_table("status_target", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_status_target_certificate_id"), ["certificate_id"], unique=False)

    op.create_table(
        "holder_visit",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["holder_link.id"], name=op.f("fk_holder_visit_link_id_holder_link")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_holder_visit")),
    )
    with op.batch_alter_table("holder_visit", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_holder_visit_link_id"), ["link_id"], unique=False)

    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("history_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("certificate_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("happened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("queued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("last_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("last_answer", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["history_id"], ["history.id"], name=op.f("fk_webhook_delivery_history_id_history")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id_webhook")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("message_id", name=op.f("uq_webhook_delivery_message_id")),
        sa.UniqueConstraint("webhook_id", "history_id", name=op.f("uq_webhook_delivery_webhook_id_history_id")),
    )
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_webhook_delivery_state_next_at"), ["state", "next_at"], unique=False)
        batch_op.create_index(op.f("ix_webhook_delivery_webhook_id"), ["webhook_id"], unique=False)

    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("anchor_after", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("documents_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))

    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.add_column(sa.Column("name_index", sa.LargeBinary(), nullable=True))
        batch_op.create_index(op.f("ix_certificate_agency_name_index"), ["agency", "name_index"], unique=False)
        batch_op.create_index(
            "ix_certificate_listed",
            ["agency", "certificate_type", "batch_id", "position", "last_day", "first_day", "id"],
            unique=False,
        )

    with op.batch_alter_table("outbox_transaction", schema=None) as batch_op:
        batch_op.add_column(sa.Column("appointment_id", sa.Integer(), nullable=True))
        batch_op.create_index(op.f("ix_outbox_transaction_appointment_id"), ["appointment_id"], unique=False)
        batch_op.create_foreign_key(
            op.f("fk_outbox_transaction_appointment_id_appointment"), "appointment", ["appointment_id"], ["id"]
        )

    op.execute(
        "INSERT INTO status_target (change_id, position, certificate_id, leaf, held, grounds) "
        "SELECT id, 0, certificate_id, leaf, held, grounds FROM status_change"
    )
    with op.batch_alter_table("status_change", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_status_change_certificate_id"))
        batch_op.drop_constraint(op.f("fk_status_change_certificate_id_certificate"), type_="foreignkey")
        batch_op.drop_column("leaf")
        batch_op.drop_column("held")
        batch_op.drop_column("grounds")
        batch_op.drop_column("certificate_id")


def downgrade() -> None:
    """Undo it, but for changes of status of several certificates: the first of each stays."""
    with op.batch_alter_table("status_change") as batch_op:
        batch_op.add_column(sa.Column("certificate_id", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column("leaf", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("held", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("grounds", sa.LargeBinary(), nullable=True))
    for column in ("certificate_id", "leaf", "held", "grounds"):
        op.execute(
            f"UPDATE status_change SET {column} = (SELECT {column} FROM status_target "  # noqa: S608 — our own words
            "WHERE change_id = status_change.id AND position = 0)"
        )
    with op.batch_alter_table("status_change") as batch_op:
        for column, kind in _FIRST:
            batch_op.alter_column(column, existing_type=kind, nullable=False)
        batch_op.create_foreign_key(
            op.f("fk_status_change_certificate_id_certificate"), "certificate", ["certificate_id"], ["id"]
        )
        batch_op.create_index(op.f("ix_status_change_certificate_id"), ["certificate_id"], unique=False)
    with op.batch_alter_table("outbox_transaction") as batch_op:
        batch_op.drop_constraint(op.f("fk_outbox_transaction_appointment_id_appointment"), type_="foreignkey")
        batch_op.drop_index(op.f("ix_outbox_transaction_appointment_id"))
        batch_op.drop_column("appointment_id")
    with op.batch_alter_table("certificate") as batch_op:
        batch_op.drop_index(op.f("ix_certificate_listed"))
        batch_op.drop_index(op.f("ix_certificate_agency_name_index"))
        batch_op.drop_column("name_index")
    with op.batch_alter_table("batch") as batch_op:
        batch_op.drop_column("documents_at")
        batch_op.drop_column("anchor_after")
    for table in _TABLES:
        op.drop_table(table)
