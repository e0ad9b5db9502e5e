"""What pages of the documentation presuppose without showing it, a module for each page."""
