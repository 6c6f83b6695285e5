"""Systems from outside the package, one file each, as a user would write them."""
