"""One verb of the flow each; steps never call each other, they leave a row."""
