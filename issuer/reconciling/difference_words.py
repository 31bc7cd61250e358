"""What is said of each difference, and what to do about it; translated where it is said."""

from __future__ import annotations

from issuer.said import msgid

SENTENCES: dict[str, tuple[str, str]] = {
    "anchored_unknown": (
        msgid(
            "The registry holds a batch of this agency that this service knows nothing of: number %(sequence)s, "
            "%(size)s certificates, root %(root)s, block %(block)s, transaction %(transaction)s. "
            "Signed by %(officers)s."
        ),
        msgid(
            "Either these officers issued certificates past this service, or their keys are in other hands. Ask them "
            "at once; if it was not them, have their rights taken and the agency's document keys cut off."
        ),
    ),
    "anchored_lost": (
        msgid(
            "The registry holds a batch that was anchored after the backup this database was restored from: number "
            "%(sequence)s, %(size)s certificates, root %(root)s, block %(block)s."
        ),
        msgid("Its certificates stay valid, and cannot be printed, renewed or changed here. Note it in the files."),
    ),
    "anchored_not_queued": (
        msgid(
            "Batch %(batch)s is on the registry (number %(sequence)s, block %(block)s, transaction %(transaction)s), "
            "though here it is %(state)s. Signed by %(officers)s."
        ),
        msgid("Somebody brought the officers' signatures to the chain past this service. Ask the officers at once."),
    ),
    "anchored_unnoticed": (
        msgid(
            "Batch %(batch)s is on the registry (number %(sequence)s, block %(block)s), though here it is %(state)s."
        ),
        msgid("The worker takes it in by itself; if it does not within the hour, see whether it runs."),
    ),
    "not_anchored_yet": (
        msgid("Batch %(batch)s is approved and on its way: %(state)s."),
        msgid("Nothing is to be done."),
    ),
    "not_anchored_long": (
        msgid("Batch %(batch)s is approved and still not anchored: %(state)s since %(since)s."),
        msgid("Look at the queue: it says what holds the batch up."),
    ),
    "batch_not_on_chain": (
        msgid("Batch %(batch)s (root %(root)s) is %(state)s here, and the registry has never heard of it."),
        msgid(
            "Its certificates do not verify. Either this database was altered, or the node serves another chain: "
            "compare with a second node, then with a backup."
        ),
    ),
    "batch_differs": (
        msgid("Batch %(batch)s is not what the registry holds: %(what)s; here %(here)s, there %(there)s."),
        msgid("The registry counts. Find out who altered this database; the log of actions and a backup help."),
    ),
    "leaves_differ": (
        msgid(
            "Batch %(batch)s: %(count)s certificates have other leaves here than the registry; the first is number "
            "%(position)s."
        ),
        msgid("What stands here about these certificates is not what was approved. Compare with a backup."),
    ),
    "leaves_unreadable": (
        msgid("Batch %(batch)s: the node does not show leaves that make its root (block %(block)s)."),
        msgid("Ask a second node; if it shows the same, tell the auditor."),
    ),
    "sequence_gap": (
        msgid("The node does not show the agency's batch number %(sequence)s, though it shows number %(next)s."),
        msgid("The registry counts without gaps, so the node withholds something. Ask a second node."),
    ),
    "sequence_gaps": (
        msgid(
            "The node does not show the agency's batches number %(first)s to %(last)s, though it shows number %(next)s."
        ),
        msgid("The registry counts without gaps, so the node withholds something. Ask a second node."),
    ),
    "status_unknown": (
        msgid(
            "The registry holds a change of status that this service did not order: %(track)s for leaf %(leaf)s, block "
            "%(block)s, transaction %(transaction)s. Signed by %(officers)s."
        ),
        msgid(
            "It was signed with the agency's own officers' keys. Ask them at once; if it was not them, act as "
            "for a stolen key."
        ),
    ),
    "status_by_other": (
        msgid(
            "An authority above this agency changed a status: %(track)s for leaf %(leaf)s, block %(block)s, by agency "
            "%(actor)s (0 is the council)."
        ),
        msgid("It may do so. Tell the holder where the law wants it."),
    ),
    "status_change_differs": (
        msgid(
            "Change of status %(change)s is not what the registry holds for leaf %(leaf)s: here %(here)s, there "
            "%(there)s."
        ),
        msgid("The registry counts. Find out who altered this database; the log of actions and a backup help."),
    ),
    "status_not_on_chain": (
        msgid("Change of status %(change)s is final here, and the registry has nothing of it for leaf %(leaf)s."),
        msgid("The certificate stands as before for everybody who checks it. Order the change anew, and find out why."),
    ),
    "batch_later": (
        msgid(
            "Batch %(batch)s is %(state)s here, in block %(at)s; compared was up to block %(block)s, which is before "
            "that."
        ),
        msgid("Nothing is to be done: the next run compares it."),
    ),
    "status_later": (
        msgid(
            "Change of status %(change)s is %(state)s here, in block %(at)s; compared was up to block %(block)s, which "
            "is before that."
        ),
        msgid("Nothing is to be done: the next run compares it."),
    ),
    "status_failed": (
        msgid(
            "Change of status %(change)s was signed, and failed: the registry has nothing of it for %(count)s "
            "certificates, the first with leaf %(leaf)s."
        ),
        msgid(
            "These certificates stand as before for everybody who checks them. See in the queue why, and order the "
            "change anew."
        ),
    ),
    "status_waits": (
        msgid("Change of status %(change)s is signed and still not on the registry: %(state)s."),
        msgid("The worker brings it there by itself; if it does not within the hour, look at the queue."),
    ),
    "status_shown_differs": (
        msgid("A certificate's status here is not the registry's (leaf %(leaf)s): here %(here)s, there %(there)s."),
        msgid("The registry counts. Find out who altered this database; the log of actions and a backup help."),
    ),
    "replaced_unknown": (
        msgid(
            "The registry says that leaf %(leaf)s was replaced by leaf %(other)s, which is unknown here (block "
            "%(block)s, transaction %(transaction)s)."
        ),
        msgid("See the unknown batch of the same transaction: whoever issued it replaced this certificate."),
    ),
    "replaced_differs": (
        msgid(
            "The registry says that leaf %(leaf)s was replaced by leaf %(other)s: %(there)s (block %(block)s, "
            "transaction %(transaction)s). Here that leaf takes the place of %(expected)s: %(here)s."
        ),
        msgid(
            "The officers signed another replacement than was ordered here, or their keys are in other hands. Ask them "
            "at once: the certificate that was replaced is no longer valid for anybody who checks it."
        ),
    ),
    "document_altered": (
        msgid(
            "The archived document of leaf %(leaf)s (batch %(batch)s) is not the one that was put away, or does "
            "not open."
        ),
        msgid(
            "Put the database's archive back from a backup; the digest in earlier manifests says which is the "
            "right one."
        ),
    ),
    "document_changed": (
        msgid(
            "The digest of the document of leaf %(leaf)s (batch %(batch)s) is %(here)s; a manifest signed "
            "earlier had %(there)s."
        ),
        msgid("A document stays what it was. Somebody put another one in its place: compare with a backup."),
    ),
    "manifest_altered": (
        msgid("The manifest of the run before, as it is kept here, is not what was signed."),
        msgid(
            "Somebody altered this database. Documents were not compared with it; compare with the auditor's copy, and "
            "with a backup."
        ),
    ),
    "manifest_missing": (
        msgid(
            "The manifest that was signed last is not kept here any more; by the log of actions its SHA-256 is "
            "%(digest)s."
        ),
        msgid(
            "Somebody altered this database. Documents were compared with an older manifest, or with none; compare "
            "with the auditor's copy, and with a backup."
        ),
    ),
    "erased_unnoted": (
        msgid(
            "What was known about the certificate of leaf %(leaf)s (batch %(batch)s) is gone as if erased, but the log "
            "of actions knows of no erasure."
        ),
        msgid("Two officers erase, and the log says so. Somebody altered this database: compare with a backup."),
    ),
    "document_missing": (
        msgid("The document of leaf %(leaf)s (batch %(batch)s) is not in the archive."),
        msgid("Put it back from a backup."),
    ),
    "documents_waiting": (
        msgid("Batch %(batch)s: %(count)s documents are still to be made."),
        msgid("The worker makes them by itself."),
    ),
    "and_more": (
        msgid("%(count)s more differences are not listed."),
        msgid("Clear up those above, then run it again."),
    ),
}
"""(what it says, what it means and what to do) of each code."""
