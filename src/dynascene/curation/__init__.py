"""From raw videos to verified training clips, with a reason for everything that was dropped."""
