"""Minutes to hours of mixed trouble: memory, connections and queues must stay as they are."""
