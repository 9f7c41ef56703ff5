"""The promise of the first page, kept while parts are killed."""
