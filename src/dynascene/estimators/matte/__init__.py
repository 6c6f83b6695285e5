"""The person's matte: by networks whose weights are in the cache, else by motion."""
