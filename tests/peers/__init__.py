"""Numeric equality with other libraries' networks and layers, in an environment of their own (`make peers`)."""
