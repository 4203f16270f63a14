"""What happens to an item: one step per file, in the order that settings.ITEM_PIPELINES states."""
