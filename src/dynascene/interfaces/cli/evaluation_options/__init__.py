"""The options of ``dynascene evaluate`` in groups, as its help shows them."""
