"""The launcher's own behaviour: children, data folder, options."""
