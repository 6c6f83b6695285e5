"""The person's matte: with weights where they are at hand, by motion where they are not."""
