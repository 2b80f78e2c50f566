"""The doorbell: wakes workers for rows that are due, and sweeps for those nobody rang for."""
