"""Tables of claims from files: taken apart, understood by column, judged by row, handed back."""
