"""The voice: the words a model is given, and the starter playbook an owner edits."""
