"""How a PDF is made: its structure, pages, letters and signatures. Looked at in the confined child."""
