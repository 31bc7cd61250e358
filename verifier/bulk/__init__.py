"""Many questions at once, and their answers as tables that companies file."""
