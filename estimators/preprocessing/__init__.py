"""From what users give to batches, by what `fit` learned of its panel and target."""
