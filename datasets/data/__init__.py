"""Shipped data files; `docs/data.md` names the source and licence of each."""
