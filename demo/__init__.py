"""The demonstration: fictional agencies, their certificates, and forgeries to try."""
