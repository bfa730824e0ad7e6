"""What hubs that are a tree of files share: the listing, what a file is, and whose it is."""
