"""Body poses in the files of other programs; docs/pose.md describes them."""
