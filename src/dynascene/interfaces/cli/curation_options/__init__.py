"""The options of ``dynascene curate`` in groups, as its help shows them."""
