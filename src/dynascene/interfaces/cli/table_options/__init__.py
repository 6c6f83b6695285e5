"""The options of ``dynascene tables`` in groups, as its help shows them."""
