"""The five steps of the page, one module each: what is shown, and what happens."""
