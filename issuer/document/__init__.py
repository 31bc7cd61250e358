"""What a holder gets: the page, its code, the certificate within, and where the file is put away."""
