"""From what people bring to what can be verified, in processes that can do no harm."""
