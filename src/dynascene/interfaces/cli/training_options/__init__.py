"""The options of ``dynascene train`` in groups, as its help shows them."""
