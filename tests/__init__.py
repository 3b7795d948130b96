"""The tests: one file a module, and batteries over every registered thing."""
