"""The options of ``dynascene generate`` in groups, as its help shows them.

Each group is what a user may say of one thing, in texts and numbers, and turns it into the part of
a ``GenerationRequest`` that means the same.
"""
