"""Data sets that are downloaded."""
