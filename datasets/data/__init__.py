"""Shipped data files; `docs/data.md` names the source and license of each."""
