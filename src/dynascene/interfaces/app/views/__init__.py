"""Pictures of the page that are pointed at: each has its drawing, its style and its events."""
