"""Conduit, the RealWorld API: articles with tags, comments and favourites, and who follows whom."""
