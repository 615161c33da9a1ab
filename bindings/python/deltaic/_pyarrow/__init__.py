"""All that needs pyarrow, which is imported only where a call comes here."""
