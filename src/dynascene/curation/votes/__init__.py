"""People's votes on clips, and the verdicts that follow."""
