"""The app: a page in the browser on which a clip is cut out, placed and rendered."""
