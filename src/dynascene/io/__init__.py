"""Files: video, images, camera tracks. Every foreign convention is converted here."""
