"""What can be measured in a picture or a clip, one small file per method."""
