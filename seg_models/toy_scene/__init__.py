"""Procedural street scenes in perspective, with their whole truth; numpy only."""
