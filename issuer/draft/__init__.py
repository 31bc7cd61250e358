"""What certificates shall say, until a batch is submitted: typed or brought, judged, replaced, looked over."""
