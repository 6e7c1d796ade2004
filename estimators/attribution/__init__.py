"""What a fitted model saw in a series: contributions of channels over time."""
