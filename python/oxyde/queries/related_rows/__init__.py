"""The rows of an instance's to-many relation: `RelatedManager` and `related`, public in
`oxyde.queries`."""
