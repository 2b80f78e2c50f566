"""The writer's hand: a model server, or the playbook's own words when there is none."""
